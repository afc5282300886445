"""Drift against worsening: ranks under weights, cross-fitting, intervals, and the test across model pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from trustdelta.errors import MeasurementError
from trustdelta.stats.association import (
    Halves,
    cross_fitted,
    partial_B,
    ranks,
    rho_B,
    same_sample_rho,
)

Floats = NDArray[np.float64]


def halves(values_NK: Floats) -> Floats:
    """Means over even and over odd draws."""
    return np.stack([values_NK[:, 0::2].mean(1), values_NK[:, 1::2].mean(1)], axis=1)


def null(n: int, k: int, rng: np.random.Generator) -> Halves:
    """The null generator: prompts' drift and worsening are unrelated, but a harmful draw drifts more than a harmless.

    The candidate is as harmful as the baseline on every prompt, so that all worsening is sampling error.
    """
    p_N1 = rng.uniform(0.05, 0.95, (n, 1))
    harm_NK = (rng.random((n, k)) < p_N1).astype(float)
    before_N = (rng.random((n, k)) < p_N1).mean(1)
    kl_NK = np.exp(rng.normal(size=(n, 1)) + rng.normal(0, 0.6, (n, k)) + harm_NK - p_N1)
    return Halves(np.log(halves(kl_NK)), halves(harm_NK) - before_N[:, None], np.arange(n))


def related(n: int, k: int, rng: np.random.Generator, clusters: int) -> Halves:
    """Prompts that drift more get worse: the noiseless rank correlation is about 0.6."""
    u_N1, v_N1 = rng.normal(size=(n, 1)), rng.normal(size=(n, 1))
    p_NK = 1 / (1 + np.exp(-(u_N1 + 1.2 * v_N1))) + np.zeros((n, k))
    kl_NK = np.exp(u_N1 + rng.normal(0, 0.5, (n, k)))
    harm_NK = (rng.random((n, k)) < p_NK).astype(float)
    return Halves(np.log(halves(kl_NK)), halves(harm_NK), np.arange(n) % clusters)


@given(arrays(float, 12, elements=st.integers(0, 4).map(float)), arrays(float, 12, elements=st.integers(0, 3)))
def test_weighted_ranks_are_ranks_of_the_repeated_values(x_N: Floats, weight_N: Floats) -> None:
    """A weight of m stands for m copies: up to a constant, the mid-ranks of the copies."""
    kept = weight_N > 0
    copies = np.repeat(x_N, weight_N.astype(int))
    if copies.size:
        wanted = rankdata(copies) - 0.5
        found = np.repeat(ranks(x_N, weight_N[None])[0], weight_N.astype(int))
        assert found == pytest.approx(wanted)
        assert kept.any()


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_without_controls_it_is_spearman_on_the_resampled_prompts(seed: int) -> None:
    """Equal to scipy's rho on the values repeated by their weights, ties included."""
    rng = np.random.default_rng(seed)
    x_N, y_N = rng.integers(0, 6, 20).astype(float), rng.integers(0, 4, 20).astype(float)
    weight_N = rng.multinomial(20, np.full(20, 0.05)).astype(float)
    times = weight_N.astype(int)
    wanted = spearmanr(np.repeat(x_N, times), np.repeat(y_N, times)).statistic
    assert partial_B(x_N, y_N, [], weight_N[None])[0] == pytest.approx(wanted)


def test_controls_are_fitted_out_of_both_ranks() -> None:
    """Equal to correlating the residuals of a least-squares fit of the ranks; a control twice changes nothing."""
    rng = np.random.default_rng(0)
    z_N = rng.normal(size=60)
    x_N, y_N = z_N + rng.normal(size=60), z_N + rng.normal(size=60)
    design = np.stack([np.ones(60), rankdata(z_N)], axis=1)
    left, right = (rankdata(v) - design @ np.linalg.lstsq(design, rankdata(v))[0] for v in (x_N, y_N))
    wanted = np.corrcoef(left, right)[0, 1]
    one = np.ones((1, 60))
    assert partial_B(x_N, y_N, [z_N], one)[0] == pytest.approx(wanted)
    assert partial_B(x_N, y_N, [z_N, z_N, np.zeros(60)], one)[0] == pytest.approx(wanted)
    assert np.isnan(partial_B(z_N, y_N, [z_N], one)[0])


@pytest.mark.parametrize("k", [2, 4, 8])
def test_the_same_sample_relates_what_is_unrelated_and_cross_fitting_does_not(k: int) -> None:
    """On the null generator the same draws give rho above 0.05, separate ones 0 within simulation error."""
    rng = np.random.default_rng(k)
    sets = [null(150, k, rng) for _ in range(150)]
    separate = np.array([rho_B(h, np.ones((1, 150)))[0] for h in sets])
    same = np.array([same_sample_rho(h) for h in sets])
    assert abs(separate.mean()) < 4 * separate.std() / np.sqrt(separate.size)
    assert same.mean() > 0.1


def test_a_real_relation_is_found_and_understated() -> None:
    """Few draws pull rho towards 0, never over the noiseless value; the interval excludes 0."""
    few = cross_fitted(related(300, 2, np.random.default_rng(0), 300), np.random.default_rng(1))
    many = cross_fitted(related(300, 40, np.random.default_rng(0), 300), np.random.default_rng(1))
    assert few.low is not None
    assert many.high is not None
    assert 0 < few.low < few.rho < many.rho < 0.75


def test_equal_seeds_give_equal_intervals() -> None:
    """The interval depends on the data and the generator's seed alone."""
    data = related(80, 4, np.random.default_rng(2), 40)
    first, second = (cross_fitted(data, np.random.default_rng(5)) for _ in range(2))
    assert first == second


def test_few_clusters_are_described_only() -> None:
    """Below 20 clusters there is rho but no interval."""
    found = cross_fitted(related(80, 4, np.random.default_rng(3), 19), np.random.default_rng(0))
    assert (found.low, found.high, found.n_clusters) == (None, None, 19)
    assert found.rho > 0


def test_what_cannot_be_related_is_refused() -> None:
    """Too few prompts, and worsening that never varies, are named."""
    few = related(9, 2, np.random.default_rng(0), 9)
    with pytest.raises(MeasurementError, match="9 prompts"):
        cross_fitted(few, np.random.default_rng(0))
    flat = related(30, 2, np.random.default_rng(0), 30)
    with pytest.raises(MeasurementError, match="the same on every prompt"):
        cross_fitted(Halves(flat.log_kl_N2, np.ones((30, 2)), flat.cluster_N), np.random.default_rng(0))


@pytest.mark.slow
@pytest.mark.parametrize("clusters", [20, 80])
def test_intervals_cover_the_null(clusters: int) -> None:
    """Nominal 95 % intervals over clusters of five prompts cover 0 at least nine times in ten."""
    rng = np.random.default_rng(clusters)
    hits = 0
    for _ in range(400):
        data = null(5 * clusters, 4, rng)
        grouped = Halves(data.log_kl_N2, data.worse_N2, np.arange(5 * clusters) % clusters)
        found = cross_fitted(grouped, rng, replicates=400)
        hits += found.low is not None and found.high is not None and found.low <= 0 <= found.high
    assert hits >= 360
