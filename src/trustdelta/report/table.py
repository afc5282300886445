"""One row of unformatted values per metric, for data frames and exported tables."""

from __future__ import annotations

from dataclasses import fields

from trustdelta.records import Arm, AuditResult, Better, Drift, MetricVerdict, Outcome, OutcomeCount
from trustdelta.report.format import change

Value = str | int | float | None
_ABOUT = ("dimension", "benchmark", "metric", "title", "part", "role", "better")
_DECIDED = ("verdict", "scope", "severity", "flags", "reason", "direction", "text_of", "method", "arm", "outcome")
TEXTS = frozenset((*_ABOUT, *_DECIDED))
"""Columns of text."""
COUNTS = frozenset({"pairs", "clusters", "left_out", "pairs_needed", "tokens", "responses", "count"})
"""Integer columns; all others are floats at full precision."""
_NUMBERS = ("baseline", "candidate", "difference", "low", "high", "worsening", "pairs", "clusters")


def rows(result: AuditResult) -> list[dict[str, Value]]:
    """One mapping per metric, all with the same keys in the same order.

    `difference`, `low` and `high` are candidate minus baseline in the metric's own direction and units;
    `worsening` is the same difference with positive meaning worse. A metric without an estimate has None in them.
    """
    return [_row(m) for m in result.metrics]


def dimension_rows(result: AuditResult) -> list[dict[str, Value]]:
    """One mapping per dimension: its verdict, its deciding metric and that metric's numbers."""
    by_name = {m.metric.name: m for m in result.metrics}
    table: list[dict[str, Value]] = []
    for d in result.dimensions:
        driver = by_name.get(d.driver)
        numbers = _numbers(driver) if driver else {}
        about = {"dimension": d.dimension.value, "verdict": d.verdict.value, "metric": d.driver, "reason": d.reason}
        scope = d.scope.value if d.scope else ""
        table.append({**about, "scope": scope, **dict.fromkeys(_NUMBERS), **numbers})
    return table


def drift_rows(result: AuditResult) -> list[dict[str, Value]]:
    """One mapping per measured KL divergence, in nats."""
    return [{f.name: _plain(getattr(d, f.name)) for f in fields(Drift)} for d in result.drift]


def outcome_rows(result: AuditResult) -> list[dict[str, Value]]:
    """One mapping per benchmark, model and outcome, with its number of responses."""
    return [{f.name: _plain(getattr(o, f.name)) for f in fields(OutcomeCount)} for o in result.outcomes]


def _plain(value: Value | Arm | Outcome) -> Value:
    return value.value if isinstance(value, Arm | Outcome) else value


TABLES = {"metrics": rows, "dimensions": dimension_rows, "drift": drift_rows, "outcomes": outcome_rows}
"""Tables by name."""


def _row(metric_verdict: MetricVerdict) -> dict[str, Value]:
    metric = metric_verdict.metric
    return {
        "dimension": metric.dimension.value,
        "benchmark": metric.benchmark,
        "metric": metric.name,
        "title": metric.title,
        "part": metric.part.value,
        "role": metric.role.value,
        "better": metric.better.value,
        **_numbers(metric_verdict),
        "margin": metric_verdict.margin,
        "left_out": metric_verdict.missing.pairs_left_out,
        "verdict": metric_verdict.verdict.value if metric_verdict.verdict else "",
        "scope": metric_verdict.scope.value if metric_verdict.scope else "",
        "severity": metric_verdict.severity,
        "flags": ", ".join(metric_verdict.flags),
        "reason": metric_verdict.reason,
        "detectable": metric_verdict.detectable,
        "pairs_needed": metric_verdict.pairs_needed,
    }


def _numbers(metric_verdict: MetricVerdict) -> dict[str, Value]:
    estimate = metric_verdict.estimate
    if estimate is None:
        return {**dict.fromkeys(_NUMBERS[:-2]), "pairs": 0, "clusters": 0}
    better = change(estimate, metric_verdict.scope)
    own = better if metric_verdict.metric.better is Better.HIGHER else (-better.value, -better.high, -better.low)
    levels = (estimate.baseline, estimate.candidate, *own, estimate.worsening)
    counts = {"pairs": estimate.n_pairs, "clusters": estimate.n_clusters}
    return {**dict(zip(_NUMBERS[:-2], levels, strict=True)), **counts}
