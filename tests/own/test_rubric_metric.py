"""A metric that no built-in scorer has: a question of the user's own, which a judge with a rubric answers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from own_files import Command

from trustdelta.api import Audit

RUBRIC = """
name: on-brand
replaces: rubric
question: Does the answer greet the customer?
classes: [{name: GREETS, value: 1}, {name: SILENT, value: 0}]
parser: word
"""
AUDIT = (
    *("audit", "--baseline-responses", "a.jsonl", "--candidate-responses", "b.jsonl", "--scorer", "rubric"),
    *("--dimension", "brand_voice", "--better", "higher", "--out", "run"),
)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`trustdelta` in a folder with responses, a rubric and what its judge wrote."""
    monkeypatch.chdir(tmp_path)
    Path("brand.yaml").write_text(RUBRIC, "utf-8")
    outputs = [("prompt", "answer", "output")]
    for name, every in (("a", 1), ("b", 2)):
        rows = [
            {"prompt": f"Where is order {n}?", "response": ("Hello! " if n % every == 0 else "") + f"{name}: at {n}."}
            for n in range(60)
        ]
        Path(f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
        outputs += [(r["prompt"], r["response"], "GREETS" if "Hello" in r["response"] else "SILENT") for r in rows]
    with Path("outputs.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(outputs)
    return Command(monkeypatch, capsys)


def test_the_judge_s_classes_are_the_metric(command: Command) -> None:
    """The rates are those of the judge's classes, in a dimension of the user's own, and labels can be collected."""
    code, _, error = command(*AUDIT, "--judge", "brand.yaml=outputs.csv")
    assert code == 0, error
    (metric,) = Audit.load("run").result.metrics
    assert metric.estimate is not None
    assert (metric.estimate.baseline, metric.estimate.candidate, metric.estimate.n_pairs) == (1.0, 0.5, 60)
    assert (metric.metric.dimension.value, metric.metric.judged) == ("brand_voice", True)
    assert "as-judged" in metric.flags
    code, _, error = command("judges", "label", "run", "--sheet", "labels.csv")
    assert code == 0, error
    assert len(Path("labels.csv").read_text("utf-8").splitlines()) > 2


def test_without_a_judge_the_audit_is_refused(command: Command) -> None:
    """One line with exit code 64 says what to pass, before a run folder is written."""
    code, _, error = command(*AUDIT)
    assert (code, error.count("pass --judge FILE.yaml=SOURCE")) == (64, 1)
    assert not Path("run").exists()
