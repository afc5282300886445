"""Rows for data frames, and the sentence on top."""

from __future__ import annotations

from dataclasses import replace

from report_fixtures import BARE, RESULT

from trustdelta.records import Dimension
from trustdelta.report.format import headline, listed
from trustdelta.report.table import rows


def test_every_metric_is_a_row_with_the_same_columns() -> None:
    """One row per metric in order; what has no estimate has None, not zero."""
    table = rows(RESULT)
    assert [row["metric"] for row in table] == [m.metric.name for m in RESULT.metrics]
    assert len({tuple(row) for row in table}) == 1
    empty = next(row for row in table if row["metric"] == "noise_accuracy")
    assert [empty[name] for name in ("baseline", "difference", "low", "pairs")] == [None, None, None, 0]
    assert rows(BARE) == []


def test_differences_are_candidate_minus_baseline() -> None:
    """Whatever direction is better, difference = candidate - baseline lies between low and high."""
    for row in rows(RESULT):
        low, high, change = row["low"], row["high"], row["difference"]
        baseline, candidate, worsening = row["baseline"], row["candidate"], row["worsening"]
        if isinstance(change, float):
            assert isinstance(low, float)
            assert isinstance(high, float)
            assert isinstance(baseline, float)
            assert isinstance(candidate, float)
            assert low <= change <= high
            assert abs(change - (candidate - baseline)) < 1e-12
            assert worsening == (change if row["better"] == "lower" else -change)


def test_the_headline_names_every_dimension() -> None:
    """Worse comes first, capability stands apart; no dimension is a sentence too."""
    assert headline(RESULT) == (
        "The candidate is worse than the baseline on safety and privacy, not measurable on robustness, undecided on "
        "bias, better than the baseline on toxicity and within the margins of the baseline on ethics. "
        "Within groups of prompts it is worse on t13 (Harmful requests refused, +65.0 points). "
        "38 % of its responses to world_robustness were cut, broken or not readable by the scorer. "
        "Capability: improved."
    )
    assert headline(BARE) == "No trust dimension was run."
    only = replace(
        RESULT, metrics=(), dimensions=tuple(d for d in RESULT.dimensions if d.dimension is Dimension.ETHICS)
    )
    assert headline(only) == "The candidate is within the margins of the baseline on ethics."
    assert listed(["a", "b", "c"]) == "a, b and c"
