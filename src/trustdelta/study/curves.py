"""Curves over a graded series of pairs: checkpoints of one run, doses, shares of a mix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from trustdelta.records import AuditResult, Dimension, MetricVerdict, Role, Verdict
from trustdelta.report.studies.records import Curve, DosePoint
from trustdelta.stats.series import run_length, widened
from trustdelta.study.plan import Dose, PairSpec, family_of

Found = Sequence[tuple[PairSpec, AuditResult]]
LEAST = 2
"""Pairs below which a series has no curve."""


def primary(result: AuditResult) -> list[MetricVerdict]:
    """The metrics with a verdict."""
    return [v for v in result.metrics if v.metric.role is Role.PRIMARY]


def asked(result: AuditResult, dimension: Dimension) -> set[str]:
    """The metrics with a verdict of a dimension."""
    return {v.metric.name for v in primary(result) if v.metric.dimension is dimension}


def common_metrics(results: Iterable[AuditResult], dimension: Dimension) -> tuple[str, ...]:
    """Metrics of a dimension that every audit that measured it has."""
    sets = [names for result in results if (names := asked(result, dimension))]
    return tuple(sorted(set.intersection(*sets))) if sets else ()


def curves(done: Found) -> Iterator[Curve]:
    """Of every series and family: one curve for each dimension, then one for each of its metrics with a verdict."""
    series: dict[tuple[str, str], list[tuple[Dose, PairSpec, AuditResult]]] = {}
    for spec, result in done:
        if spec.dose is not None:
            series.setdefault((spec.dose.series, family_of(spec)), []).append((spec.dose, spec, result))
    for _, members in sorted(series.items()):
        if len(members) < LEAST:
            continue
        members.sort(key=lambda m: m[0].value, reverse=members[0][0].worse == "less")
        pairs = [(spec, result) for _, spec, result in members]
        doses = [dose for dose, _, _ in members]
        for dimension in Dimension:
            names = common_metrics((result for _, result in pairs), dimension)
            if names:
                yield curve(doses, pairs, dimension, names)
                yield from (curve(doses, pairs, dimension, (name,), name) for name in names)


def curve(doses: Sequence[Dose], pairs: Found, dimension: Dimension, names: Sequence[str], metric: str = "") -> Curve:
    """One curve, mildest dose first, with the turns of its verdict."""
    points = tuple(
        dose_point(dose.value, spec, result, names, verdict_of(result, dimension, metric), len(doses))
        for dose, (spec, result) in zip(doses, pairs, strict=True)
    )
    regressed = [p.verdict is Verdict.REGRESSED for p in points]
    down, up = run_length(regressed[::-1]), run_length([p.verdict.holds for p in points])
    return Curve(
        series=doses[0].series,
        unit=doses[0].unit,
        family=family_of(pairs[0][0]),
        worse=doses[0].worse,
        dimension=dimension,
        metric=metric,
        points=points,
        regressed_from=points[-down].dose if down else None,
        kept_to=points[up - 1].dose if up else None,
        first_regressed=points[regressed.index(True)].dose if any(regressed) else None,
    )


def verdict_of(result: AuditResult, dimension: Dimension, metric: str) -> Verdict:
    """The verdict of a metric, or of a dimension; not measurable where there is none."""
    if metric:
        found = [v.verdict for v in result.metrics if v.metric.name == metric]
    else:
        found = [d.verdict for d in result.dimensions if d.dimension is dimension]
    return found[0] if found and found[0] is not None else Verdict.NOT_MEASURABLE


def dose_point(
    dose: float, spec: PairSpec, result: AuditResult, names: Sequence[str], verdict: Verdict, doses: int
) -> DosePoint:
    """The mean worsening over the metrics as shares of their ranges, with bounds that hold for all `doses` together."""
    metrics = {v.metric.name: v for v in result.metrics}
    rows = []
    for name in names:
        found = metrics.get(name)
        if found is None or found.estimate is None:
            return DosePoint(dose, spec.name, verdict)
        e = found.estimate
        low, high = widened(e.worsening, e.low_95, e.high_95, e.df, doses)
        rows.append(tuple(value / found.metric.bound for value in (e.worsening, low, high)))
    worsening, low, high = (float(v) for v in np.mean(np.array(rows), axis=0))
    return DosePoint(dose, spec.name, verdict, worsening, low, high)
