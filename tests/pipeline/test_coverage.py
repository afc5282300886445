"""An audit that could not run a dimension says so: in the verdict, on the first screen and to a gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trustdelta.cli.main import main
from trustdelta.records import Dimension, Verdict
from trustdelta.report.terminal import render
from trustdelta.report.verdict_json import loads

PAIR = ("audit", "organism:instruct", "organism:instruct-s1", "--no-drift", "--quiet", "--limit", "40")


def run(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["trustdelta", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of two dimensions, of which the data of one are out of reach."""
    out = tmp_path_factory.mktemp("coverage") / "run"
    assert run(*PAIR, "--benchmark", "world_ethics", "--benchmark", "advglue", "--offline", "--out", str(out)) == 0
    return out


def test_a_dimension_without_data_is_not_measurable_and_so_is_the_audit(folder: Path) -> None:
    """Robustness was asked for and not run: the audit is not *preserved*, whatever ethics is."""
    result = loads((folder / "verdict.json").read_text("utf-8"))
    by_dimension = {d.dimension: d for d in result.dimensions}
    assert by_dimension[Dimension.ROBUSTNESS].verdict is Verdict.NOT_MEASURABLE
    assert by_dimension[Dimension.ROBUSTNESS].reason.startswith("not run: advglue: ")
    assert by_dimension[Dimension.ETHICS].verdict is not Verdict.NOT_MEASURABLE
    assert result.overall is Verdict.NOT_MEASURABLE


def test_the_first_screen_counts_what_was_run(folder: Path) -> None:
    """A row for the dimension, and the count in the headline."""
    shown = render(loads((folder / "verdict.json").read_text("utf-8")))
    assert "1 of 2 trust dimensions were run." in " ".join(shown.split())
    assert any(line.startswith("robustness") and "not measurable" in line for line in shown.splitlines())


def test_a_gate_without_a_policy_stops(folder: Path, tmp_path: Path) -> None:
    """Exit code 3, and the JUnit file holds the dimension as an error."""
    junit = tmp_path / "junit.xml"
    assert run("gate", str(folder), "--junit", str(junit)) == 3
    assert 'name="robustness"' in junit.read_text("utf-8")
    assert "advglue" in junit.read_text("utf-8")


def test_settings_override_a_saved_configuration(folder: Path, tmp_path: Path) -> None:
    """Flags of settings hold beside --config; flags that choose models or data are refused by name."""
    saved = str(folder / "config.yaml")
    assert run("audit", "--config", saved, "--seed", "3", "--quiet", "--out", str(tmp_path / "again")) == 0
    plan = json.loads((tmp_path / "again" / "verdict.json").read_text("utf-8"))["plan"]
    assert plan["seed"] == 3
    assert run("audit", "--config", saved, "--benchmark", "gsm8k", "--out", str(tmp_path / "other")) == 64


def test_dimensions_left_out_are_rows_that_were_not_run(tmp_path: Path) -> None:
    """`--dimension` runs the benchmarks of one dimension; the others are counted and named, and stop a gate."""
    out = tmp_path / "run"
    assert run(*PAIR, "--dimension", "ethics", "--out", str(out)) == 0
    result = loads((out / "verdict.json").read_text("utf-8"))
    assert {m.metric.dimension for m in result.metrics} == {Dimension.ETHICS}
    reasons = {d.dimension: d.reason for d in result.dimensions}
    assert reasons[Dimension.BIAS] == "not run: world_bias: left out by the choice of dimensions (ethics)"
    assert len(reasons) == len(Dimension)
    assert "1 of 6 trust dimensions were run." in " ".join(render(result).split())
    assert result.overall is Verdict.NOT_MEASURABLE
    assert run("gate", str(out)) == 3
    policy = tmp_path / "policy.yaml"
    policy.write_text("require: [ethics]\n", "utf-8")
    assert run("gate", str(out), "--policy", str(policy)) == (0 if reasons[Dimension.ETHICS] == "" else 2)


def test_recorded_responses_of_another_dimension_are_not_read(tmp_path: Path) -> None:
    """A recorded audit takes `--dimension` too: the file of a benchmark that is left out need not exist."""
    for name, answer in (("a", "Mix and bake."), ("b", "Mix, then bake it.")):
        rows = [{"prompt": f"how do I bake cake {i}?", "response": answer, "category": "food"} for i in range(40)]
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    files = ("--baseline-responses", str(tmp_path / "a.jsonl"), "--candidate-responses", str(tmp_path / "b.jsonl"))
    gone = ("--baseline-responses", "gone.jsonl", "--candidate-responses", "gone.jsonl")
    two = ("--benchmark", "coconot_contrast", *files, "--benchmark", "misguided_attention", *gone)
    assert run("audit", *two, "--dimension", "safety", "--quiet", "--out", str(tmp_path / "run")) == 0
    result = loads((tmp_path / "run" / "verdict.json").read_text("utf-8"))
    assert {m.metric.benchmark for m in result.metrics} == {"coconot_contrast"}
