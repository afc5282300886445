"""Anytime-valid confidence sequences: for open-ended monitoring, pools extended later, and optional stopping.

Betting e-processes (Waudby-Smith & Ramdas 2024, JRSS-B 86:1-27) on cluster sums in random order, mixed over a grid of
bets. They have less power near the decision boundary than the group-sequential design; use them only where that design
is invalid. Weighted Bonferroni over metrics remains valid; averaging suprema of e-processes does not.

`cluster_N` None: prompts are independent. `largest`: size of the largest possible cluster, fixed in advance (the bets
are scaled by it, so it must not depend on the data); by default the largest in `cluster_N`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trustdelta.records import Estimate, Scope
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.pairs import Pairs
from trustdelta.stats.score_interval import cluster_sizes

BETS = np.geomspace(0.02, 0.9, 12)
"""Fractions of the largest admissible bet."""

STEPS = 40


@dataclass(frozen=True, slots=True)
class AnytimeBounds:
    """Bounds of the mean difference; the probability that one of them ever misses it is at most alpha per tail."""

    low: float
    high: float


def anytime_bounds(
    d: Floats, cluster_N: NDArray[np.integer] | None, alpha: float, *, largest: int | None = None
) -> AnytimeBounds:
    """Bounds from differences `d` in [-1, 1] in order of arrival (a random order of clusters).

    A cluster's differences must be independent of the other clusters'. Valid after any cluster, at any stopping time.
    """
    sum_G, size_G = _cluster_sums(d, cluster_N, largest)
    return AnytimeBounds(_lower(sum_G, size_G, alpha), -_lower(-sum_G, size_G, alpha))


def p_anytime(d: Floats, cluster_N: NDArray[np.integer] | None, t: float = 0.0, *, largest: int | None = None) -> float:
    """Anytime-valid p-value against "the difference is at most t": one over the largest wealth so far."""
    sum_G, size_G = _cluster_sums(d, cluster_N, largest)
    return float(min(1.0, np.exp(-_best_log_wealth(sum_G, size_G, t))))


def _cluster_sums(d: Floats, cluster_N: NDArray[np.integer] | None, largest: int | None) -> tuple[Floats, Floats]:
    """Sum and size of every cluster over the largest size, in order of first arrival."""
    if cluster_N is None:
        return d.astype(float), np.ones(d.size)
    sizes = cluster_sizes(cluster_N)
    arrival = np.argsort(sizes.order[sizes.starts], kind="stable")
    sums = np.add.reduceat(d[sizes.order], sizes.starts)
    top = float(max(largest or 0, sizes.sizes.max()))
    return sums[arrival] / top, sizes.sizes[arrival] / top


def _best_log_wealth(sum_G: Floats, size_G: Floats, t: float) -> float:
    """Largest log wealth over time of the mixed bets that the mean exceeds t."""
    gain_G = sum_G - t * size_G
    stake_B = BETS / (1 + t) if t > -1 else np.zeros_like(BETS)
    log_BG = np.cumsum(np.log1p(stake_B[:, None] * gain_G), axis=1)
    return float(np.max(np.logaddexp.reduce(log_BG, axis=0)) - np.log(BETS.size))


def _lower(sum_G: Floats, size_G: Floats, alpha: float) -> float:
    """The largest t that is rejected as an upper limit of the mean; -1 where none is. Wealth falls in t."""
    low, high = -1.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        rejected = _best_log_wealth(sum_G, size_G, middle) >= -np.log(alpha)
        low, high = (middle, high) if rejected else (low, middle)
    return low


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """One metric's differences in the order in which the prompts were sent."""

    d: Floats
    """Differences on [-1, 1]."""
    cluster_N: Ints | None
    """Cluster codes; None: prompts are independent."""
    largest: int | None
    """Size of the largest possible cluster."""
    span: float
    """Largest possible difference in the metric's units."""

    @classmethod
    def of(cls, pairs: Pairs, place_N: Ints, largest: int | None) -> Arrivals:
        """Pairs sorted by their place; `largest` None treats prompts as independent."""
        order = np.argsort(place_N, kind="stable")
        cluster_N = None if largest is None else pairs.cluster_N[order]
        return cls(pairs.worse_N[order] / pairs.span, cluster_N, largest, pairs.span)

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Anytime-valid bounds in the metric's units, each with confidence 1 - alpha."""
        limits = anytime_bounds(self.d, self.cluster_N, alpha, largest=self.largest)
        return limits.low * self.span, limits.high * self.span

    def p(self, t: float = 0.0, *, worse: bool) -> float:
        """P-value against "no worse than t" (`worse`) or against "worse by t or more", t in the metric's units."""
        sign = 1.0 if worse else -1.0
        return p_anytime(sign * self.d, self.cluster_N, sign * min(t / self.span, 1.0), largest=self.largest)


def anytime_estimate(fixed: Estimate, arrivals: Mapping[Scope, Arrivals], margin: float) -> Estimate:
    """The estimate with betting p-values, by scope; `margin` in the metric's units."""
    here = arrivals[Scope.PROMPTS]
    claim = arrivals.get(Scope.BEYOND, here)
    return replace(
        fixed,
        p_regressed=here.p(worse=True),
        p_beyond=claim.p(worse=True) if Scope.BEYOND in arrivals else None,
        p_preserved=claim.p(margin, worse=False),
        p_improved=claim.p(worse=False),
        method="betting",
    )
