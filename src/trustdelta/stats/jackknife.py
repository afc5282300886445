"""Delete-one-cluster jackknife for functionals that are not means: ratios, macro-F1, parity gaps.

Bias scores such as 2 * biased / answered - 1 have a different denominator for each model, so their difference is not a
mean of per-prompt differences. The jackknife resamples the whole functional. Student's t has (the smaller number of
answered prompts of the two models) - 1 degrees of freedom, so that coverage holds when few prompts were answered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from trustdelta.records.arrays import Floats
from trustdelta.stats.score_interval import cluster_sizes


@dataclass(frozen=True, slots=True)
class Jackknife:
    """A functional's estimate, its jackknife standard error and degrees of freedom; positive is worse."""

    estimate: float
    se: float
    df: float
    n: int
    n_clusters: int

    def interval(self, alpha: float) -> tuple[float, float]:
        """Bounds that each miss with probability `alpha`."""
        half = float(-stdtrit(self.df, alpha)) * self.se
        return self.estimate - half, self.estimate + half

    def p_worse(self, t: float = 0.0) -> float:
        """One-sided p-value against "at most t"."""
        return _tail(self.estimate - t, self.se, self.df)

    def p_not_worse(self, t: float) -> float:
        """One-sided p-value against "at least t"."""
        return _tail(t - self.estimate, self.se, self.df)


def _tail(gap: float, se: float, df: float) -> float:
    """P(T > gap / se)."""
    if gap == 0:
        return 0.5
    return float(stdtr(df, -gap / se)) if se > 0 else float(gap < 0)


def jackknife(
    sums_NJ: Floats, cluster_N: NDArray[np.integer], functional: Callable[[Floats], Floats], *, answered: int
) -> Jackknife:
    """Jackknife a smooth functional of column totals.

    `sums_NJ` holds each prompt's contributions to J totals; `functional` maps totals (..., J) to values (...).
    `answered` is the smaller number of answered prompts of the two models. Raises ValueError below two clusters.
    """
    sizes = cluster_sizes(cluster_N)
    g = sizes.sizes.size
    if g < 2:
        raise ValueError(f"the jackknife needs at least two clusters; got {g}.")
    total_J = sums_NJ.sum(axis=0)
    without_GJ = total_J - np.add.reduceat(sums_NJ[sizes.order], sizes.starts, axis=0)
    left_out_G = functional(without_GJ)
    variance = (g - 1) / g * np.sum((left_out_G - left_out_G.mean()) ** 2)
    estimate = float(functional(total_J))
    return Jackknife(estimate, float(np.sqrt(variance)), float(max(min(answered, g) - 1, 1)), len(sums_NJ), g)


def ratio_difference(
    baseline_N2: Floats, candidate_N2: Floats, cluster_N: NDArray[np.integer], *, scale: float = 1.0
) -> Jackknife:
    """Difference (candidate - baseline) of two ratios of totals, times `scale`.

    Each array holds numerator and denominator per prompt; a denominator of 0 means "not answered". For the bias score
    2 * biased / answered - 1 the scale is 2.
    """
    answered = int(min((baseline_N2[:, 1] != 0).sum(), (candidate_N2[:, 1] != 0).sum()))
    sums_N4 = np.concatenate([baseline_N2, candidate_N2], axis=1).astype(float)
    return jackknife(
        sums_N4, cluster_N, lambda t: scale * (t[..., 2] / t[..., 3] - t[..., 0] / t[..., 1]), answered=answered
    )
