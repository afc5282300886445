"""Multiplicity control: weighted Bonferroni, Holm, and Benjamini and Hochberg for screening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def bonferroni_shares(counts: Mapping[str, int], alpha: float) -> dict[str, float]:
    """Per-tail alpha of each metric, by dimension: dimensions get equal shares, split over their metrics.

    `counts` is the number of primary metrics per dimension. Valid under any dependence between metrics; a metric's
    regressed and preserved claims share one alpha because at most one of them can be false (Finner & Strassburger
    2002, partitioning principle).
    """
    used = {name: n for name, n in counts.items() if n > 0}
    return {name: alpha / len(used) / n for name, n in used.items()}


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values (1979), in the order of `p`."""
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    stepped = np.minimum(1.0, np.maximum.accumulate(values[order] * (values.size - np.arange(values.size))))
    adjusted = np.empty_like(values)
    adjusted[order] = stepped
    return [float(v) for v in adjusted]


def benjamini_hochberg(p: Sequence[float], q: float = 0.10) -> list[bool]:
    """Which hypotheses the Benjamini-Hochberg procedure lists at false discovery rate `q`."""
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    below = np.flatnonzero(values[order] <= q * np.arange(1, values.size + 1) / max(values.size, 1))
    listed = np.zeros(values.size, dtype=bool)
    if below.size:
        listed[order[: below[-1] + 1]] = True
    return [bool(v) for v in listed]
