"""Tests on the other half of the prompts: one error rate for all tested differences.

Under the hypothesis that both models answer a cluster of prompts alike, exchanging their answers to it changes no
distribution; all differences are recomputed after random exchanges of whole clusters, and each is compared with the
largest of all (step-down maximum; Westfall & Young 1993). Suffixes: G clusters, H hypotheses, B exchanges.
"""

from __future__ import annotations

import numpy as np

from trustdelta.discover.mining import statistic
from trustdelta.records.arrays import Floats, Ints

EXCHANGES = 9_999
BATCH = 500


def cluster_sums(delta_PH: Floats, cluster_P: Ints) -> Floats:
    """Sums over the prompts of each cluster."""
    codes, at_P = np.unique(cluster_P, return_inverse=True)
    sums_GH = np.zeros((codes.size, delta_PH.shape[1]))
    np.add.at(sums_GH, at_P, delta_PH)
    return sums_GH


def adjusted_p_values(sums_GH: Floats, rng: np.random.Generator, exchanges: int = EXCHANGES) -> Floats:
    """Two-sided p-values adjusted for all hypotheses together, which are those of the family-wise error rate."""
    if not sums_GH.shape[1]:
        return np.zeros(0)
    scale_H = np.sqrt(np.sum(sums_GH**2, axis=0))
    scaled_GH = np.divide(sums_GH, scale_H, out=np.zeros_like(sums_GH), where=scale_H > 0)
    size_H = np.abs(statistic(sums_GH.sum(axis=0), scale_H**2))
    order = np.argsort(-size_H, kind="stable")
    scaled_GH, size_H = scaled_GH[:, order], size_H[order]
    reached_H = np.ones(size_H.size)
    for start in range(0, exchanges, BATCH):
        count = min(BATCH, exchanges - start)
        signs_BG = rng.integers(0, 2, size=(count, scaled_GH.shape[0])) * 2.0 - 1.0
        drawn_BH = np.abs(signs_BG @ scaled_GH)
        largest_BH = np.maximum.accumulate(drawn_BH[:, ::-1], axis=1)[:, ::-1]
        reached_H += (largest_BH >= size_H - 1e-9).sum(axis=0)
    p_H = np.maximum.accumulate(reached_H / (exchanges + 1))
    adjusted_H = np.empty_like(p_H)
    adjusted_H[order] = p_H
    return adjusted_H
