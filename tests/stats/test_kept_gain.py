"""The part of a gain that a mix is shown to keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from trustdelta.stats.anytime import p_anytime
from trustdelta.stats.kept_gain import kept_at_least


def answers(rng: np.random.Generator, rates: tuple[float, float, float], n: int) -> list[NDArray[np.float64]]:
    """Right answers of a baseline, a mix and a candidate, tied to each other by the difficulty of each question."""
    ease = rng.random(n)
    return [(np.where(rng.random(n) < 0.8, ease, rng.random(n)) < rate).astype(float) for rate in rates]


@pytest.mark.parametrize(("base", "whole"), [(0.1, 0.99), (0.2, 0.95), (0.0, 0.4), (0.6, 0.8)])
def test_a_share_that_is_just_kept_is_shown_no_more_often_than_the_level(base: float, whole: float) -> None:
    """Over 500 audits of 250 prompts whose mix keeps exactly 90 %, that share is shown at most at the level of 5 %."""
    rng = np.random.default_rng(7)
    passed = 0
    for _ in range(500):
        a, m, c = answers(rng, (base, base + 0.9 * (whole - base), whole), 250)
        passed += p_anytime(0.9 * (a - c) - (a - m), None) <= 0.05
    assert passed / 500 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 500)


def test_a_mix_that_keeps_all_is_shown_to_keep_most() -> None:
    """For a mix as good as a candidate that gains 75 points, 250 prompts show 90 %, and more prompts more."""
    rng = np.random.default_rng(3)
    found = []
    for n in (60, 250, 900):
        a, m, c = answers(rng, (0.2, 0.95, 0.95), n)
        found.append(kept_at_least(a - m, a - c, None, 0.05) or 0.0)
    assert found == sorted(found)
    assert found[1] >= 0.9


def test_no_share_is_kept_of_nothing() -> None:
    """A mix as bad as the baseline, or worse, has no bound."""
    a, c = answers(np.random.default_rng(5), (0.2, 0.9, 0.9), 300)[:2]
    assert kept_at_least(np.zeros(300), a - c, None, 0.05) is None
    assert kept_at_least(np.ones(300), a - c, None, 0.05) is None


def test_what_no_common_baseline_allows_is_not_bet_on() -> None:
    """Against different responses the contrast can lie outside what the bets are fair for: nothing is shown there."""
    assert kept_at_least(np.full(300, -1.0), np.full(300, 1.0), None, 0.05) == 0.0


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(20, 400))
def test_the_bound_is_at_most_the_estimate(seed: int, n: int) -> None:
    """What is shown to be kept is never more than the most that was ever seen to be kept on the way."""
    a, m, c = answers(np.random.default_rng(seed), (0.2, 0.7, 0.9), n)
    low = kept_at_least(a - m, a - c, None, 0.05)
    if low is not None:
        gained = np.cumsum(m - a) - low * np.cumsum(c - a)
        assert gained.max() > 0
