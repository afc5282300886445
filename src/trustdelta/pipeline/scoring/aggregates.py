"""Published statistics that are not means over prompts, for both models, over prompts with scores of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

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
    """One aggregate of both models; None where it is undefined for one of them (no prompt, or a constant rater).

    With a label, a value of one model alone has a row of its own, without a change.
    """
    both = _row(benchmark, aggregate, _Columns.of(benchmark, aggregate, prompts, means, tuple(Arm)))
    if both is not None or not aggregate.label:
        return both
    rows = (_row(benchmark, aggregate, _Columns.of(benchmark, aggregate, prompts, means, (arm,))) for arm in Arm)
    alone = [row for row in rows if row is not None]
    return alone[0] if len(alone) == 1 else None


@dataclass(frozen=True, slots=True)
class _Columns:
    """Contributions of the prompts that count for all of these models."""

    arms: tuple[Arm, ...]
    sums_NJ: Floats
    """Contribution of each prompt to the totals of each model in turn."""
    cluster_N: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        benchmark: Benchmark,
        aggregate: Aggregate,
        prompts: Mapping[str, Prompt],
        means: Means,
        arms: tuple[Arm, ...],
    ) -> _Columns:
        """From the mean scores."""
        rows: list[tuple[float, ...]] = []
        clusters: list[str] = []
        labels = means.get((aggregate.label, Part.ANSWER.value), {}) if aggregate.label else None
        for prompt_id, scores in sorted(means.get((aggregate.scorer, aggregate.part.value), {}).items()):
            prompt = prompts[prompt_id]
            if prompt.benchmark != benchmark.name or (aggregate.strata and prompt.stratum not in aggregate.strata):
                continue
            added = _added(aggregate, prompt, [scores, *([] if labels is None else [labels.get(prompt_id, {})])], arms)
            if added is not None:
                rows.append(added)
                clusters.append(prompt.cluster or prompt.id)
        cluster_N = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
        return cls(arms, np.array(rows, dtype=np.float64), cluster_N)

    def values(self, totals: Floats, value: Callable[[list[Floats]], Floats]) -> list[Floats]:
        """The statistic of each model from totals of shape (..., J)."""
        parts = np.split(totals, len(self.arms), axis=-1)
        return [np.asarray(value(list(np.moveaxis(part, -1, 0)))) for part in parts]


def _added(
    aggregate: Aggregate, prompt: Prompt, scores: Sequence[Mapping[Arm, float]], arms: tuple[Arm, ...]
) -> tuple[float, ...] | None:
    """What a prompt adds to the totals of these models; None where one of them lacks a score or does not count."""
    row: list[float] = []
    for arm in arms:
        if any(arm not in by_arm for by_arm in scores):
            return None
        added = aggregate.adds(prompt, *(by_arm[arm] for by_arm in scores))
        if added is None:
            return None
        row += added
    return tuple(row)


def _row(benchmark: Benchmark, aggregate: Aggregate, columns: _Columns) -> AggregateRow | None:
    n = len(columns.sums_NJ)
    if n < 2:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        values = [float(v) for v in columns.values(columns.sums_NJ.sum(axis=0), aggregate.value)]
        if not np.isfinite(values).all():
            return None
        low, high = _interval(columns, aggregate.value) if len(values) == len(Arm) else (None, None)
    by_arm = dict(zip(columns.arms, values, strict=True))
    return AggregateRow(
        f"{benchmark.name}.{aggregate.name}",
        aggregate.title,
        by_arm.get(Arm.BASELINE),
        by_arm.get(Arm.CANDIDATE),
        low,
        high,
        n,
        int(np.unique(columns.cluster_N).size),
    )


def _interval(columns: _Columns, value: Callable[[list[Floats]], Floats]) -> tuple[float | None, float | None]:
    """95 % jackknife bounds of candidate - baseline; None where the value is undefined without some cluster."""
    if np.unique(columns.cluster_N).size < 2:
        return None, None

    def change(totals: Floats) -> Floats:
        before, after = columns.values(totals, value)
        return np.asarray(after - before)

    resampled = jackknife(columns.sums_NJ, columns.cluster_N, change, answered=len(columns.sums_NJ))
    low, high = resampled.interval(0.025)
    return (float(low), float(high)) if np.isfinite([low, high]).all() else (None, None)
