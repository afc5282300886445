"""Share of a candidate's gain that another candidate retains: a linear contrast of two paired differences per prompt.

The bound is a betting bound, not a Student or score interval. Where nearly all prompts agree, the few others carry the
variance, and in simulation intervals that estimate it have up to 3.7 times their nominal error rate. Betting bounds are
valid for any bounded differences and at any stopping time, so also for sequential audits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trustdelta.records.arrays import Floats
from trustdelta.stats.anytime import p_anytime

PARTS = tuple(n / 100 for n in range(101))
"""Shares of the gain that are tested, from 0 to 1."""


def kept_at_least(
    mix_N: Floats, whole_N: Floats, cluster_N: NDArray[np.integer] | None, alpha: float, *, largest: int | None = None
) -> float | None:
    """One-sided lower bound, at level `alpha`, of the share of the whole candidate's gain that the mix retains.

    `mix_N`, `whole_N`: worsening of both against the same responses of one baseline, as shares of the largest possible
    difference, in the order in which prompts were sent; clusters as for `p_anytime`. For increasing shares r the claim
    is E[mix - r * whole] <= 0. The bound is the last r before the first that is not significant (Fieller's set by
    inversion of tests) or for which the baselines cannot be the same. None where r = 0 is not significant.
    """
    shown = None
    for part in PARTS:
        contrast_N = part * whole_N - mix_N
        # With one baseline b and scores x, y: r (b - y) - (b - x) lies in [-1, 1]; else the bets would not be fair.
        if np.any(np.abs(contrast_N) > 1 + 1e-9) or p_anytime(contrast_N, cluster_N, largest=largest) > alpha:
            break
        shown = part
    return shown
