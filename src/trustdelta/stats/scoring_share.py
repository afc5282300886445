"""The change of one rate between two models, and the share of a published change that a corrected scoring removes.

Both scorings are of the same responses. The share is 1 - corrected change / published change. Its interval is
Fieller's: the shares s for which the mean over prompts of corrected - (1 - s) x published difference is compatible with
0 by Student's t with the cluster-robust variance, prompts or, where they can represent others, clusters being the unit.
The variance has t^2 / n^2 added for the kind of prompt that may not have been seen (changed in one scoring only, or in
both), so that equal decisions on few prompts are no certainty; a kind never seen in n prompts then has a rate of at
most t^2 / n, as in Wilson's interval. There is no share unless the published change differs clearly from 0.

Arrays `values_N2` hold the mean score of each prompt by model (baseline, candidate), on [0, 1], NaN without a score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trustdelta.records.arrays import Floats
from trustdelta.stats.scopes import ScopeRule, sample
from trustdelta.stats.score_interval import Moments, bounds, critical

ALPHA = 0.025
"""Probability with which each end of an interval misses."""
WIDEST = 64.0
"""Largest distance of a bound from the share; beyond it the share counts as unknown."""
BISECTIONS = 24


@dataclass(frozen=True, slots=True)
class RateChange:
    """Rates of both models and their difference (candidate - baseline) with its ordinary 95 % interval."""

    baseline: float
    candidate: float
    difference: float
    low: float
    high: float
    prompts_baseline: int
    """Prompts in the baseline's rate."""
    prompts_candidate: int
    """Prompts in the candidate's rate."""


@dataclass(frozen=True, slots=True)
class ScoringShare:
    """Share of the published change that is due to the scoring, with its 95 % interval; not confined to [0, 1]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class _Linear:
    """A difference of rates as a mean over prompts: exact without missing scores, else linearised at the rates."""

    worse_N: Floats
    rates: tuple[float, float]
    sizes: tuple[int, int]


def change_of(values_N2: Floats, cluster_N: NDArray[np.integer], *, own: bool = False) -> RateChange | None:
    """The change; None below two scored prompts of a model, or two clusters.

    `own`: each model's rate is over its own scored prompts, as published; otherwise over those scored for both.
    """
    both_N = np.isfinite(values_N2).sum(axis=1) == 2
    rows_N = np.ones(len(values_N2), dtype=bool) if own else both_N
    linear = _linear(values_N2[rows_N])
    if linear is None:
        return None
    span = max(1.0, float(np.abs(linear.worse_N).max()))
    m = _moments(linear.worse_N / span, cluster_N[rows_N], _reaches(cluster_N))
    if m is None:
        return None
    low, high = (float(b) * span for b in bounds(m, ALPHA))
    before, after = linear.rates
    return RateChange(before, after, after - before, max(low, -1.0), min(high, 1.0), *linear.sizes)


def share_of_scoring(
    published_N2: Floats, corrected_N2: Floats, cluster_N: NDArray[np.integer], *, own: bool = False
) -> ScoringShare | None:
    """The share; None where the published change is not clearly different from 0, or a scoring has no rate.

    `own`: each model's corrected rate is over its own scored prompts too; otherwise over those scored for both.
    """
    unpaired_N = (np.isnan(corrected_N2).sum(axis=1) > 0) & (not own)
    published = _linear(published_N2)
    corrected = _linear(np.where(unpaired_N[:, None], np.nan, corrected_N2))
    change = change_of(published_N2, cluster_N, own=True)
    if published is None or corrected is None or change is None or change.low <= 0.0 <= change.high:
        return None
    ratio = float(corrected.worse_N.mean() / published.worse_N.mean())
    reaches = _reaches(cluster_N)

    def compatible(part: float) -> bool:
        """Whether corrected - part x published may have the mean 0."""
        contrast_N = corrected.worse_N - part * published.worse_N
        span = max(1.0 + abs(part), float(np.abs(contrast_N).max()))
        m = _moments(contrast_N / span, cluster_N, reaches)
        if m is None:
            return True
        t2 = float(critical(ALPHA, m.df)) ** 2
        unseen = t2 * (max(abs(part), abs(1.0 - part)) / span / float(m.n_effective)) ** 2
        return float(m.mean) ** 2 < t2 * (float(m.variance) + unseen)

    ends = [_end(compatible, ratio, side) for side in (-1.0, 1.0)]
    if None in ends:
        return None
    low, high = (1.0 - end for end in reversed(ends) if end is not None)
    return ScoringShare(1.0 - ratio, low, high)


def _end(compatible: Callable[[float], bool], start: float, side: float) -> float | None:
    """The bound on one side of an accepted value, by bisection; None where there is none within WIDEST."""
    inside, step = start, 1.0
    while compatible(start + side * step):
        inside, step = start + side * step, 2.0 * step
        if step > WIDEST:
            return None
    outside = start + side * step
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if compatible(middle) else (inside, middle)
    return inside


def _linear(values_N2: Floats) -> _Linear | None:
    """The linearised difference, whose mean is the difference of the rates; None below two scores of a model."""
    scored_N2 = ~np.isnan(values_N2)
    sizes_2 = scored_N2.sum(axis=0)
    if sizes_2.size == 0 or sizes_2.min() < 2:
        return None
    rates_2 = np.nansum(values_N2, axis=0) / sizes_2
    centred_N2 = np.where(scored_N2, values_N2 - rates_2, 0.0) * (len(values_N2) / sizes_2)
    worse_N = centred_N2[:, 1] - centred_N2[:, 0] + (rates_2[1] - rates_2[0])
    return _Linear(worse_N, (float(rates_2[0]), float(rates_2[1])), (int(sizes_2[0]), int(sizes_2[1])))


def _reaches(cluster_N: NDArray[np.integer]) -> bool:
    """Whether the clusters of all prompts of a cell can represent others."""
    return ScopeRule().reaches_beyond(cluster_N)


def _moments(d_N: Floats, cluster_N: NDArray[np.integer], reaches: bool) -> Moments | None:
    """Moments of differences on [-1, 1] in the scope that a claim is about."""
    observed = sample(np.clip(d_N, -1.0, 1.0), cluster_N.astype(np.int64), reaches=reaches)
    return None if observed is None else observed.claim
