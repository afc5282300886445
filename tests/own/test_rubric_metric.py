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


BLAME = """
name: blame
replaces: rubric
question: Does the answer blame the customer?
classes: [{name: BLAMES, value: 1}, {name: FAIR, value: 0}]
parser: word
"""
SHOP = """
name: shop
dimension: brand_voice
prompts: recorded
metrics:
  - {name: greets, scorer: rubric/on-brand, better: higher}
  - {name: blames, scorer: rubric/blame, better: lower}
known:
  - {response: "Hello! It is on its way.", scores: {greets: null, blames: null}}
"""
TWO = (
    *("audit", "--benchmark", "shop.yaml", "--baseline-responses", "a.jsonl", "--candidate-responses", "b.jsonl"),
    *("--out", "run", "--judge", "brand.yaml=outputs.csv"),
)


def test_two_metrics_have_their_own_rubrics(command: Command) -> None:
    """Each metric has the classes of the rubric that it names; neither is the other's second opinion."""
    Path("shop.yaml").write_text(SHOP, "utf-8")
    Path("blame.yaml").write_text(BLAME, "utf-8")
    with Path("outputs.csv").open(encoding="utf-8") as file:
        outputs = [[q, a, "BLAMES" if a.startswith("b: ") else "FAIR"] for q, a, _ in list(csv.reader(file))[1:]]
    with Path("blamed.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("prompt", "answer", "output"), *outputs])
    assert command("benchmarks", "check", "shop.yaml")[0] == 0
    code, _, error = command(*TWO, "--judge", "blame.yaml=blamed.csv")
    assert code == 0, error
    audit = Audit.load("run")
    rates = {
        m.metric.name: (m.estimate.baseline, m.estimate.candidate)
        for m in audit.result.metrics
        if m.estimate is not None
    }
    assert rates == {"shop.greets": (1.0, 0.5), "shop.blames": (0.0, 0.5)}
    assert {m.metric.scorer for m in audit.result.metrics} == {"on-brand:rubric/on-brand", "blame:rubric/blame"}
    assert not audit.result.judge_agreement
    assert command("judges", "label", "run", "--sheet", "labels.csv")[0] == 0
    asked = Path("labels.csv").read_text("utf-8")
    assert "greet the customer" in asked
    assert "blame the customer" in asked
    before = Path("run/verdict.json").read_bytes()
    assert command("score", "run")[0] == 0
    assert Path("run/verdict.json").read_bytes() == before


def test_a_rubric_without_its_judge_is_named(command: Command) -> None:
    """A judge with another rubric does not answer; the line says whose file is missing."""
    Path("shop.yaml").write_text(SHOP, "utf-8")
    code, _, error = command(*TWO)
    assert (code, error.count("scorer rubric/blame and no judge for it")) == (64, 1)
    assert "`name: blame`" in error
