"""Combining p-values, against statsmodels and scipy where they have the procedure."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from trustdelta.stats.multiplicity import (
    benjamini_hochberg,
    bonferroni_shares,
    composite,
    holm,
    influence_correlation,
    simes,
    stouffer,
)

p_values = st.lists(st.floats(1e-6, 1), min_size=1, max_size=12)


def test_shares_add_up_to_alpha() -> None:
    """Dimensions share equally, metrics within a dimension too, and an empty dimension takes nothing."""
    shares = bonferroni_shares({"safety": 2, "bias": 1, "ethics": 0}, 0.05)
    assert shares == pytest.approx({"safety": 0.0125, "bias": 0.025})


def test_holm_reference_values() -> None:
    """By hand: the ordered p-values times 4, 3, 2, 1, never falling."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@settings(max_examples=30)
@given(p=p_values)
def test_holm_and_bh_equal_statsmodels(p: list[float]) -> None:
    """Adjusted p-values and rejections are those of statsmodels' multipletests."""
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1])
    assert benjamini_hochberg(p, 0.1) == list(multitest.multipletests(p, 0.1, method="fdr_bh")[0])


def test_stouffer_matches_scipy_when_independent() -> None:
    """With the identity it is scipy's stouffer; with full correlation it is the single p-value."""
    p = [0.02, 0.3, 0.11]
    assert stouffer(p, np.eye(3)) == pytest.approx(stats.combine_pvalues(p, "stouffer").pvalue)
    assert stouffer([0.04, 0.04], np.ones((2, 2))) == pytest.approx(0.04)
    assert stouffer([0.04, 0.04], np.array([[1.0, -1.0], [-1.0, 1.0]])) == 1.0


def test_simes_by_hand() -> None:
    """The smallest of p_(i) M / i."""
    assert simes([0.9, 0.02, 0.04]) == pytest.approx(0.06)
    assert composite([0.02], np.eye(1)) == pytest.approx(0.04)


def test_composite_keeps_its_level_under_correlation() -> None:
    """At most 5 % of null dimensions of five correlated metrics have p <= .05 (2,000 draws)."""
    rng = np.random.default_rng(0)
    corr = 0.5 * np.eye(5) + 0.5
    z = rng.multivariate_normal(np.zeros(5), corr, 2000)
    rejected = np.mean([composite(list(stats.norm.sf(row)), corr) <= 0.05 for row in z])
    assert rejected <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)


def test_influence_correlation_uses_shared_clusters_only() -> None:
    """Equal metrics correlate fully, disjoint ones not at all, constant ones not at all."""
    a = (np.array([1, 2, 3]), np.array([1.0, -1.0, 0.5]))
    b = (np.array([7, 8]), np.array([1.0, -1.0]))
    flat = (np.array([1, 2, 3]), np.zeros(3))
    corr = influence_correlation([a, a, b, flat])
    assert corr[0, 1] == pytest.approx(1.0)
    assert corr[0, 2] == corr[0, 3] == 0.0
