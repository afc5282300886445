"""Rows for data frames, and the sentence on top."""

from __future__ import annotations

from dataclasses import replace

from report_fixtures import BARE, RESULT

from trustdelta.records import Dimension, Part
from trustdelta.report.format import headline, listed
from trustdelta.report.rows import primary_rows
from trustdelta.report.summary import metric_table
from trustdelta.report.table import rows
from trustdelta.report.terminal import render as terminal


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
        "Candidate vs. baseline: worse on safety and privacy; not measurable on robustness; inconclusive on bias; "
        "better on toxicity; within the margins on ethics. "
        "It regressed in these subgroups: t13 (Harmful requests refused, worse by 65.0 pp). "
        "38 % of its responses to world_robustness were truncated, malformed or not scorable. "
        "Capability: improved."
    )
    assert headline(BARE) == "No trust dimension was audited."
    only = replace(
        RESULT, metrics=(), dimensions=tuple(d for d in RESULT.dimensions if d.dimension is Dimension.ETHICS)
    )
    assert headline(only) == "Candidate vs. baseline: within the margins on ethics."
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_a_title_that_benchmarks_share_names_the_benchmark() -> None:
    """Two benchmarks with one title are distinguishable in every text format; a unique title has no addition."""
    first = next(m for m in RESULT.metrics if m.verdict is not None)
    copies = [replace(first, metric=replace(first.metric, name=f"{b}.m", benchmark=b, title="Rate")) for b in "ab"]
    alone = replace(first, metric=replace(first.metric, title="Alone"))
    result = replace(RESULT, metrics=(*copies, alone), dimensions=())
    assert [row.title for row in primary_rows(result)] == ["Rate, a", "Rate, b", "Alone"]
    assert "Rate, b" in terminal(result)
    assert "Rate, a" in "\n".join(metric_table(result))


def test_missing_reasoning_traces_are_no_missing_answers() -> None:
    """A model that writes no trace lacks every score of traces and no answer: the headline does not mention it."""
    traces = [
        replace(m, metric=replace(m.metric, part=Part.THOUGHT)) if m.missing.unscored_candidate >= 0.2 else m
        for m in RESULT.metrics
    ]
    assert "truncated, malformed" in headline(RESULT)
    assert "truncated, malformed" not in headline(replace(RESULT, metrics=tuple(traces)))
