"""One plain row per metric, for data frames, CSV and notebooks: numbers stay numbers, nothing is formatted."""

from __future__ import annotations

from dataclasses import fields

from trustdelta.records import Arm, AuditResult, Drift, MetricVerdict, Outcome, OutcomeCount
from trustdelta.report.format import difference

Value = str | int | float | None
_ABOUT = ("dimension", "benchmark", "metric", "title", "part", "role", "better")
_SAID = ("verdict", "scope", "severity", "flags", "reason", "direction", "text_of", "method", "arm", "outcome")
TEXTS = frozenset((*_ABOUT, *_SAID))
"""Columns of text."""
COUNTS = frozenset({"pairs", "clusters", "left_out", "pairs_needed", "tokens", "responses", "count"})
"""Columns of whole numbers; all others are of numbers at full precision."""
_NUMBERS = ("baseline", "candidate", "difference", "low", "high", "worsening", "pairs", "clusters")


def rows(result: AuditResult) -> list[dict[str, Value]]:
    """One mapping per metric, all with the same keys in the same order.

    `difference`, `low` and `high` are candidate minus baseline in the metric's own direction and units;
    `worsening` is the same difference turned so that positive is worse. A metric without estimate has None there.
    """
    return [_row(found) for found in result.metrics]


def dimension_rows(result: AuditResult) -> list[dict[str, Value]]:
    """One mapping per dimension: its verdict and the metric that decided it, with that metric's numbers."""
    by_name = {m.metric.name: m for m in result.metrics}
    found: list[dict[str, Value]] = []
    for d in result.dimensions:
        driver = by_name.get(d.driver)
        numbers = _numbers(driver) if driver else {}
        about = {"dimension": d.dimension.value, "verdict": d.verdict.value, "metric": d.driver, "reason": d.reason}
        scope = d.scope.value if d.scope else ""
        found.append({**about, "scope": scope, **dict.fromkeys(_NUMBERS), **numbers})
    return found


def drift_rows(result: AuditResult) -> list[dict[str, Value]]:
    """One mapping per measured divergence, in nats."""
    return [{f.name: _plain(getattr(d, f.name)) for f in fields(Drift)} for d in result.drift]


def outcome_rows(result: AuditResult) -> list[dict[str, Value]]:
    """One mapping per benchmark, model and outcome state, with the count of its responses."""
    return [{f.name: _plain(getattr(o, f.name)) for f in fields(OutcomeCount)} for o in result.outcomes]


def _plain(value: Value | Arm | Outcome) -> Value:
    return value.value if isinstance(value, Arm | Outcome) else value


TABLES = {"metrics": rows, "dimensions": dimension_rows, "drift": drift_rows, "outcomes": outcome_rows}
"""Tables by the name that asks for them."""


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
        "scope": found.scope.value if found.scope else "",
        "severity": found.severity,
        "flags": ", ".join(found.flags),
        "reason": found.reason,
        "detectable": found.detectable,
        "pairs_needed": found.pairs_needed,
    }


def _numbers(found: MetricVerdict) -> dict[str, Value]:
    estimate = found.estimate
    if estimate is None:
        return {**dict.fromkeys(_NUMBERS[:-2]), "pairs": 0, "clusters": 0}
    change = difference(found.metric, estimate, found.scope)
    levels = (estimate.baseline, estimate.candidate, *change, estimate.worsening)
    counts = {"pairs": estimate.n_pairs, "clusters": estimate.n_clusters}
    return {**dict(zip(_NUMBERS[:-2], levels, strict=True)), **counts}
