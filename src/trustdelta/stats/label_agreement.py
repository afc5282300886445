"""Agreement of people who labelled the same texts: Krippendorff's alpha and, of two, Cohen's kappa.

Alpha for interval data (Krippendorff 2004, Content Analysis, ch. 11), which for labels 0 and 1 is nominal alpha.
Intervals are percentile intervals of a seeded bootstrap over clusters (prompts), since answers to one prompt are not
independent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from trustdelta.records.arrays import Floats

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of labellers on the texts that at least two of them labelled."""

    labellers: int
    texts: int
    alpha: float
    alpha_low: float
    alpha_high: float
    kappa: float | None
    """Cohen's kappa of two labellers; None with another number of them, or where it is not defined."""
    kappa_low: float | None
    kappa_high: float | None


def agreement(label_UL: Floats, cluster_U: Sequence[str], seed: int = 0) -> Agreement | None:
    """Agreement from labels of units by labellers, shape (U, L), NaN where a labeller has none; None without overlap.

    Where every label is equal, chance cannot be told from agreement: alpha is NaN.
    """
    shared = np.sum(~np.isnan(label_UL), axis=1) >= 2
    labels, clusters = label_UL[shared], np.asarray(cluster_U, dtype=str)[shared]
    if not shared.any():
        return None
    labels = labels[:, ~np.isnan(labels).all(axis=0)]
    names, cluster = np.unique(clusters, return_inverse=True)
    members = [np.flatnonzero(cluster == i) for i in range(names.size)]
    rng = np.random.default_rng(seed)
    picks = [np.concatenate([members[i] for i in rng.integers(names.size, size=names.size)]) for _ in range(RESAMPLES)]

    def interval(figure: Callable[[Floats], float]) -> tuple[float, float]:
        values = np.array([figure(labels[pick]) for pick in picks])
        values = values[~np.isnan(values)]
        return (float("nan"),) * 2 if not values.size else tuple(np.quantile(values, [0.025, 0.975]).tolist())

    two = labels.shape[1] == 2
    kappa = cohens_kappa(labels) if two else float("nan")
    defined = two and not np.isnan(kappa)
    kappa_low, kappa_high = interval(cohens_kappa) if defined else (None, None)
    return Agreement(
        labels.shape[1],
        len(labels),
        krippendorffs_alpha(labels),
        *interval(krippendorffs_alpha),
        kappa if defined else None,
        kappa_low,
        kappa_high,
    )


def krippendorffs_alpha(label_UL: Floats) -> float:
    """1 - observed / expected disagreement with squared differences; NaN where nothing differs."""
    there = ~np.isnan(label_UL)
    count_U = there.sum(axis=1)
    pairable = count_U >= 2
    value = np.where(there, label_UL, 0.0)[pairable]
    count = count_U[pairable].astype(float)
    square, total = np.sum(value**2, axis=1), np.sum(value, axis=1)
    observed = np.sum((2 * count * square - 2 * total**2) / (count - 1))
    n = count.sum()
    expected = 2 * n * np.sum(square) - 2 * np.sum(total) ** 2
    if n < 2 or expected <= 1e-12:
        return float("nan")
    return float(1 - (n - 1) * observed / expected)


def cohens_kappa(label_UL: Floats) -> float:
    """Kappa of two labellers with labels as categories (Cohen 1960); NaN where chance agreement is certain."""
    first, second = label_UL.T
    classes = np.unique(label_UL)
    equal = float(np.mean(first == second))
    chance = sum(float(np.mean(first == c)) * float(np.mean(second == c)) for c in classes)
    return float("nan") if chance >= 1 else (equal - chance) / (1 - chance)
