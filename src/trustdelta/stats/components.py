"""Variance components of a difference: prompts, clusters, and generation noise of each model."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trustdelta.records import Components
from trustdelta.records.arrays import Floats
from trustdelta.stats.draws import noise_variance
from trustdelta.stats.score_interval import cluster_sizes
from trustdelta.stats.table import MetricRows

UNKNOWN = Components(math.nan, math.nan, math.nan, math.nan, math.nan)


def variance_components(rows: MetricRows, span: float = 1.0) -> Components:
    """Components of one metric's differences divided by `span`, over the prompts scored for both models; NaN below two.

    With one draw per prompt, a model's noise and the spread between prompts are NaN: one draw cannot separate them.
    """
    prompt_P, local_R = np.unique(rows.prompt, return_inverse=True)
    cell_R, n_cells = local_R.astype(np.int64) * 2 + rows.arm, prompt_P.size * 2
    scored = ~np.isnan(rows.value)
    value_R = rows.value / span
    count_P2 = np.bincount(cell_R[scored], minlength=n_cells).reshape(-1, 2)
    noise_P2 = noise_variance(value_R, cell_R, n_cells).reshape(-1, 2)
    sum_P2 = np.bincount(cell_R[scored], weights=value_R[scored], minlength=n_cells).reshape(-1, 2)
    both = (count_P2 > 0).all(axis=1)
    if both.sum() < 2:
        return UNKNOWN
    mean_P2 = sum_P2[both] / count_P2[both]
    baseline, candidate = (_one_draw(noise_P2[:, a], count_P2[:, a]) for a in (0, 1))
    share = (1 / count_P2[both]).mean(axis=0)
    difference_N = mean_P2[:, 1] - mean_P2[:, 0]
    total = float(np.var(difference_N, ddof=1))
    spread = total - candidate * float(share[1]) - baseline * float(share[0])
    cluster_N = rows.cluster_P[prompt_P[both]]
    return Components(max(spread, 0.0) if spread == spread else math.nan, candidate, baseline,
                      shared_variance(difference_N, cluster_N), total)  # fmt: skip


def shared_variance(d: Floats, cluster_N: NDArray[np.integer]) -> float:
    """Variance that prompts of one cluster share, by one-way analysis of variance; 0 where no cluster repeats.

    (MS between - MS within) / n0 with n0 = (n - sum m^2 / n) / (G - 1), never below 0 (Searle 1971, Linear Models).
    NaN with a single cluster.
    """
    part = cluster_sizes(cluster_N)
    groups, n = part.sizes.size, d.size
    if groups == n:
        return 0.0
    if groups < 2:
        return math.nan
    mean_G = np.add.reduceat(d[part.order], part.starts) / part.sizes
    between = float(np.sum(part.sizes * (mean_G - d.mean()) ** 2))
    within = max(float(np.sum((d - d.mean()) ** 2)) - between, 0.0)
    n0 = (n - float(np.sum(part.sizes.astype(float) ** 2)) / n) / (groups - 1)
    return max(between / (groups - 1) - within / (n - groups), 0.0) / n0


def _one_draw(noise_P: Floats, count_P: NDArray[np.integer]) -> float:
    """Mean sampling variance of a single draw over the prompts with two draws or more; NaN where there are none."""
    known = ~np.isnan(noise_P)
    return float(np.mean(noise_P[known] * count_P[known])) if known.any() else math.nan
