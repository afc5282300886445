"""Tests on the other half of the prompts, in two families with one error rate each.

*Whether the models differ.* Under the hypothesis that both models answer a cluster of prompts alike, exchanging their
answers to it changes no distribution; all differences are recomputed after random exchanges of whole clusters.

*Where they differ more than elsewhere.* Under the hypothesis that differences do not depend on the prompts, however
large they are, permuting the clusters changes no distribution; all contrasts are recomputed after the same random
permutations of whole clusters among those of their size. The contrast is divided by its standard error, so that the
test also holds approximately where only the means are equal (Janssen 1997; Chung & Romano 2013).

Each difference is compared with the largest of all, and each contrast, by its own p-value, with the smallest p-value of
all, since contrasts on few prompts vary more (step-down maximum and minimum; Westfall & Young 1993).
Suffixes: P prompts, G clusters, H hypotheses, B random draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from trustdelta.discover.mining import contrast, statistic
from trustdelta.records.arrays import Floats, Ints

EXCHANGES = 9_999
"""Random exchanges, and random permutations."""
BATCH = 500


def cluster_sums(delta_PH: Floats, cluster_P: Ints) -> Floats:
    """Sums over the prompts of each cluster."""
    codes, at_P = np.unique(cluster_P, return_inverse=True)
    sums_GH = np.zeros((codes.size, delta_PH.shape[1]))
    np.add.at(sums_GH, at_P, delta_PH)
    return sums_GH


def adjusted_p_values(sums_GH: Floats, rng: np.random.Generator, exchanges: int = EXCHANGES) -> Floats:
    """Two-sided p-values of differences, adjusted for all hypotheses together (family-wise error rate)."""
    scale_H = np.sqrt(np.sum(sums_GH**2, axis=0))
    scaled_GH = np.divide(sums_GH, scale_H, out=np.zeros_like(sums_GH), where=scale_H > 0)
    size_H = np.abs(statistic(sums_GH.sum(axis=0), scale_H**2))

    def drawn() -> Iterator[Floats]:
        for count in _batches(exchanges):
            signs_BG = rng.integers(0, 2, size=(count, scaled_GH.shape[0])) * 2.0 - 1.0
            yield np.abs(signs_BG @ scaled_GH)

    return _stepped_down(size_H, drawn(), exchanges)


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Each difference within its prompts less that elsewhere."""

    delta_PH: Floats
    """Candidate minus baseline."""
    members_PH: Floats
    """1 for the prompts of each hypothesis."""
    sign_H: Floats
    """Direction of each contrast, from the mined half."""

    def observed(self) -> Floats:
        """In standard errors."""
        return self._of(np.arange(len(self.delta_PH))[None]).ravel()

    def p_values(self, cluster_P: Ints, rng: np.random.Generator, exchanges: int = EXCHANGES) -> Floats:
        """One-sided, adjusted for all hypotheses together."""
        drawn = [self._of(_permuted(cluster_P, count, rng)) for count in _batches(exchanges)]
        extreme_BH = rankdata(-np.vstack([self.observed(), *drawn]).round(9), method="max", axis=0) / (exchanges + 1)
        return _stepped_down(-extreme_BH[0], iter([-extreme_BH[1:]]), exchanges)

    def _of(self, order_BP: Ints) -> Floats:
        """Contrasts with prompts in the places of others: draws by hypotheses."""
        parts = zip(self.delta_PH.T, self.members_PH.T, self.sign_H, strict=True)
        return np.stack([sign * _contrast(d, order_BP[:, m > 0]) for d, m, sign in parts], axis=1)


def _contrast(delta_P: Floats, chosen_BP: Ints) -> Floats:
    """Contrast of each choice of prompts with the others."""
    inside_BP = delta_P[chosen_BP]
    sum_B, squares_B = inside_BP.sum(axis=1), np.einsum("bp,bp->b", inside_BP, inside_BP)
    count, rest = max(chosen_BP.shape[1], 1), max(delta_P.size - chosen_BP.shape[1], 1)
    means = (sum_B / count, (delta_P.sum() - sum_B) / rest)
    squares = (squares_B, np.sum(delta_P**2) - squares_B)
    return contrast(means, squares, (np.array(float(count)), np.array(float(rest))))


def _permuted(cluster_P: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Prompts in the places of others, whole clusters among those of their size: draws by prompts."""
    size_G = np.unique(cluster_P, return_counts=True)[1]
    by_cluster_P = np.argsort(cluster_P, kind="stable")
    size_P = np.repeat(size_G, size_G)
    order_BP = np.empty((count, cluster_P.size), dtype=np.int64)
    for size in np.unique(size_G):
        rows_GP = by_cluster_P[size_P == size].reshape(-1, size)
        turn_BG = rng.permuted(np.tile(np.arange(len(rows_GP)), (count, 1)), axis=1)
        order_BP[:, rows_GP.ravel()] = rows_GP[turn_BG].reshape(count, -1)
    return order_BP


def _batches(total: int) -> Iterator[int]:
    """Sizes of the batches of draws."""
    return (min(BATCH, total - start) for start in range(0, total, BATCH))


def _stepped_down(size_H: Floats, drawn: Iterator[Floats], draws: int) -> Floats:
    """Share of draws, the observed one among them, in which the largest of this and all smaller ones is as large."""
    order = np.argsort(-size_H, kind="stable")
    reached_H = np.ones(size_H.size)
    for drawn_BH in drawn:
        largest_BH = np.maximum.accumulate(drawn_BH[:, order][:, ::-1], axis=1)[:, ::-1]
        reached_H += (largest_BH >= size_H[order] - 1e-9).sum(axis=0)
    adjusted_H = np.empty_like(size_H)
    adjusted_H[order] = np.maximum.accumulate(reached_H / (draws + 1))
    return adjusted_H
