"""The permutation test of a rank correlation."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import permutation_test, rankdata, spearmanr

from trustdelta.stats.methods import rank_correlation, rank_p

X = np.array([1.2, 0.4, 3.1, 2.2, 0.9, 5.0, 2.8, 4.4])
Y = np.array([0.1, 0.0, 0.5, 0.2, 0.3, 0.4, 0.9, 0.7])


def test_it_is_scipy_s_exact_test() -> None:
    """Over eight pairs every one of the 40,320 orders is counted, as `scipy.stats.permutation_test` does."""
    x, y = rankdata(X) - 4.5, rankdata(Y) - 4.5

    def statistic(of: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        return np.asarray(np.sum(of * y, axis=axis))

    reference = permutation_test((x,), statistic, permutation_type="pairings", vectorized=True, n_resamples=50_000)
    assert rank_correlation(X, Y) == pytest.approx(spearmanr(X, Y).statistic)
    assert rank_p(X, Y) == pytest.approx(reference.pvalue, abs=1e-12)


def test_orders_are_exchanged_within_strata_alone() -> None:
    """Two strata of four whose members agree have the least p of 2 / (4! x 4!), however far apart the strata are."""
    x = np.array([1.0, 2, 3, 4, 11, 12, 13, 14])
    y = np.array([5.0, 6, 7, 8, 1, 2, 3, 4])
    assert rank_p(x, y, ["a"] * 4 + ["b"] * 4) == pytest.approx(2 / 24**2)


def test_few_pairs_are_not_tested() -> None:
    """Below eight pairs, and where nothing varies, there is no p."""
    assert rank_p(X[:7], Y[:7]) is None
    assert rank_p(X, np.zeros(8)) is None


def test_many_pairs_are_drawn() -> None:
    """Beyond what can be counted orders are drawn with a fixed seed, and p is never 0."""
    x = np.arange(12.0)
    p = rank_p(x, x)
    assert p is not None
    assert 0 < p < 1e-4
    assert rank_p(x, x) == p
