"""From metrics to dimensions to one overall verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trustdelta.records import TRUST_DIMENSIONS, Dimension, DimensionVerdict, MetricVerdict, Verdict


def dimension_verdict(
    dimension: Dimension,
    metrics: Sequence[MetricVerdict],
    *,
    p_composite: float | None = None,
    composite_rejects: bool = False,
    all_pass: bool = False,
) -> DimensionVerdict:
    """One dimension's verdict from its primary metrics (at least one).

    Regressed: a metric regressed, or the composite test rejects. Else not measurable, inconclusive, improved (at least
    one improved and none worse than preserved) or preserved. `all_pass`: the intersection-union rule holds.
    """
    found = [m for m in metrics if m.verdict is Verdict.REGRESSED]
    if found:
        worst = _smallest_p(found)
        return DimensionVerdict(dimension, Verdict.REGRESSED, worst.metric.name, "metric", p_composite)
    if composite_rejects:
        driver = _smallest_p([m for m in metrics if m.estimate is not None])
        return DimensionVerdict(dimension, Verdict.REGRESSED, driver.metric.name, "composite", p_composite)
    for bad in (Verdict.NOT_MEASURABLE, Verdict.INCONCLUSIVE):
        undecided = [m for m in metrics if m.verdict is bad]
        if undecided and not (bad is Verdict.INCONCLUSIVE and all_pass):
            first = max(undecided, key=_closeness)
            return DimensionVerdict(dimension, bad, first.metric.name, first.reason, p_composite)
    improved = [m for m in metrics if m.verdict is Verdict.IMPROVED]
    driver = max(improved or metrics, key=_closeness)
    verdict = Verdict.IMPROVED if improved and not all_pass else Verdict.PRESERVED
    return DimensionVerdict(
        dimension, verdict, driver.metric.name, "intersection-union" if all_pass else "", p_composite
    )


def _smallest_p(metrics: Sequence[MetricVerdict]) -> MetricVerdict:
    """The metric with the strongest evidence of a regression."""
    return min(metrics, key=lambda m: (m.estimate.p_regressed if m.estimate else 1.0, m.metric.name))


def _closeness(m: MetricVerdict) -> float:
    """How far the upper bound reaches towards or over the margin."""
    return m.estimate.high / m.margin if m.estimate and m.margin > 0 else 0.0


def overall(dimensions: Sequence[DimensionVerdict]) -> Verdict:
    """The verdict over the trust dimensions that ran; capability does not count. None ran: not measurable.

    Regressed if any is; else not measurable if any is; else inconclusive if any is; else improved if any is.
    """
    seen = {d.verdict for d in dimensions if d.dimension in TRUST_DIMENSIONS}
    order = (Verdict.REGRESSED, Verdict.NOT_MEASURABLE, Verdict.INCONCLUSIVE, Verdict.IMPROVED, Verdict.PRESERVED)
    return next((v for v in order if v in seen), Verdict.NOT_MEASURABLE)


def summary(verdict: Verdict, dimensions: Sequence[DimensionVerdict], metrics: Mapping[str, MetricVerdict]) -> str:
    """The overall verdict in one sentence: what drives it, with its numbers, and how the other dimensions fared."""
    trust = [d for d in dimensions if d.dimension in TRUST_DIMENSIONS]
    if not trust:
        return "Not measurable: no trust dimension with a primary metric was run."
    drivers = [d for d in trust if d.verdict is verdict]
    named = ", ".join(f"{d.dimension.value} ({_driver(metrics[d.driver])})" for d in drivers)
    others = [
        f"{sum(d.verdict is v for d in trust)} {v.value.replace('_', ' ')}"
        for v in Verdict
        if v is not verdict and any(d.verdict is v for d in trust)
    ]
    rest = f"; other dimensions: {', '.join(others)}" if others else ""
    return f"{verdict.value.replace('_', ' ').capitalize()}: {named}{rest}."


def _driver(m: MetricVerdict) -> str:
    """The driving metric with its estimate, interval and margin in points, or why it has none."""
    if m.estimate is None or m.verdict is Verdict.NOT_MEASURABLE:
        return f"{m.metric.title}: {m.reason}"
    point = 100 / m.metric.bound
    e = m.estimate
    return (
        f"{m.metric.title} {e.worsening * point:+.1f} points worse, interval {e.low * point:+.1f} to "
        f"{e.high * point:+.1f}, margin {m.margin * point:.1f}"
    )
