"""A study's result from finished runs: values of pairs, methods pooled over families, contrasts of methods."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from trustdelta.pipeline.conclude import read_verdict
from trustdelta.records import TRUST_DIMENSIONS, Arm, AuditResult, Dimension, Verdict, in_order
from trustdelta.report import format as fmt
from trustdelta.report.sections._common import driver
from trustdelta.report.studies.records import Contrast, Driver, MethodRow, PairRow, Point, RankTest, StudyResult
from trustdelta.stats import meta, methods
from trustdelta.stats.multiplicity import holm
from trustdelta.study.curves import Audited, audited, common_metrics, curves, primary
from trustdelta.study.plan import PairSpec, Study, family_of, run_folder
from trustdelta.study.status import is_complete

ALPHA = 0.05
SAME = "same weights"
"""The lineage of a pair of one model in two modes."""


def compare(study: Study, out: Path) -> StudyResult:
    """The result of a study's finished pairs. Raises StoreError for a damaged run."""
    done = [(s, read_verdict(run_folder(out, s))) for s in study.pairs if is_complete(run_folder(out, s))]
    finished = {spec.name for spec, _ in done}
    common = {d: common_metrics((r for _, r in done), d) for d in audited(r for _, r in done)}
    rows = tuple(pair_row(spec, result, common) for spec, result in done)
    return StudyResult(
        title=study.title,
        pairs=rows,
        unfinished=tuple(s.name for s in study.pairs if s.name not in finished),
        metrics={d: names for d, names in common.items() if names},
        methods=tuple(method_rows(rows)),
        contrasts=tuple(adjusted(list(contrasts(rows)))),
        correlations={d: drift_correlation(rows, d) for d in trust_of(rows)},
        correlation_tests=drift_tests(rows),
        notes=(*excluded(rows), *verdicts_only(done, common)),
        curves=tuple(curves(done, [s for s in study.pairs if s.name not in finished])),
    )


def excluded(rows: Sequence[PairRow]) -> Iterator[str]:
    """Notes on the pairs that are excluded from means, by dimension."""
    for dimension in in_order(d for r in rows for d in r.points):
        points = [(r.name, r.points[dimension]) for r in rows if dimension in r.points]
        names = [name for name, p in points if not p.pooled and p.worsening is not None]
        if names:
            yield f"{dimension.value}: not measurable, excluded from means over pairs: {', '.join(names)}."


def verdicts_only(done: Audited, common: Mapping[Dimension, tuple[str, ...]]) -> list[str]:
    """Notes on the dimensions without a common metric."""
    return [
        f"{d.value}: the pairs have no common metric, so that only their verdicts are compared."
        for d, names in common.items()
        if not names and any(v.metric.dimension is d for _, r in done for v in primary(r))
    ]


def pair_row(spec: PairSpec, result: AuditResult, common: Mapping[Dimension, tuple[str, ...]]) -> PairRow:
    """One finished pair."""
    return PairRow(
        name=spec.name,
        baseline=result.baseline.name,
        candidate=result.candidate.name,
        method=spec.method,
        lineage=SAME if two_modes(result) else spec.lineage,
        family=family_of(spec),
        overall=result.overall,
        points={
            d.dimension: replace(point(result, common[d.dimension], d.verdict), driver=driver_of(result, d.dimension))
            for d in result.dimensions
        },
        drift=whole_drift(result),
        exploratory=result.exploratory,
    )


def driver_of(result: AuditResult, dimension: Dimension) -> Driver | None:
    """The deciding metric of a dimension; None where none was measured."""
    deciding = driver(result, dimension)
    if deciding is None:
        return None
    estimate, metric = deciding.estimate, deciding.metric
    if estimate is None:
        return Driver(fmt.title(metric), fmt.NONE, None)
    return Driver(fmt.title(metric), fmt.signed(metric, estimate.worsening), estimate.worsening / metric.bound)


def two_modes(result: AuditResult) -> bool:
    """Whether baseline and candidate are one model in two modes, thinking off and on."""
    a, b = result.baseline, result.candidate
    return bool(a.fingerprint) and a.fingerprint == b.fingerprint and a.thinking != b.thinking


def whole_drift(result: AuditResult) -> float | None:
    """Nats per token on the candidate's whole responses over all benchmarks."""
    drifts = [d for d in result.drift if d.text_of is Arm.CANDIDATE and d.part == "all" and not d.benchmark]
    return drifts[0].nats_per_token if drifts else None


def point(result: AuditResult, names: Sequence[str], verdict: Verdict) -> Point:
    """The mean worsening over the common metrics, as fractions of their ranges.

    The standard error is the mean of the metrics' ones: metrics of one pair may share prompts, so that averaging need
    not reduce it.
    """
    metrics = {v.metric.name: v for v in result.metrics}
    estimates = [(metrics[n].estimate, metrics[n].metric.bound) for n in names if n in metrics]
    known = [(e, bound) for e, bound in estimates if e is not None]
    if not known or len(known) < len(names):
        return Point(verdict)
    mean = float(np.mean([e.worsening / b for e, b in known]))
    se = float(np.mean([methods.standard_error(e.low_95, e.high_95, e.df) / b for e, b in known]))
    low = float(np.mean([e.low_95 / b for e, b in known]))
    high = float(np.mean([e.high_95 / b for e, b in known]))
    return Point(verdict, mean, se, low, high)


def grouped(rows: Sequence[PairRow]) -> Iterator[tuple[str, Dimension, dict[str, list[PairRow]]]]:
    """Pairs with a value, by lineage, dimension and method."""
    for lineage in sorted({r.lineage for r in rows}):
        for dimension in in_order(d for r in rows for d in r.points):
            by_method: dict[str, list[PairRow]] = {}
            for row in rows:
                point = row.points.get(dimension)
                if row.lineage == lineage and point is not None and point.pooled:
                    by_method.setdefault(row.method, []).append(row)
            if by_method:
                yield lineage, dimension, dict(sorted(by_method.items()))


def families(rows: Sequence[PairRow], dimension: Dimension) -> dict[str, tuple[float, float]]:
    """Worsening and variance of each family."""
    points = [r.points[dimension] for r in rows]
    y_K = np.array([p.worsening for p in points], dtype=np.float64)
    v_K = np.array([(p.se or 0.0) ** 2 for p in points])
    names, y_F, v_F = methods.by_family([r.family for r in rows], y_K, v_K)
    return {n: (float(y), float(v)) for n, y, v in zip(names, y_F, v_F, strict=True)}


def method_rows(rows: Sequence[PairRow]) -> Iterator[MethodRow]:
    """Every method pooled over its families, if it has three or more."""
    for lineage, dimension, by_method in grouped(rows):
        for method, own in by_method.items():
            values = families(own, dimension)
            base = MethodRow(lineage, method, dimension, len(own), len(values))
            if len(values) < meta.MIN_POOLED:
                yield replace(base, reason=f"families: {len(values)}; pooling needs at least {meta.MIN_POOLED}")
                continue
            y_F, v_F = np.array(list(values.values())).T
            p = meta.pool(y_F, v_F)
            yield replace(
                base,
                mean=p.mean,
                low=max(p.low, -1.0),  # a share of a range
                high=min(p.high, 1.0),
                tau=p.tau,
                predicted_low=max(p.predicted_low, -1.0),
                predicted_high=min(p.predicted_high, 1.0),
            )


def contrasts(rows: Sequence[PairRow]) -> Iterator[Contrast]:
    """Contrasts of every two methods: within families if two or more have both, else between families."""
    for lineage, dimension, by_method in grouped(rows):
        values = {m: families(own, dimension) for m, own in by_method.items() if m != "unknown"}
        for first, second in itertools.combinations(values, 2):
            yield contrast(Contrast(lineage, dimension, first, second, False, 0, 0, 0.0, 1.0, 1.0), values)


def contrast(base: Contrast, values: Mapping[str, Mapping[str, tuple[float, float]]]) -> Contrast:
    """One contrast with its test; descriptive below four families per method."""
    a, b = values[base.first], values[base.second]
    both = sorted(a.keys() & b.keys())
    matched = len(both) > 1
    if matched:
        d_K = np.array([a[f][0] - b[f][0] for f in both])
        sizes, difference, p = (len(both), len(both)), float(d_K.mean()), methods.sign_flip_p(d_K)
        span: tuple[float, float] | None = methods.matched_interval(d_K)
    else:
        a_K, b_K = (np.array([y for y, _ in v.values()]) for v in (a, b))
        sizes, difference, p = (a_K.size, b_K.size), float(a_K.mean() - b_K.mean()), methods.label_p(a_K, b_K)
        span = methods.label_interval(a_K, b_K)
    return replace(
        base,
        matched=matched,
        n_first=sizes[0],
        n_second=sizes[1],
        difference=difference,
        p=p,
        p_least=methods.smallest_p(*sizes, matched=matched),
        low=None if span is None else span[0],
        high=None if span is None else span[1],
        reason=why_descriptive(base.lineage, min(sizes), matched=matched),
    )


def why_descriptive(lineage: str, fewest: int, *, matched: bool) -> str:
    """Why a contrast is descriptive only, or ""."""
    if lineage == "unknown":
        return "descriptive: the lineages are unknown and may be mixed"
    if fewest < meta.MIN_METHOD:
        return (
            f"descriptive: fewer than {meta.MIN_METHOD} {'matched families' if matched else 'families for each method'}"
        )
    return ""


def adjusted(contrasts: list[Contrast]) -> list[Contrast]:
    """Holm's adjustment over all contrasts that are not descriptive."""
    testable = [i for i, c in enumerate(contrasts) if not c.reason]
    for i, p in zip(testable, holm([contrasts[i].p for i in testable]), strict=True):
        contrasts[i] = replace(contrasts[i], p_holm=p, claim=p <= ALPHA)
    return contrasts


def drifted(rows: Sequence[PairRow], dimension: Dimension) -> list[tuple[float, float, PairRow]]:
    """Drift and worsening of every pair that has both."""
    pairs = [(r.drift, p.worsening, r) for r in rows if (p := r.points.get(dimension)) and p.pooled]
    return [(x, y, r) for x, y, r in pairs if x is not None and y is not None]


def drift_correlation(rows: Sequence[PairRow], dimension: Dimension) -> float | None:
    """Rank correlation of drift and worsening over pairs, ranked within each lineage; descriptive."""
    known = drifted(rows, dimension)
    x_K, y_K = np.array([(x, y) for x, y, _ in known], dtype=np.float64).reshape(-1, 2).T
    return methods.rank_correlation(x_K, y_K, [r.lineage for _, _, r in known])


def trust_of(rows: Sequence[PairRow]) -> list[Dimension]:
    """The six trust dimensions and the user's own ones."""
    return in_order([*TRUST_DIMENSIONS, *(d for r in rows for d in r.points if d.trust)])


def drift_tests(rows: Sequence[PairRow]) -> dict[Dimension, RankTest]:
    """The same over family means of known lineage, with a permutation test if there are enough families."""
    tests: dict[Dimension, RankTest] = {}
    for dimension in trust_of(rows):
        families: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for x, y, r in drifted(rows, dimension):
            if r.lineage != "unknown":
                families.setdefault((r.lineage, r.family), []).append((x, y))
        x_F, y_F = np.array([np.mean(own, axis=0) for own in families.values()]).reshape(-1, 2).T
        lineages = [lineage for lineage, _ in families]
        rho, p = methods.rank_correlation(x_F, y_F, lineages), methods.rank_p(x_F, y_F, lineages)
        if rho is not None and p is not None:
            tests[dimension] = RankTest(len(families), rho, p)
    adjusted_p = holm([t.p_holm for t in tests.values()])
    return {d: replace(t, p_holm=p) for (d, t), p in zip(tests.items(), adjusted_p, strict=True)}
