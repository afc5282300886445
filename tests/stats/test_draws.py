"""Draws to one value per prompt."""

from __future__ import annotations

from itertools import combinations

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from trustdelta.errors import ConfigError
from trustdelta.stats.draws import expected_max, noise_variance, reduce_cells


@settings(max_examples=30)
@given(hnp.arrays(np.float64, st.tuples(st.just(2), st.integers(1, 7)), elements=st.floats(0, 1)), st.data())
def test_expected_max_is_the_mean_over_subsets(values: np.ndarray, data: st.DataObject) -> None:
    """The U-statistic equals the brute-force mean of the maximum over all subsets of size k0."""
    k0 = data.draw(st.integers(1, values.shape[1]))
    brute = [np.mean([max(c) for c in combinations(row, k0)]) for row in values]
    assert expected_max(values, k0) == pytest.approx(brute, abs=1e-9)


def test_expected_max_is_unbiased_for_any_number_of_draws() -> None:
    """E[max of 2 uniforms] = 2/3, whether estimated from 2 or from 8 draws; the plain maximum of 8 would give 8/9."""
    rng = np.random.default_rng(0)
    for k in (2, 8):
        assert expected_max(rng.random((40_000, k)), 2).mean() == pytest.approx(2 / 3, abs=0.005)


def test_too_few_draws_are_refused() -> None:
    """An expected maximum over more draws than there are has no unbiased estimate."""
    with pytest.raises(ValueError, match="needs at least 3 draws"):
        expected_max(np.zeros((1, 2)), 3)


def test_cells_are_reduced_apart_and_none_is_left_out() -> None:
    """NaN rows are ignored, empty cells are NaN, and cells short of draws have no expected maximum."""
    value = np.array([0.2, np.nan, 0.4, 1.0, np.nan])
    cell = np.array([0, 0, 0, 1, 2])
    assert reduce_cells(value, cell, 4).tolist() == pytest.approx([0.3, 1.0, np.nan, np.nan], nan_ok=True)
    top = reduce_cells(value, cell, 4, reduce="max", k0=2)
    assert top.tolist() == pytest.approx([0.4, np.nan, np.nan, np.nan], nan_ok=True)
    with pytest.raises(ConfigError, match="'mean' or 'max'"):
        reduce_cells(value, cell, 4, reduce="median")


def test_noise_variance_is_that_of_the_mean() -> None:
    """s2/k per cell; unknown for a single draw."""
    noise = noise_variance(np.array([0.0, 1.0, 1.0, 0.5]), np.array([0, 0, 0, 1]), 2)
    assert noise.tolist() == pytest.approx([np.var([0, 1, 1], ddof=1) / 3, np.nan], nan_ok=True)
