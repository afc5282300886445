"""One plain row per metric, for data frames, CSV and notebooks: numbers stay numbers, nothing is formatted."""

from __future__ import annotations

from trustdelta.records import AuditResult, MetricVerdict
from trustdelta.report.format import difference

Value = str | int | float | None
TEXTS = frozenset(
    ("dimension", "benchmark", "metric", "title", "part", "role", "better", "verdict", "severity", "flags", "reason")
)
"""Columns of text."""
COUNTS = frozenset({"pairs", "clusters", "left_out", "pairs_needed"})
"""Columns of whole numbers; all others are of numbers at full precision."""


def rows(result: AuditResult) -> list[dict[str, Value]]:
    """One mapping per metric, all with the same keys in the same order.

    `difference`, `low` and `high` are candidate minus baseline in the metric's own direction and units;
    `worsening` is the same difference turned so that positive is worse. A metric without estimate has None there.
    """
    return [_row(found) for found in result.metrics]


def _row(found: MetricVerdict) -> dict[str, Value]:
    metric = found.metric
    return {
        "dimension": metric.dimension.value,
        "benchmark": metric.benchmark,
        "metric": metric.name,
        "title": metric.title,
        "part": metric.part.value,
        "role": metric.role.value,
        "better": metric.better.value,
        **_numbers(found),
        "margin": found.margin,
        "left_out": found.missing.pairs_left_out,
        "verdict": found.verdict.value if found.verdict else "",
        "severity": found.severity,
        "flags": ", ".join(found.flags),
        "reason": found.reason,
        "detectable": found.detectable,
        "pairs_needed": found.pairs_needed,
    }


def _numbers(found: MetricVerdict) -> dict[str, Value]:
    estimate = found.estimate
    names = ("baseline", "candidate", "difference", "low", "high", "worsening")
    if estimate is None:
        return {**dict.fromkeys(names), "pairs": 0, "clusters": 0}
    change = difference(found.metric, estimate)
    levels = (estimate.baseline, estimate.candidate, *change, estimate.worsening)
    counts = {"pairs": estimate.n_pairs, "clusters": estimate.n_clusters}
    return {**dict(zip(names, levels, strict=True)), **counts}
