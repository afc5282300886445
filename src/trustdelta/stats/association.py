"""Rank correlation of drift and regression over prompts, cross-fitted over separate draws.

Drift and worsening of the same draw have correlated errors, which biases their correlation upwards. Here the drift of
one half of a prompt's draws is correlated with the worsening of the other half, in both directions, and the two
correlations are averaged (cross-fitting). A cluster bootstrap gives the interval: each replicate is a set of weights
and ranks are weighted mid-ranks, so that a replicate equals Spearman's rho on the resampled prompts without sorting
again.

Suffixes: N prompts, 2 halves, C controls, B replicates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trustdelta.errors import MeasurementError
from trustdelta.records.arrays import Floats, Ints

MIN_PROMPTS = 10
"""Prompts below which no correlation is computed."""
MIN_CLUSTERS = 20
"""Clusters below which there is no interval: it would cover too little (85 % at 8 clusters)."""
BLOCK = 200_000
"""Replicates x prompts held at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """Drift, worsening and controls per prompt and half of its draws."""

    log_kl_N2: Floats
    """Log drift."""
    worse_N2: Floats
    """Worsening; positive is worse."""
    cluster_N: Ints
    """Cluster of each prompt, the unit that is resampled."""
    controls: tuple[Floats, ...] = ()
    """Covariates of that half's drift such as log length, shape (N, 2) each."""


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Cross-fitted Spearman correlation; `low` and `high` are None below `MIN_CLUSTERS` clusters."""

    rho: float
    low: float | None
    high: float | None
    n_prompts: int
    n_clusters: int


def cross_fitted(halves: Halves, rng: np.random.Generator, replicates: int = 1000, level: float = 0.95) -> CrossFit:
    """Correlation of one half's drift with the other half's worsening, given the controls, and its interval.

    Percentile interval over resampled clusters. Raises MeasurementError for fewer than `MIN_PROMPTS` prompts, and
    where drift or worsening is the same on every prompt.
    """
    n = halves.cluster_N.size
    if n < MIN_PROMPTS:
        raise MeasurementError(f"{n} prompts have two draws; the correlation needs at least {MIN_PROMPTS}")
    rho = float(rho_B(halves, np.ones((1, n)))[0])
    if np.isnan(rho):
        raise MeasurementError("drift or worsening is the same on every prompt")
    codes, member_N = np.unique(halves.cluster_N, return_inverse=True)
    if codes.size < MIN_CLUSTERS:
        return CrossFit(rho, None, None, n, codes.size)
    replicates_rho = []
    rows = max(1, BLOCK // n)
    for start in range(0, replicates, rows):
        count = min(rows, replicates - start)
        weight_BG = rng.multinomial(codes.size, np.full(codes.size, 1 / codes.size), size=count)
        replicates_rho.append(rho_B(halves, weight_BG[:, member_N].astype(float)))
    rho_R = np.concatenate(replicates_rho)
    rho_R = rho_R[~np.isnan(rho_R)]
    if rho_R.size < 0.9 * replicates:
        return CrossFit(rho, None, None, n, codes.size)
    low, high = np.quantile(rho_R, [(1 - level) / 2, (1 + level) / 2])
    return CrossFit(rho, float(low), float(high), n, codes.size)


def rho_B(halves: Halves, weight_BN: Floats) -> Floats:
    """Cross-fitted partial Spearman correlation under each row of weights; NaN where a variable is constant."""
    both = [
        partial_B(halves.log_kl_N2[:, h], halves.worse_N2[:, 1 - h], [c[:, h] for c in halves.controls], weight_BN)
        for h in (0, 1)
    ]
    return np.asarray((both[0] + both[1]) / 2)


def same_sample_rho(halves: Halves) -> float:
    """The correlation of each half's drift with its own worsening, whose bias cross-fitting avoids."""
    swapped = Halves(halves.log_kl_N2, halves.worse_N2[:, ::-1], halves.cluster_N, halves.controls)
    return float(rho_B(swapped, np.ones((1, halves.cluster_N.size)))[0])


def partial_B(x_N: Floats, y_N: Floats, controls: Sequence[Floats], weight_BN: Floats) -> Floats:
    """Correlation of the ranks of x and y, after a least-squares fit of the controls' ranks, for each weighting."""
    x_BN, y_BN = (_centred(ranks(v, weight_BN), weight_BN) for v in (x_N, y_N))
    if controls:
        z_BCN = np.stack([_centred(ranks(c, weight_BN), weight_BN) for c in controls], axis=1)
        inverse_BCC = np.linalg.pinv(np.einsum("bcn,bdn,bn->bcd", z_BCN, z_BCN, weight_BN), rcond=1e-10, hermitian=True)
        x_BN, y_BN = (_residual(v_BN, z_BCN, inverse_BCC, weight_BN) for v_BN in (x_BN, y_BN))
    xx_B, yy_B = ((weight_BN * v * v).sum(1) for v in (x_BN, y_BN))
    product_B = np.sqrt(xx_B * yy_B)
    # a rank variable that is constant, or a sum of the controls, leaves rounding only
    scale_B = weight_BN.sum(1) ** 3 * 1e-10
    defined_B = (xx_B > scale_B) & (yy_B > scale_B)
    rho_B = (weight_BN * x_BN * y_BN).sum(1) / np.where(defined_B, product_B, 1.0)
    return np.where(defined_B, np.clip(rho_B, -1, 1), np.nan)


def ranks(x_N: Floats, weight_BN: Floats) -> Floats:
    """Weighted mid-ranks [B, N]: the weight below each value and half of the weight at it."""
    values, at_N = np.unique(x_N, return_inverse=True)
    order = np.argsort(at_N, kind="stable")
    starts = np.searchsorted(at_N[order], np.arange(values.size))
    mass_BV = np.add.reduceat(weight_BN[:, order], starts, axis=1)
    mid_BV = np.cumsum(mass_BV, axis=1) - mass_BV / 2
    return np.asarray(mid_BV[:, at_N])


def _centred(v_BN: Floats, weight_BN: Floats) -> Floats:
    return np.asarray(v_BN - ((weight_BN * v_BN).sum(1) / weight_BN.sum(1))[:, None])


def _residual(v_BN: Floats, z_BCN: Floats, inverse_BCC: Floats, weight_BN: Floats) -> Floats:
    moment_BC = np.einsum("bcn,bn,bn->bc", z_BCN, v_BN, weight_BN)
    return np.asarray(v_BN - np.einsum("bc,bcd,bdn->bn", moment_BC, inverse_BCC, z_BCN))
