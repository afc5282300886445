"""`trustdelta gate`: exit codes and the files that a CI service reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree as Xml

import pytest

from trustdelta.cli.main import main
from trustdelta.records import (
    AuditResult,
    Better,
    Dimension,
    DimensionVerdict,
    Estimate,
    Metric,
    MetricVerdict,
    Missing,
    ModelCard,
    Verdict,
)
from trustdelta.report.verdict_json import dumps

Gate: TypeAlias = Callable[..., tuple[int, Any]]
"""Exit code and (out, err) of the command line with these arguments."""

METRIC = Metric("world_safety.harm", "world_safety", Dimension.SAFETY, "exact", "Harm", Better.LOWER, margin=0.02)
ESTIMATE = Estimate(
    *(0.1, 0.3, 0.2, 0.15, 0.25, 0.16, 0.24, 0.004),
    n_pairs=200,
    n_clusters=40,
    draws_baseline=1,
    draws_candidate=1,
    design_effect=1,
    df=199,
    discordance=0.3,
    p_regressed=0.001,
    p_preserved=0.9,
    p_improved=0.9,
    low_here=0.15,
    high_here=0.25,
    low_here_95=0.16,
    high_here_95=0.24,
)


def run_folder(folder: Path, verdict: Verdict, summary: str = "One sentence.") -> Path:
    """A run folder with the verdict of one metric; its text tries to reach the terminal."""
    card = ModelCard("a\x1b[31m\n::error::b", "", "transformers", "auto")
    found = MetricVerdict(METRIC, ESTIMATE, Missing(200, 0, 0, 0, 0, 0, 0, 0), 0.02, verdict)
    dimension = DimensionVerdict(Dimension.SAFETY, verdict, METRIC.name)
    result = AuditResult(1, card, card, verdict, summary, (dimension,), (found,), (), "not measured", (), {})
    (folder / "verdict.json").write_text(dumps(result), "utf-8")
    return folder


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gate:
    """Runs the command line; returns its exit code and what it printed."""

    def call(*arguments: str) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "argv", ["trustdelta", "gate", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        return int(stopped.value.code or 0), capsys.readouterr()

    return call


CODES = [
    (Verdict.PRESERVED, 0),
    (Verdict.IMPROVED, 0),
    (Verdict.REGRESSED, 1),
    (Verdict.INCONCLUSIVE, 2),
    (Verdict.NOT_MEASURABLE, 3),
]


@pytest.mark.parametrize(("verdict", "code"), CODES)
def test_the_verdict_is_the_exit_code(verdict: Verdict, code: int, gate: Gate, tmp_path: Path) -> None:
    """0 preserved or improved, 1 regressed, 2 inconclusive, 3 not measurable; one line on standard output."""
    found, said = gate(str(run_folder(tmp_path, verdict, "Bad\x1b[0m\n::error::x")))
    assert found == code
    assert said.out.startswith(f"{verdict.value}: Bad")
    assert said.out.count("\n") == 1
    assert "\x1b" not in said.out


@pytest.mark.parametrize(("verdict", "code"), CODES)
def test_json_says_the_same(verdict: Verdict, code: int, gate: Gate, tmp_path: Path) -> None:
    """`--json` prints one JSON value on standard output, with the same exit code."""
    found, said = gate(str(run_folder(tmp_path, verdict)), "--json", "--annotations")
    value = json.loads(said.out)
    assert (found, value["exit_code"], value["verdict"]) == (code, code, verdict.value)
    assert value["dimensions"] == {"safety": verdict.value}
    assert len(value["findings"]) == int(code > 0)


def test_a_policy_decides_and_every_file_says_so(gate: Gate, tmp_path: Path) -> None:
    """An allowance turns a regression into a pass: exit code, JUnit, summary and annotations agree."""
    run = run_folder(tmp_path, Verdict.REGRESSED)
    policy = tmp_path / "trustdelta.yaml"
    policy.write_text("allow: [{metric: world_safety.harm, reason: known, expires: 2999-01-01}]", "utf-8")
    files = ["--junit", str(tmp_path / "a.xml"), "--summary", str(tmp_path / "a.md"), "--annotations"]
    assert gate(str(run), *files)[0] == 1
    code, said = gate(str(run), "--policy", str(policy), *files)
    assert code == 0
    assert "allowed: safety, Harm: regressed, change −20.0 [−24.0, −16.0] pp" in said.out
    assert "::notice title=trustdelta%3A regressed::safety, Harm" in said.out
    assert "::error" not in said.out
    assert Xml.parse(tmp_path / "a.xml").getroot().get("failures") == "0"
    summary = (tmp_path / "a.md").read_text("utf-8")
    assert summary.count("## ") == 2, "the summary file is appended to"
    assert "trustdelta passes: preserved" in summary


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--policy", "none.yaml"), "none.yaml: cannot be read"),
        (("--policy", "bad.yaml"), "require.0"),
        (("--summary", "none/a.md"), "cannot write none/a.md"),
        (("--junit", "none/a.xml"), "cannot write none/a.xml"),
    ],
)
def test_usage_errors_are_one_line_and_64(
    arguments: Sequence[str], said: str, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy that cannot be read and a file that cannot be written never look like a verdict."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("require: [saftey]", "utf-8")
    code, printed = gate(str(run_folder(tmp_path, Verdict.PRESERVED)), *arguments)
    assert code == 64
    assert said in printed.err
    assert printed.err.count("\n") == 1


def test_a_folder_without_a_verdict_is_named(gate: Gate, tmp_path: Path) -> None:
    """An unfinished run is a usage error, not a pass."""
    code, printed = gate(str(tmp_path))
    assert (code, "found no verdict.json" in printed.err) == (64, True)


def test_a_blessed_verdict_passes_again(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`bless` pins a regression; the same run then passes and says why, in the exit code, the lines and the comment."""
    run, pinned, comment = run_folder(tmp_path, Verdict.REGRESSED), tmp_path / "blessed.json", tmp_path / "comment.md"
    assert gate(str(run))[0] == 1
    words = ["trustdelta", "bless", str(run), "--reason", "Known until 2.2.", "--to", str(pinned)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    code, shown = gate(str(run), "--blessed", str(pinned), "--comment", str(comment))
    assert code == 0
    assert "as in the verdict blessed on" in shown.out
    assert "Known until 2.2." in comment.read_text("utf-8")


def test_a_blessing_needs_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty reason is a usage error and nothing is written."""
    words = ["trustdelta", "bless", str(run_folder(tmp_path, Verdict.REGRESSED)), "--reason", " "]
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 64
    assert not (tmp_path / "trustdelta-blessed.json").exists()
