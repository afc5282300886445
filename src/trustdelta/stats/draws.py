"""Aggregates the draws of one prompt to one value: their mean, or the unbiased expected maximum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from trustdelta.errors import ConfigError
from trustdelta.records.arrays import Floats, Ints


def expected_max(values_NK: Floats, k0: int) -> Floats:
    """Unbiased estimate of E[max of k0 draws] from K >= k0 draws, per row; shape (N,).

    The U-statistic over all subsets of size k0: sum_j C(j-1, k0-1) / C(K, k0) x_(j) over the order statistics (the
    estimator of Chen et al. 2021, pass@k, for real-valued scores). Taking the plain maximum of K draws instead makes
    the value grow with K, so that models with different numbers of draws cannot be compared.
    """
    k = values_NK.shape[1]
    if not 1 <= k0 <= k:
        raise ValueError(f"the expected maximum over {k0} draws needs at least {k0} draws and k0 >= 1; got {k} draws.")
    j = np.arange(k0, k + 1)
    log_weight = _log_choose(j - 1, k0 - 1) - _log_choose(np.array(k), k0)
    return np.asarray(np.sort(values_NK, axis=1)[:, k0 - 1 :] @ np.exp(log_weight))


def _log_choose(n: NDArray[np.int64], k: int) -> Floats:
    """Logarithm of the binomial coefficient."""
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def reduce_cells(value_R: Floats, cell_R: Ints, n_cells: int, *, reduce: str = "mean", k0: int = 1) -> Floats:
    """One value per cell (prompt x arm) from the rows' values; NaN rows are left out, empty cells are NaN.

    `reduce`: "mean", or "max" for the expected maximum of `k0` draws (cells with fewer scored draws are NaN).
    """
    scored = ~np.isnan(value_R)
    count = np.bincount(cell_R[scored], minlength=n_cells)
    if reduce == "mean":
        total = np.bincount(cell_R[scored], weights=value_R[scored], minlength=n_cells)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)
    if reduce != "max":
        raise ConfigError(f"a metric reduces its draws by 'mean' or 'max'; got {reduce!r}.")
    return _max_cells(value_R[scored], cell_R[scored], count, k0)


def _max_cells(value_R: Floats, cell_R: Ints, count_C: Ints, k0: int) -> Floats:
    """Expected maximum per cell; cells are batched by their number of draws."""
    out = np.full(count_C.size, np.nan)
    order = np.argsort(cell_R, kind="stable")
    value_R, starts = value_R[order], np.cumsum(count_C) - count_C
    for k in np.unique(count_C[count_C >= max(k0, 1)]):
        cells = np.flatnonzero(count_C == k)
        out[cells] = expected_max(value_R[starts[cells][:, None] + np.arange(k)], k0)
    return out


def noise_variance(value_R: Floats, cell_R: Ints, n_cells: int) -> Floats:
    """Sampling variance s2/k of each cell's mean over its draws; NaN for fewer than two scored draws."""
    scored = ~np.isnan(value_R)
    value_R, cell_R = value_R[scored], cell_R[scored]
    count = np.bincount(cell_R, minlength=n_cells)
    mean = np.bincount(cell_R, weights=value_R, minlength=n_cells) / np.maximum(count, 1)
    squares = np.bincount(cell_R, weights=(value_R - mean[cell_R]) ** 2, minlength=n_cells)
    many = count > 1
    return np.where(many, squares / np.maximum(count - 1, 1) / np.maximum(count, 1), np.nan)


def difference_noise(value_R: Floats, cell_R: Ints, n_cells: int) -> Floats:
    """Generation variance of each prompt's difference of means; shape (P,) for cells 2 p and 2 p + 1.

    The larger of the sum of the two models' variances, s2_R / k_R + s2_I / k_I, and of the pooled variance of both
    models' draws (the permutation variance), so that a few equal draws do not count as certainty. NaN where a model has
    fewer than two scored draws.
    """
    own_P = noise_variance(value_R, cell_R, n_cells).reshape(-1, 2).sum(axis=1)
    count_P2 = np.bincount(cell_R[~np.isnan(value_R)], minlength=n_cells).reshape(-1, 2)
    together = noise_variance(value_R, cell_R // 2, n_cells // 2) * count_P2.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled_P = together * (1.0 / count_P2).sum(axis=1)
    return np.asarray(np.where(np.isnan(own_P), np.nan, np.maximum(own_P, pooled_P)))
