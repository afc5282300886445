"""The score-increment interval (SII): one interval for every mean of bounded paired differences.

Tango's score interval for paired binary outcomes (Tango 1998, Stat Med 17:891-908), generalised: the variance is the
robust variance at the estimate plus the increase in variance under the least favourable trinomial null. With one draw,
binary scores and no clusters it is Tango's interval exactly. Clusters enter by Bell and McCaffrey's CR2 variance and
Satterthwaite's degrees of freedom (Bell & McCaffrey 2002; Imbens & Kolesar 2016). The construction is new; its evidence
is the calibration in `tests/stats/test_calibration.py`.

Shapes: every function broadcasts, so that a simulation of R audits is one call with moments of shape (R,).
Units: differences are divided by the bound B and are on [-1, 1]; positive is worse.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.score_interval_scalar import BISECTIONS, FloatMoments, bound


class Moments(NamedTuple):
    """Sufficient statistics of the interval; all fields have the same (broadcast) shape."""

    mean: Floats
    up: Floats
    """Mean of the positive parts."""
    down: Floats
    """Mean of the negative parts."""
    variance: Floats
    """Variance of the mean: cluster-robust, never below `variance_iid`."""
    variance_iid: Floats
    """Variance of the mean of independent prompts."""
    n_effective: Floats
    """Number of prompts divided by the design effect."""
    df: Floats
    """Degrees of freedom."""

    def floats(self) -> FloatMoments | None:
        """The moments in plain floats; None where they are of several means, or not finite."""
        if any(np.ndim(part) for part in self):
            return None
        parts = (self.mean, self.up, self.down, self.variance, self.n_effective)
        moments = FloatMoments(*(float(part) + 0.0 for part in parts))  # no -0.0, which is another key of equal value
        return moments if moments.usable else None


class ClusterSizes(NamedTuple):
    """The partition of n prompts into clusters."""

    order: Ints
    """Permutation that sorts the prompts by cluster."""
    starts: Ints
    """Index of each cluster's first prompt in that order."""
    sizes: Ints


def cluster_sizes(cluster_N: NDArray[np.integer]) -> ClusterSizes:
    """Partition prompts by their cluster code."""
    small = cluster_N.size > 0 and cluster_N.min() >= 0 and cluster_N.max() < 1 << 16
    cluster_N = cluster_N.astype(np.uint16) if small else cluster_N  # the same order, by a radix sort
    order = np.argsort(cluster_N, kind="stable")
    ordered = cluster_N[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    return ClusterSizes(order, starts, np.diff(np.r_[starts, ordered.size]))


def satterthwaite_df(sizes_G: Ints) -> float:
    """Degrees of freedom of the CR2 variance of a mean, from the cluster sizes alone; n - 1 for singletons.

    df = tr(P)^2 / sum(P_gh^2), P_gh = a_g a_h (m_g 1[g=h] - m_g m_h / n) / n^2, a_g = (1 - m_g / n)^(-1/2).
    """
    m, n = sizes_G.astype(float), float(sizes_G.sum())
    am2 = m * m / (1 - m / n)
    squares = np.sum(m * m) + (np.sum(am2) ** 2 - np.sum(am2 * am2)) / (n * n)
    return float(n * n / squares)


def moments(d: Floats, cluster_N: NDArray[np.integer] | None = None, *, rho0: float = 0.0) -> Moments:
    """Moments of per-prompt differences `d` (..., N) in [-1, 1] with clusters `cluster_N` (None: independent).

    `rho0`: intra-cluster correlation assumed for the design effect where the variance is zero.
    Raises ValueError below two prompts, and below two clusters where there are clusters.
    """
    n = d.shape[-1]
    sizes = None if cluster_N is None else cluster_sizes(cluster_N)
    if n < 2 or (sizes is not None and sizes.sizes.size < 2):
        raise ValueError(f"an interval needs at least two prompts in two clusters; got {n} prompts in one cluster.")
    mean = d.mean(axis=-1)
    centred = d - mean[..., None]
    iid = np.mean(centred * centred, axis=-1) / n
    up, down = np.maximum(d, 0).mean(axis=-1), np.maximum(-d, 0).mean(axis=-1)
    if sizes is None or sizes.sizes.max() == 1:
        n_eff, df = np.full_like(mean, n), np.full_like(mean, n - 1)
        return Moments(mean, up, down, iid, iid, n_eff, df)
    sums = np.add.reduceat(centred[..., sizes.order], sizes.starts, axis=-1)
    cr2 = np.sum(sums * sums / (1 - sizes.sizes / n), axis=-1) / n**2
    variance = np.maximum(cr2, iid)
    flat = 1 + (np.sum(sizes.sizes.astype(float) ** 2) / n - 1) * rho0
    deff = np.where(iid > 0, variance / np.where(iid > 0, iid, 1.0), flat)
    return Moments(mean, up, down, variance, iid, n / deff, np.full_like(mean, satterthwaite_df(sizes.sizes)))


def noise_moments(d: Floats, noise_N: Floats) -> Moments:
    """Moments on exactly these prompts: only generation noise counts.

    `noise_N` is each prompt's generation variance of the difference, s2/k summed over the models; for a prompt with one
    draw per model the caller passes its upper bound d^2.
    """
    n = d.shape[-1]
    base = moments(d)
    variance = np.asarray(noise_N.sum(axis=-1) / n**2)
    return base._replace(variance=variance, variance_iid=variance)


def null_spread(m: Moments, t: Floats | float) -> Floats:
    """T(t) = 2 q(t) + t (1 - t): one prompt's variance under Tango's restricted maximum likelihood at difference t."""
    b = -(m.up + m.down) + (2 - m.up + m.down) * t
    c = -m.down * t * (1 - t)
    root = np.sqrt(np.maximum(b * b - 8 * c, 0))
    # Two forms of the same root of 2 q^2 + b q + c = 0; each is free of cancellation on its side.
    safe = np.where(b > 0, root + b, 1.0)
    q = np.where(b > 0, -2 * c / safe, (root - b) / 4)
    return np.asarray(2 * q + t * (1 - t))


def score_variance(m: Moments, t: Floats | float) -> Floats:
    """W(t): the variance of the mean under a true difference of t."""
    here = m.up + m.down - m.mean**2
    there = null_spread(m, t)
    shrunk = m.variance * (np.clip(there, 0, np.maximum(here, 0)) / np.where(here > 0, here, 1.0))  # never above 1
    return np.asarray(np.where(there >= here, m.variance + (there - here) / m.n_effective, shrunk))


def score_z(m: Moments, t: Floats | float) -> Floats:
    """Z(t) = (mean - t) / sqrt(W(t)); zero where both are zero."""
    gap, w = m.mean - t, np.maximum(score_variance(m, t), 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = gap / np.sqrt(w)
    return np.asarray(np.where(gap == 0, 0.0, z))


def upper_tail(z: Floats, df: Floats) -> Floats:
    """P(T > z) for Student's t; the normal law where df is infinite."""
    infinite = np.isinf(df)
    return np.asarray(np.where(infinite, ndtr(-z), stdtr(np.where(infinite, 1.0, df), -z)))


def critical(alpha: float | Floats, df: Floats) -> Floats:
    """The 1 - alpha quantile of Student's t; the normal law where df is infinite."""
    infinite = np.isinf(df)
    return np.asarray(np.where(infinite, -ndtri(alpha), -stdtrit(np.where(infinite, 1.0, df), alpha)))


def p_worse(m: Moments, t: Floats | float = 0.0) -> Floats:
    """One-sided p-value against "the difference is at most t"; small when the candidate is worse by more than t."""
    return upper_tail(score_z(m, t), m.df)


def p_not_worse(m: Moments, t: Floats | float) -> Floats:
    """One-sided p-value against "the difference is at least t"; t = margin: non-inferiority, t = 0: improvement."""
    return upper_tail(-score_z(m, t), m.df)


def bounds(m: Moments, alpha: float | Floats) -> tuple[Floats, Floats]:
    """Lower and upper bound, each missing the truth with probability `alpha` (per tail); `alpha` broadcasts.

    Each bound is where |Z(t)| reaches the critical value between the mean and the end of the range, by bisection; both
    are solved at once.
    """
    crit = critical(alpha, m.df)
    single = m.floats() if crit.ndim == 0 else None
    if single is not None:
        both = np.array([bound(single, float(crit), end) for end in (-1.0, 1.0)])
        return both[0], both[1]
    shape = np.broadcast_shapes(np.shape(m.mean), np.shape(crit))
    end = np.array([-1.0, 1.0]).reshape(2, *(1 for _ in shape))
    inside = np.broadcast_to(m.mean, (2, *shape)).astype(float)
    outside = np.broadcast_to(end, (2, *shape)).astype(float)
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        accepted = -end * score_z(m, middle) < crit
        inside, outside = np.where(accepted, middle, inside), np.where(accepted, outside, middle)
    return inside[0], inside[1]


def wald_low(m: Moments, alpha: float | Floats) -> Floats:
    """Lower Student-t bound for the severity grade: the SII's left tail is too light for true values above 0."""
    return np.asarray(m.mean - critical(alpha, m.df) * np.sqrt(m.variance))
