"""How much of a candidate's gain another candidate keeps: a linear contrast of two paired differences, per prompt.

By betting, not by a Student or score interval: where nearly every prompt says the same, the few that do not carry the
variance, and in simulation intervals that estimate it passed a share that is just kept up to 3.7 times as often as
their level. Bets are valid for any bounded differences and at any stopping time, so also for audits that ask in looks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trustdelta.records.arrays import Floats
from trustdelta.stats.anytime import p_anytime

PARTS = tuple(n / 100 for n in range(101))
"""Shares of the gain that are tested, from none to all of it."""


def kept_at_least(
    mix_N: Floats, whole_N: Floats, cluster_N: NDArray[np.integer] | None, alpha: float, *, largest: int | None = None
) -> float | None:
    """One-sided lower bound, at level `alpha`, of the share of the whole candidate's gain that the mix keeps.

    `mix_N`, `whole_N`: worsening of both against the same responses of one baseline, as shares of the largest possible
    difference, in the order in which prompts were asked; clusters as for `p_anytime`. For rising shares r the claim is
    E[mix - r * whole] <= 0; the bound is the last r before the first that is not shown (Fieller's set by inversion of
    tests), and the last before one for which the baselines cannot have been the same. None where not even 0 is shown.
    """
    shown = None
    for part in PARTS:
        kept_N = part * whole_N - mix_N
        # With one baseline b and scores x, y: r (b - y) - (b - x) lies in [-1, 1]; else the bets would not be fair.
        if np.any(np.abs(kept_N) > 1 + 1e-9) or p_anytime(kept_N, cluster_N, largest=largest) > alpha:
            break
        shown = part
    return shown
