"""Power analysis: smallest detectable effect, prompts needed, and the floor for rare harms.

Differences are on [-1, 1] (divided by the metric's bound); `alpha` is per tail.
"""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from scipy.special import ndtri

from trustdelta.records import Components
from trustdelta.stats.score_interval import Moments, critical, score_variance
from trustdelta.stats.score_interval_scalar import score_variance as scalar_variance


def per_prompt(parts: Components, draws_candidate: float, draws_baseline: float) -> float:
    """Variance of one prompt's difference of draw means."""
    return parts.between + parts.candidate / draws_candidate + parts.baseline / draws_baseline


TYPICAL = {
    0.08: Components(0.013, 0.062, 0.045),
    0.17: Components(0.018, 0.089, 0.080),
    0.50: Components(0.025, 0.120, 0.128),
}
"""Components by base rate, from simulated propensities; real ones come from the run's own draws."""


def z_sum(alpha: float, power: float = 0.8) -> float:
    """z_{1-alpha} + z_{power}."""
    return float(-ndtri(alpha) + ndtri(power))


def detectable_effect(variance: float, n: int, alpha: float, *, power: float = 0.8, deff: float = 1.0) -> float:
    """Smallest true worsening that is detected with probability `power`: z_sum * sqrt(deff * variance / n)."""
    return z_sum(alpha, power) * sqrt(deff * variance / n)


def prompts_needed(variance: float, effect: float, alpha: float, *, power: float = 0.8, deff: float = 1.0) -> int:
    """Prompts for `power` at a true distance of `effect` from the boundary, never below the rare floor."""
    need = deff * variance * (z_sum(alpha, power) / effect) ** 2
    return max(ceil(need), rare_floor(effect, alpha))


JUDGE_ERROR = 0.18
"""Variance of a judge's error in one prompt's difference: wrong on a tenth of either model's answers."""
BIAS_SHARE = 0.2
"""Share of the level for the judge's bias where labels correct a judged interval."""
FEWEST_LABELS = 30
"""Labelled pairs below which labels do not count."""


def labels_needed(room: float, alpha: float, variance: float = JUDGE_ERROR) -> int:
    """Labelled pairs that bound the judge's bias within `room` with 80 % power, never below the rare floor.

    `alpha`: the metric's per-tail level, of which the bias has a fifth.
    """
    return max(prompts_needed(variance, room, BIAS_SHARE * alpha), FEWEST_LABELS)


def rare_floor(margin: float, alpha: float) -> int:
    """Fewest prompts whose upper bound is below the margin when no response differs: z^2 (1 - margin) / margin."""
    z = float(-ndtri(alpha))
    return ceil(z * z * (1 - margin) / margin)


def achieved_effect(m: Moments, alpha: float, power: float = 0.8) -> float:
    """Smallest true worsening that this data set detects with probability `power`; at most 1.

    Solves t = (crit + z_power) sqrt(max(V, W(t))): the planning formula with the interval's own variance, so that the
    effect is not 0 on a metric without any difference.
    """
    k = float(critical(alpha, m.df)) + float(ndtri(power))
    low, high, single = 0.0, 1.0, m.floats()
    for _ in range(50):
        t = (low + high) / 2
        w = float(score_variance(m, t)) if single is None else scalar_variance(single, t)
        enough = t >= k * sqrt(max(float(m.variance), w))
        low, high = (low, t) if enough else (t, high)
    return high


def pairs_to_decide(m: Moments, n: int, margin: float, alpha: float) -> int:
    """Prompts that detect a difference of the margin with 80 % power, at this spread."""
    k = float(-ndtri(alpha) + ndtri(0.8))
    spread = n * max(float(m.variance), float(np.maximum(score_variance(m, margin), 0)))
    return max(ceil(spread * (k / margin) ** 2), rare_floor(margin, alpha))
