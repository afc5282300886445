"""Dose-response curves over a series of pairs: checkpoints of one run, doses, weights of an interpolation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from trustdelta.records import AuditResult, Dimension, MetricVerdict, Role, Verdict, in_order
from trustdelta.report.studies.records import Curve, DosePoint
from trustdelta.stats.series import run_length, widened
from trustdelta.study.plan import Dose, PairSpec, family_of

Audited = Sequence[tuple[PairSpec, AuditResult]]
LEAST = 2
"""Fewest pairs of a curve."""


def primary(result: AuditResult) -> list[MetricVerdict]:
    """The primary metrics, which have a verdict."""
    return [v for v in result.metrics if v.metric.role is Role.PRIMARY]


def metric_names(result: AuditResult, dimension: Dimension) -> set[str]:
    """Names of a dimension's primary metrics."""
    return {v.metric.name for v in primary(result) if v.metric.dimension is dimension}


def audited(results: Iterable[AuditResult]) -> list[Dimension]:
    """The dimensions of any of these audits, in the order of tables."""
    return in_order(
        d for r in results for d in (*(v.metric.dimension for v in r.metrics), *(v.dimension for v in r.dimensions))
    )


def common_metrics(results: Iterable[AuditResult], dimension: Dimension) -> tuple[str, ...]:
    """Metrics of a dimension that are common to every audit that measured it."""
    sets = [names for result in results if (names := metric_names(result, dimension))]
    return tuple(sorted(set.intersection(*sets))) if sets else ()


Member = tuple[Dose, PairSpec, AuditResult | None]
"""One pair of a series; its result is None until it is finished."""


def curves(done: Audited, waiting: Sequence[PairSpec] = ()) -> Iterator[Curve]:
    """Curves of every series and family: one for each dimension, then one for each of its primary metrics.

    `waiting`: unfinished pairs; their doses are not drawn, and claims end before them.
    """
    series: dict[tuple[str, str], list[Member]] = {}
    for spec, result in (*done, *((spec, None) for spec in waiting)):
        if spec.dose is not None:
            series.setdefault((spec.dose.series, family_of(spec)), []).append((spec.dose, spec, result))
    for _, members in sorted(series.items()):
        results = [result for _, _, result in members if result is not None]
        if len(results) < LEAST:
            continue
        members.sort(key=lambda m: m[0].value, reverse=members[0][0].worse == "less")
        for dimension in audited(results):
            names = common_metrics(results, dimension)
            if names:
                yield curve(members, dimension, names)
                yield from (curve(members, dimension, (name,), name) for name in names)


def curve(members: Sequence[Member], dimension: Dimension, names: Sequence[str], metric: str = "") -> Curve:
    """One curve, mildest dose first, with the doses at which its verdict changes."""
    points = [
        None if r is None else dose_point(dose.value, spec, r, names, verdict_of(r, dimension, metric), len(members))
        for dose, spec, r in members
    ]
    sound = [r is not None and not r.exploratory for _, _, r in members]
    regressed = [p is not None and p.verdict is Verdict.REGRESSED for p in points]
    holding = [p is not None and p.verdict.holds for p in points]
    down = run_length([a and b for a, b in zip(regressed, sound, strict=True)][::-1])
    up = run_length([a and b for a, b in zip(holding, sound, strict=True)])
    first, spec, _ = members[0]
    return Curve(
        series=first.series,
        unit=first.unit,
        family=family_of(spec),
        worse=first.worse,
        dimension=dimension,
        metric=metric,
        points=tuple(p for p in points if p is not None),
        regressed_from=members[-down][0].value if down else None,
        kept_to=members[up - 1][0].value if up else None,
        first_regressed=members[regressed.index(True)][0].value if any(regressed) else None,
    )


def verdict_of(result: AuditResult, dimension: Dimension, metric: str) -> Verdict:
    """The verdict of a metric or dimension; not measurable where there is none."""
    if metric:
        verdicts = [v.verdict for v in result.metrics if v.metric.name == metric]
    else:
        verdicts = [d.verdict for d in result.dimensions if d.dimension is dimension]
    return verdicts[0] if verdicts and verdicts[0] is not None else Verdict.NOT_MEASURABLE


def dose_point(
    dose: float, spec: PairSpec, result: AuditResult, names: Sequence[str], verdict: Verdict, doses: int
) -> DosePoint:
    """The mean worsening over the metrics as fractions of their ranges, with simultaneous bounds over all `doses`."""
    metrics = {v.metric.name: v for v in result.metrics}
    rows = []
    for name in names:
        row = metrics.get(name)
        if row is None or row.estimate is None:
            return DosePoint(dose, spec.name, verdict)
        e = row.estimate
        low, high = widened(e.worsening, e.low_95, e.high_95, e.df, doses)
        rows.append(tuple(value / row.metric.bound for value in (e.worsening, low, high)))
    worsening, low, high = (float(v) for v in np.mean(np.array(rows), axis=0))
    return DosePoint(dose, spec.name, verdict, worsening, low, high)
