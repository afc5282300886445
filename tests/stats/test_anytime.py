"""Anytime bounds: valid under constant peeking, mirrored by the arms, wider than the fixed interval."""

from __future__ import annotations

import numpy as np
import pytest

from trustdelta.stats.anytime import anytime_bounds, p_anytime
from trustdelta.stats.score_interval import bounds, moments


def test_peeking_after_every_prompt_keeps_the_level() -> None:
    """A stop at the first "significant" moment happens in at most 5 % of 1,500 null runs of 300 prompts."""
    rng = np.random.default_rng(0)
    d = rng.choice([-1.0, 0.0, 1.0], (1500, 300), p=[0.1, 0.8, 0.1])
    stopped = np.mean([p_anytime(row, None) <= 0.05 for row in d])
    assert stopped <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1500)


def test_clusters_keep_the_level_too() -> None:
    """Clusters of five identical prompts do not count five times."""
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(60), 5)
    d = np.repeat(rng.choice([-1.0, 0.0, 1.0], (800, 60), p=[0.2, 0.6, 0.2]), 5, axis=1)
    assert np.mean([p_anytime(row, cluster) <= 0.05 for row in d]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 800)


def test_a_clear_regression_is_found() -> None:
    """Thirty points worse is certain after 300 prompts, and the bounds hold the truth."""
    d = np.random.default_rng(2).choice([-1.0, 0.0, 1.0], 300, p=[0.05, 0.6, 0.35])
    found = anytime_bounds(d, None, 0.025)
    assert 0 < found.low < 0.3 < found.high
    assert p_anytime(d, None) < 1e-3


def test_swapping_the_arms_mirrors_and_patience_costs_width() -> None:
    """Bounds mirror, and contain the fixed-sample interval."""
    d = np.random.default_rng(3).choice([-1.0, 0.0, 1.0], 200, p=[0.1, 0.7, 0.2])
    found, mirrored = anytime_bounds(d, None, 0.025), anytime_bounds(-d, None, 0.025)
    assert [found.low, found.high] == pytest.approx([-mirrored.high, -mirrored.low])
    low, high = bounds(moments(d), 0.025)
    assert found.low < low
    assert found.high > high


def test_bound_and_p_value_agree() -> None:
    """The p-value at the lower bound is alpha."""
    d = np.random.default_rng(4).choice([-1.0, 0.0, 1.0], 400, p=[0.05, 0.7, 0.25])
    low = anytime_bounds(d, None, 0.01).low
    assert p_anytime(d, None, low) == pytest.approx(0.01, rel=1e-3)
