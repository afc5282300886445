"""Lower bound on the fraction of a candidate's capability gain that another run with the same baseline retains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trustdelta.pipeline.conclude import finished
from trustdelta.pipeline.groups import Pool, groups_of
from trustdelta.pipeline.plans import base_plan
from trustdelta.pipeline.run import benchmarks_of
from trustdelta.stats.kept_gain import kept_at_least
from trustdelta.stats.pairs import Pairs, pair
from trustdelta.stats.table import ScoreTable
from trustdelta.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class Gain:
    """One metric's paired differences."""

    pairs: Pairs
    largest: int | None
    """Size of the largest cluster; None where clusters are ignored."""


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """Metrics of a finished run."""

    by_metric: Mapping[str, Gain]
    ids: NDArray[np.str_]
    """Ids of all prompts in the order of the audit."""


def gains(folder: Path, names: Sequence[str]) -> Gains:
    """Read a finished run; raises StoreError for a damaged run."""
    with Store(folder, write=False) as store:
        config = finished(store)
        stored = store.prompts()
        benchmarks = benchmarks_of(config, {p.benchmark for p in stored})
        prompts = Pool(config, stored, groups_of(benchmarks)).in_order(stored)
        table = ScoreTable.build(prompts, store.scores())
    rule, by_metric = base_plan(config.statistics).scopes, {}
    for m in (m for b in benchmarks.values() for m in b.metrics if m.name in names):
        own = pair(table.metric_rows(m.benchmark, m.scorer, m.part, m.strata), m)
        reaches = rule.reaches_beyond(table.pool_clusters(m.benchmark, m.strata))
        by_metric[m.name] = Gain(own, table.largest_cluster(m.benchmark) if reaches else None)
    return Gains(by_metric, np.array([p.id for p in prompts]))


def kept_low(mix: Gains, whole: Gains, alpha: float) -> float | None:
    """Lower bound, at level `alpha`, on the fraction of the gain that the mix retains on every metric.

    The minimum over the metrics needs no correction: the claim is an intersection-union test.
    """
    if not mix.by_metric or mix.by_metric.keys() != whole.by_metric.keys():
        return None
    lows = [_metric(mix, whole, name, alpha) for name in mix.by_metric]
    known = [low for low in lows if low is not None]
    return min(known) if len(known) == len(lows) else None


def _metric(mix: Gains, whole: Gains, name: str, alpha: float) -> float | None:
    mine, theirs = mix.by_metric[name].pairs, whole.by_metric[name].pairs
    ids = mix.ids[mine.prompt_N]
    _, a, b = np.intersect1d(ids, whole.ids[theirs.prompt_N], assume_unique=True, return_indices=True)
    order = np.argsort(mine.prompt_N[a], kind="stable")
    a, b = a[order], b[order]
    largest = mix.by_metric[name].largest
    cluster_N = None if largest is None else mine.cluster_N[a]
    return kept_at_least(mine.worse_N[a] / mine.span, theirs.worse_N[b] / mine.span, cluster_N, alpha, largest=largest)
