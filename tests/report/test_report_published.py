"""As published against corrected: partners are found by name, and what is behaviour is told from what is reading."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_fixtures import BARE, RESULT, estimate, metric, missing

from trustdelta.benchmarks import registry
from trustdelta.records import AuditResult, Better, Dimension, MetricVerdict, Role
from trustdelta.report.extras import ReportExtras
from trustdelta.report.html import render
from trustdelta.report.sections.published import MARK, Readings, build, interpretation, readings

LOWER = Better.LOWER


def read_twice(published: float, corrected: float) -> AuditResult:
    """A result whose leak rate was 10 % and became these."""
    found = [
        MetricVerdict(
            replace(metric(name, Dimension.PRIVACY, "Leaks", LOWER), role=Role.SECONDARY, benchmark="confaide_tier3"),
            estimate(0.1, now, 0.05, LOWER),
            missing(),
            0.02,
            None,
        )
        for name, now in (("confaide_tier3.leak_paper", published), ("confaide_tier3.leak", corrected))
    ]
    return replace(RESULT, metrics=tuple(found))


def only(result: AuditResult) -> Readings:
    """The one pair of readings."""
    (found,) = readings(result)
    return found


@pytest.mark.parametrize(
    ("published", "corrected", "words", "shift"),
    [
        (0.5, 0.1, "worse only as published", 0.4),
        (0.5, 0.5, "worse in both", 0.0),
        (0.1, 0.5, "worse only as corrected", -0.4),
        (0.1, 0.1, "no worsening shown", 0.0),
        (0.0, 0.0, "better in both", 0.0),
    ],
)
def test_behaviour_is_told_from_reading(published: float, corrected: float, words: str, shift: float) -> None:
    """The shift is the worsening as published less the one as corrected; the words follow the intervals."""
    found = only(read_twice(published, corrected))
    assert found.shift == pytest.approx(shift)
    assert interpretation(found).startswith(words)


def test_nothing_is_said_without_both_readings() -> None:
    """A result without published readings has no such section; other prompts make no partner."""
    assert build(BARE, ReportExtras()) == ()
    assert 'id="published"' not in render(BARE)
    result = read_twice(0.5, 0.1)
    first, second = result.metrics
    other = replace(second, metric=replace(second.metric, strata=("say",)))
    assert list(readings(replace(result, metrics=(first, other)))) == []


def test_the_section_is_in_the_page() -> None:
    """Both changes and the part that is reading alone are in the report."""
    page = render(read_twice(0.5, 0.1))
    assert "Published vs. corrected scoring" in page
    assert "−40.0 pp" in page


def test_benchmarks_name_their_readings_so() -> None:
    """In every benchmark, a published reading's partner under the plain name scores the same prompts the same way."""
    pairs = 0
    for benchmark in registry.table().values():
        found = {m.name: m for m in benchmark.metrics}
        for name, one in found.items():
            other = found.get(name.replace(MARK, ""))
            if MARK in name and other:
                pairs += other.better is one.better and other.bound == one.bound
    assert pairs >= 30
