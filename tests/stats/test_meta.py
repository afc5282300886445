"""Random effects over model pairs, against reference implementations."""

from __future__ import annotations

import numpy as np
import pytest

from trustdelta.errors import MeasurementError
from trustdelta.stats.meta import paule_mandel, pool

BCG_LOG_RR = np.array(
    [-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459, -0.0173]
)
BCG_VARIANCE = np.array(
    [0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714]
)
"""The BCG vaccine trials of metafor's `dat.bcg`, log risk ratios to four digits (Colditz et al. 1994)."""


def test_paule_mandel_on_the_bcg_trials() -> None:
    """The Paule-Mandel estimate of these trials is tau^2 = 0.3181 (the value metafor's method "PM" gives)."""
    assert paule_mandel(BCG_LOG_RR, BCG_VARIANCE) == pytest.approx(0.3181, abs=5e-4)


def test_interval_equals_statsmodels() -> None:
    """The iterated Paule-Mandel estimate with the Knapp-Hartung interval of statsmodels 0.15.0.

    >>> r = combine_effects(BCG_LOG_RR, BCG_VARIANCE, method_re="iterated", use_t=True, atol=1e-12)
    >>> r.tau2, r.mean_effect_re, r.sd_eff_w_re_hksj
    (0.31808243987504614, -0.7149703054401032, 0.18089453337148503)
    >>> r.conf_int()[1]
    array([-1.10910564, -0.32083498])
    """
    found = pool(BCG_LOG_RR, BCG_VARIANCE)
    assert found.tau**2 == pytest.approx(0.31808243987504614, abs=1e-9)
    assert found.mean == pytest.approx(-0.7149703054401032, abs=1e-9)
    assert found.se == pytest.approx(0.18089453337148503, abs=1e-9)
    assert (found.low, found.high) == pytest.approx((-1.10910564, -0.32083498), abs=1e-7)


def test_homogeneous_pairs_never_claim_more_than_fixed_effects() -> None:
    """Pairs that agree by luck keep the fixed-effect variance: the modification."""
    y, v = np.array([0.02, 0.0201, 0.0199]), np.full(3, 1e-4)
    found = pool(y, v)
    assert found.tau == 0.0
    assert found.se == pytest.approx(np.sqrt(1e-4 / 3))
    assert found.predicted_low < found.low


def test_one_or_two_pairs_are_not_pooled() -> None:
    """Below three pairs there is no pooled verdict."""
    for k in (1, 2):
        with pytest.raises(MeasurementError, match="cannot be pooled"):
            pool(np.zeros(k), np.ones(k))
    with pytest.raises(MeasurementError, match="variance 0"):
        pool(np.zeros(3), np.array([1.0, 0.0, 1.0]))


def test_coverage_with_few_pairs() -> None:
    """Five pairs, tau of 2 points: the 95 % interval covers at least 94 % (1,500 studies)."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(1500):
        v = rng.uniform(0.01, 0.025, 5) ** 2
        found = pool(rng.normal(0.03, np.sqrt(0.02**2 + v)), v)
        hits += found.low < 0.03 < found.high
    assert hits / 1500 >= 0.94
