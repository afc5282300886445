"""Combining p-values, against statsmodels and scipy where they have the procedure."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from trustdelta.stats.multiplicity import (
    benjamini_hochberg,
    bonferroni_shares,
    holm,
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
