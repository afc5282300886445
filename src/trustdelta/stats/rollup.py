"""Aggregates metric verdicts to dimension verdicts and one overall verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trustdelta.records import Dimension, DimensionVerdict, MetricVerdict, Scope, Verdict

ORDER = (Verdict.REGRESSED, Verdict.NOT_MEASURABLE, Verdict.INCONCLUSIVE, Verdict.IMPROVED, Verdict.PRESERVED)
"""Verdicts from the worst on; "improved" is before "preserved" because its driver is the metric that changed."""


def dimension_verdict(dimension: Dimension, metrics: Sequence[MetricVerdict]) -> DimensionVerdict:
    """One dimension's verdict: the worst of its primary metrics (at least one), and the driving metric."""
    worst = next(v for v in ORDER if any(m.verdict is v for m in metrics))
    members = [m for m in metrics if m.verdict is worst]
    driver = _smallest_p(members) if worst is Verdict.REGRESSED else max(members, key=_closeness)
    return DimensionVerdict(dimension, worst, driver.metric.name, driver.reason, _scope(members))


def _scope(metrics: Sequence[MetricVerdict]) -> Scope | None:
    """The scope of a dimension's claim: beyond these prompts for one such regression, else the scope that all have."""
    scopes = {m.scope for m in metrics}
    if None in scopes:
        return None
    any_beyond = metrics[0].verdict is Verdict.REGRESSED and Scope.BEYOND in scopes
    return Scope.BEYOND if any_beyond or scopes == {Scope.BEYOND} else Scope.PROMPTS


def _smallest_p(metrics: Sequence[MetricVerdict]) -> MetricVerdict:
    """The metric with the strongest evidence of a regression."""
    return min(metrics, key=lambda m: (m.estimate.p_regressed if m.estimate else 1.0, m.metric.name))


def _closeness(m: MetricVerdict) -> float:
    """The upper bound as a multiple of the margin."""
    return m.estimate.high / m.margin if m.estimate and m.margin > 0 else 0.0


def overall(dimensions: Sequence[DimensionVerdict]) -> Verdict:
    """The verdict over the measured trust dimensions, without capability; not measurable if there are none.

    Regressed if any is; else not measurable if any is; else inconclusive if any is; else improved if any is.
    """
    verdicts = {d.verdict for d in dimensions if d.dimension.trust}
    return next((v for v in ORDER if v in verdicts), Verdict.NOT_MEASURABLE)


def summary(verdict: Verdict, dimensions: Sequence[DimensionVerdict], metrics: Mapping[str, MetricVerdict]) -> str:
    """The overall verdict in one sentence: its driving metrics with numbers, and the other dimensions' verdicts."""
    trust = [d for d in dimensions if d.dimension.trust]
    if not trust:
        return "Not measurable: no trust dimension with a primary metric was run."
    drivers = [d for d in trust if d.verdict is verdict]
    named = ", ".join(f"{d.dimension.value} ({_driver(metrics[d.driver]) if d.driver else d.reason})" for d in drivers)
    others = [
        f"{sum(d.verdict is v for d in trust)} {v.value.replace('_', ' ')}"
        for v in Verdict
        if v is not verdict and any(d.verdict is v for d in trust)
    ]
    rest = f"; other dimensions: {', '.join(others)}" if others else ""
    return f"{verdict.value.replace('_', ' ').capitalize()}: {named}{rest}."


def _driver(m: MetricVerdict) -> str:
    """The driving metric with its estimate, ordinary interval and margin in percentage points, or why there is none."""
    if m.estimate is None or m.verdict is Verdict.NOT_MEASURABLE:
        return f"{m.metric.title}: {m.reason}"
    point = 100 / m.metric.bound
    e = m.estimate
    low, high = e.ordinary(m.scope)
    return (
        f"{m.metric.title} {e.worsening * point:+.1f} pp worse, 95 % interval {low * point:+.1f} to "
        f"{high * point:+.1f}, margin {m.margin * point:.1f}"
    )
