"""The part of a candidate's gain in capability that another run against the same baseline is shown to keep."""

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
    """One metric's paired differences; `largest` is the size of its largest cluster, None where they are ignored."""

    pairs: Pairs
    largest: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """Some metrics of a finished run by name; `ids`: of all its prompts, in the order in which they are asked."""

    found: Mapping[str, Gain]
    ids: NDArray[np.str_]


def gains(folder: Path, names: Sequence[str]) -> Gains:
    """Read a finished run; raises StoreError for a damaged one."""
    with Store(folder, write=False) as store:
        config = finished(store)
        stored = store.prompts()
        benchmarks = benchmarks_of(config, {p.benchmark for p in stored})
        prompts = Pool(config, stored, groups_of(benchmarks)).in_order(stored)
        table = ScoreTable.build(prompts, store.scores())
    rule, found = base_plan(config.statistics).scopes, {}
    for m in (m for b in benchmarks.values() for m in b.metrics if m.name in names):
        own = pair(table.metric_rows(m.benchmark, m.scorer, m.part, m.strata), m)
        reaches = rule.reaches_beyond(table.pool_clusters(m.benchmark, m.strata))
        found[m.name] = Gain(own, table.largest_cluster(m.benchmark) if reaches else None)
    return Gains(found, np.array([p.id for p in prompts]))


def kept_low(mix: Gains, whole: Gains, alpha: float) -> float | None:
    """The share that the mix is shown, at level `alpha`, to keep of the gain on every one of the metrics.

    The least bound over the metrics needs no smaller level: the claim is on all of them (an intersection-union test).
    """
    if not mix.found or mix.found.keys() != whole.found.keys():
        return None
    lows = [_metric(mix, whole, name, alpha) for name in mix.found]
    known = [low for low in lows if low is not None]
    return min(known) if len(known) == len(lows) else None


def _metric(mix: Gains, whole: Gains, name: str, alpha: float) -> float | None:
    mine, theirs = mix.found[name].pairs, whole.found[name].pairs
    ids = mix.ids[mine.prompt_N]
    _, a, b = np.intersect1d(ids, whole.ids[theirs.prompt_N], assume_unique=True, return_indices=True)
    order = np.argsort(mine.prompt_N[a], kind="stable")
    a, b = a[order], b[order]
    largest = mix.found[name].largest
    cluster_N = None if largest is None else mine.cluster_N[a]
    return kept_at_least(mine.worse_N[a] / mine.span, theirs.worse_N[b] / mine.span, cluster_N, alpha, largest=largest)
