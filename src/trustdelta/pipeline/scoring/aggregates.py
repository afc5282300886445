"""Published statistics that are not means over prompts, for both models, over prompts with scores of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from trustdelta.benchmarks.base import Benchmark
from trustdelta.benchmarks.shared.aggregates import Aggregate
from trustdelta.pipeline.scoring.columns import Means
from trustdelta.records import Arm, Part, Prompt
from trustdelta.records.arrays import Floats
from trustdelta.report.extras import AggregateRow
from trustdelta.stats.jackknife import jackknife


def aggregate_rows(
    benchmarks: Iterable[Benchmark], prompts: Mapping[str, Prompt], means: Means
) -> tuple[AggregateRow, ...]:
    """Every aggregate of these benchmarks that is defined on at least two prompts."""
    rows = (row_of(benchmark, a, prompts, means) for benchmark in benchmarks for a in benchmark.aggregates)
    return tuple(row for row in rows if row is not None)


def row_of(
    benchmark: Benchmark, aggregate: Aggregate, prompts: Mapping[str, Prompt], means: Means
) -> AggregateRow | None:
    """One aggregate of both models; None where it is undefined for one of them (no prompt, or a constant rater)."""
    columns, clusters = _columns(benchmark, aggregate, prompts, means)
    n, j = len(columns), (columns.shape[1] // 2 if len(columns) else 0)
    if n < 2:
        return None

    def values(totals: Floats) -> Floats:
        return np.stack(
            [aggregate.value(list(np.moveaxis(part, -1, 0))) for part in (totals[..., :j], totals[..., j:])]
        )

    with np.errstate(divide="ignore", invalid="ignore"):
        baseline, candidate = (float(v) for v in values(columns.sum(axis=0)))
        if not np.isfinite([baseline, candidate]).all():
            return None
        low, high = _interval(columns, clusters, values)
    name = f"{benchmark.name}.{aggregate.name}"
    return AggregateRow(name, aggregate.title, baseline, candidate, low, high, n, int(np.unique(clusters).size))


def _columns(
    benchmark: Benchmark, aggregate: Aggregate, prompts: Mapping[str, Prompt], means: Means
) -> tuple[Floats, NDArray[np.int64]]:
    """Each prompt's contribution to the totals of baseline and candidate, shape (N, 2 J), and its cluster."""
    rows: list[tuple[float, ...]] = []
    clusters: list[str] = []
    for prompt_id, arms in sorted(means.get((aggregate.scorer, Part.ANSWER.value), {}).items()):
        prompt = prompts[prompt_id]
        counts = prompt.benchmark == benchmark.name and (not aggregate.strata or prompt.stratum in aggregate.strata)
        if not counts or len(arms) < len(Arm):
            continue
        added = [aggregate.adds(prompt, arms[arm]) for arm in Arm]
        if added[0] is not None and added[1] is not None:
            rows.append((*added[0], *added[1]))
            clusters.append(prompt.cluster or prompt.id)
    return np.array(rows, dtype=np.float64), np.unique(clusters, return_inverse=True)[1].astype(np.int64)


def _interval(
    columns: Floats, clusters: NDArray[np.int64], values: Callable[[Floats], Floats]
) -> tuple[float | None, float | None]:
    """95 % jackknife bounds of candidate - baseline; None where the value is undefined without some cluster."""
    if np.unique(clusters).size < 2:
        return None, None

    def change(totals: Floats) -> Floats:
        before, after = values(totals)
        return np.asarray(after - before)

    resampled = jackknife(columns, clusters, change, answered=len(columns))
    low, high = resampled.interval(0.025)
    return (float(low), float(high)) if np.isfinite([low, high]).all() else (None, None)
