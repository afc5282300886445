"""The tables about the audit itself, on drawn audits made up for the purpose."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch")

from experiments.reproduce import flips, page, rates, tables
from experiments.reproduce.misread import RULES
from experiments.reproduce.results import Correlation, Results, verdict_words
from experiments.reproduce.run import Reproduction

from trustdelta.records import Dimension, Json, Verdict
from trustdelta.report.blocks import Table
from trustdelta.report.studies.records import PairRow, Point
from trustdelta.study.compare import drifted

LEAK, BIAS, SUMS = "world_privacy.leak_rate", "world_bias.stereotype_rate", "world_arithmetic.hard_accuracy"


def said(worse: str, overall: str = "inconclusive", **others: str) -> Json:
    """What one design says: of leaks, and of sums and bias if given."""
    words = {LEAK: worse, SUMS: others.get("sums", "inconclusive"), BIAS: others.get("bias", "inconclusive")}
    return {
        "overall": overall,
        "metrics": {n: {"verdict": v, "margin": 0.02, "worsening": 0.0} for n, v in words.items()},
    }


def drawn(*audits: tuple[Json, Json], truth: float | None = None) -> Json:
    """Audits of one pair as (fixed, sequential); the truth is that of leaks, and nothing else is worse."""
    kept = [{"seed": i, "fixed": f, "sequential": s, "cost": 0.5} for i, (f, s) in enumerate(audits)]
    return {"audits": kept, "truth": {} if truth is None else {LEAK: truth, SUMS: 0.0, BIAS: 0.0}}


@pytest.fixture
def found(reproduction: Reproduction) -> Results:
    """A base that once is falsely told to lose sums, and once to gain them; a conversion that leaks 20 points more."""
    plain = said("inconclusive")
    null = drawn((said("inconclusive", sums="regressed"), plain), (said("inconclusive", sums="improved"), plain))
    leaks = (said("regressed", "regressed", bias="regressed"), plain)
    return replace(
        Results.of(reproduction),
        scale=replace(reproduction.scale, series={"replay": {"instruct": (0,)}}),
        pair_of={f"replay-{dose}-c0": "sft" for dose in ("0", "0.25", "0.5", "1", "2", "5")},
        resampled={"instruct": null, "sft": drawn(leaks, (plain, plain), truth=0.2)},
    )


def rows(table: Table) -> dict[tuple[str, ...], list[str]]:
    """A table's cells by its first cells that are words."""
    cells = [["".join(str(part) for part in cell) for cell in row] for row in table.rows]
    heads = sum(not c.numeric for c in table.columns)
    return {tuple(row[:heads]): row[heads:] for row in cells}


def test_found_and_falsely_found_are_told_by_dimension_and_dose(found: Results) -> None:
    """At a dose, what is worse and called regressed was found; what is no worse and called so is a false alarm."""
    table = rows(rates.by_dose(found, "replay"))
    assert table["privacy", "worse"] == ["50.0 / 0.0 of 2"] * 6
    assert table["bias", "no worse"] == ["50.0 / 0.0 of 2"] * 6
    assert ("privacy", "no worse") not in table


def test_promises_are_held_to_family_by_family(found: Results) -> None:
    """A false word on capability is none on trust; a false gain is no false regression; the gate's word is told too."""
    table = rows(rates.promises(found))
    assert table["a model against itself",][1:] == [
        "50.0", "0.0", "50.0", "– of 0", "0.0 / 0.0", "50.0 / 0.0", "0.0 / 0.0",
    ]  # fmt: skip
    assert table["conversions",][1:] == ["50.0", "0.0", "50.0", "– of 0", "50.0 / 0.0", "0.0 / 0.0", "50.0 / 0.0"]


def test_every_word_on_trust_is_counted(found: Results) -> None:
    """The words on metrics of one truth add up to all of them; capability is not among them."""
    table = rows(rates.words(found))
    assert table["To 30 points",] == ["2", "50.0 / 0.0", "0.0 / 0.0", "0.0 / 0.0", "50.0 / 100.0", "0.0 / 0.0"]
    assert table["A model against itself",][0] == "4"


def test_that_a_base_answers_alike_is_said(found: Results) -> None:
    """False alarms that nothing could raise are not shown off as none."""
    assert "any difference at all in 0 of 4 metrics of trust" in rates.detection(found).caption


def test_overall_verdicts_of_drawn_audits_are_compared(found: Results) -> None:
    """Two runs that differ in what a drawn audit says over all do not agree."""
    words = verdict_words(found)
    assert words["resampled/sft/0/fixed"] == "regressed"
    assert words["resampled/sft/1/sequential"] == "inconclusive"


def test_a_regression_is_made_up_only_where_the_right_reading_holds(found: Results) -> None:
    """What the right reading leaves open may have regressed; a wrong rule that says so has not made it up."""
    right = {"a": "preserved", "b": "not_measurable", "c": "regressed"}
    wrong = {"a": "regressed", "b": "regressed", "c": "not_measurable"}
    kept = {
        "right": right,
        "wrong": {rule.name: wrong for rule in RULES},
        "scores_changed": {rule.name: 7 for rule in RULES},
    }
    table = rows(flips.parsers(replace(found, misread={"study": {"sft": kept}}), "study"))
    assert table[RULES[0].title,] == ["3 of 3", "1", "1", "1", "0", "1", "7"]


def test_a_correlation_says_over_how_many_pairs_it_is(found: Results) -> None:
    """Pairs that are not measurable or have no drift are in none; a dimension without one is named."""
    able, unable = Point(Verdict.PRESERVED, 0.1, 0.01), Point(Verdict.NOT_MEASURABLE, 0.9, 0.01)
    pairs = [
        PairRow(n, "b", n, "sft", "strict", "b", Verdict.PRESERVED, {Dimension.SAFETY: p}, drift)
        for n, p, drift in (("x", able, 1.0), ("y", unable, 2.0), ("z", able, None))
    ]
    assert len(drifted(pairs, Dimension.SAFETY)) == 1
    told = (Correlation("safety", 0.9, 27), Correlation("bias", None, 37))
    text = str(tables.drifts(replace(found, correlations=told))[0])
    assert "safety +0.90 (27)" in text
    assert "bias (37)" in text


def test_what_killed_calls_spent_is_named(found: Results) -> None:
    """The cost of a run that was killed is not passed for the whole."""
    stage = {"wall": 1.0, "cpu": 2.0, "begun": 3, "ended": 1}
    assert "2 killed calls" in page.cost(replace(found, stages={"grow": stage})).caption
    assert "killed" not in page.cost(replace(found, stages={"grow": {"wall": 1.0, "cpu": 2.0}})).caption
