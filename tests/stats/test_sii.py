"""The score-increment interval: Tango's published value, algebra, and agreement with brute force."""

from __future__ import annotations

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings
from scipy import stats

from trustdelta.stats.score_interval import (
    Moments,
    bounds,
    cluster_sizes,
    moments,
    noise_moments,
    p_not_worse,
    p_worse,
    satterthwaite_df,
    score_z,
    wald_low,
)

differences = hnp.arrays(np.float64, st.integers(4, 40), elements=st.floats(-1, 1, allow_subnormal=False))


def binary(up: int, down: int, n: int) -> np.ndarray:
    """Differences of n pairs, `up` of them worse and `down` better."""
    return np.concatenate([np.ones(up), -np.ones(down), np.zeros(n - up - down)])


def normal(m: Moments) -> Moments:
    """The same moments with the normal law instead of Student's t."""
    return m._replace(df=np.full_like(m.df, np.inf))


def test_tango_airway_data() -> None:
    """With one draw and no clusters it is Tango's interval.

    Airway hyper-responsiveness before and after stem cell transplantation, 21 children, discordant 1 and 7: Fagerland,
    Lydersen & Laake 2014 (Stat Med 33:2850-75), Tango's asymptotic score interval: (-0.5172, -0.0260).
    """
    low, high = bounds(normal(moments(binary(1, 7, 21))), 0.025)
    assert low == pytest.approx(-0.5172, abs=1e-4)
    assert high == pytest.approx(-0.0260, abs=1e-4)


@pytest.mark.parametrize(("n", "alpha"), [(50, 0.05), (200, 0.05), (200, 0.05 / 30), (1000, 0.025)])
def test_zero_discordance_has_a_closed_form(n: int, alpha: float) -> None:
    """Where nothing differs, the bounds are z^2 / (n + z^2) to either side."""
    m = moments(np.zeros(n))
    low, high = bounds(m, alpha)
    z = stats.t.ppf(1 - alpha, n - 1)
    assert high == pytest.approx(z**2 / (n + z**2), abs=1e-12)
    assert low == pytest.approx(-float(high), abs=1e-12)


@settings(max_examples=30)
@given(differences)
def test_swapping_the_arms_mirrors_everything(d: np.ndarray) -> None:
    """L(d) = -U(-d), and the p-values swap."""
    m, mirrored = moments(d), moments(-d)
    low, high = bounds(m, 0.01)
    low2, high2 = bounds(mirrored, 0.01)
    assert low == pytest.approx(-float(high2), abs=1e-7)
    assert high == pytest.approx(-float(low2), abs=1e-7)
    assert p_worse(m) == pytest.approx(float(p_not_worse(mirrored, 0.0)), abs=1e-7)


@settings(max_examples=30)
@given(differences, st.sampled_from([0.001, 0.025, 0.2]))
def test_bounds_invert_the_p_values(d: np.ndarray, alpha: float) -> None:
    """The interval is ordered, holds the mean, stays in range, and its ends are where the p-values reach alpha."""
    m = moments(d)
    low, high = bounds(m, alpha)
    assert -1 <= low <= m.mean + 1e-12
    assert m.mean - 1e-12 <= high <= 1
    assert p_worse(m, float(low) - 1e-6) <= alpha + 1e-9
    assert p_not_worse(m, float(high) + 1e-6) <= alpha + 1e-9


@settings(max_examples=30)
@given(differences)
@example(np.array([2.2e-308] + [0.0] * 15))  # a ratio of variances that overflows
def test_a_smaller_alpha_never_narrows(d: np.ndarray) -> None:
    """Intervals nest in alpha."""
    m = moments(d)
    (low1, high1), (low2, high2) = bounds(m, 0.05), bounds(m, 0.001)
    assert low2 <= low1
    assert high1 <= high2


@settings(max_examples=30)
@given(differences, st.randoms(use_true_random=False))
def test_clusters_of_one_equal_no_clusters(d: np.ndarray, random: object) -> None:
    """A cluster for every prompt is the unclustered interval, whatever the codes are called."""
    codes = np.random.default_rng(3).permutation(d.size) * 7
    assert bounds(moments(d, codes), 0.02) == bounds(moments(d), 0.02)
    assert satterthwaite_df(np.ones(d.size, dtype=np.int64)) == pytest.approx(d.size - 1)


@pytest.mark.parametrize("copies", [2, 5])
def test_duplicated_prompts_do_not_narrow(copies: int) -> None:
    """Every prompt asked several times over, its copies declared a cluster, gives no narrower an interval."""
    d = np.random.default_rng(0).choice([-1.0, 0.0, 0.0, 0.0, 1.0], 60)
    single = bounds(moments(d), 0.01)
    low, high = bounds(moments(np.repeat(d, copies), np.repeat(np.arange(60), copies)), 0.01)
    assert low <= single[0] + 1e-12
    assert high >= single[1] - 1e-12


def test_cr2_and_satterthwaite_match_brute_force() -> None:
    """The cluster variance and its degrees of freedom equal Bell and McCaffrey's definitions written with matrices."""
    rng = np.random.default_rng(5)
    cluster = np.sort(rng.integers(0, 9, 50))
    d = np.clip(rng.normal(0, 0.2, 50) + rng.normal(0, 0.2, 9)[cluster], -1, 1)
    residual, design = d - d.mean(), np.ones((50, 1))
    hat = design @ np.linalg.inv(design.T @ design) @ design.T
    groups = [np.flatnonzero(cluster == g) for g in np.unique(cluster)]
    scores, projections = [], []
    for g in groups:
        eigen, vectors = np.linalg.eigh(np.eye(g.size) - hat[np.ix_(g, g)])
        root = vectors @ np.diag(eigen**-0.5) @ vectors.T
        scores.append((root @ residual[g]).sum())
        projections.append((np.eye(50) - hat)[g].T @ root @ np.ones(g.size) / 50)
    cross = np.array(projections) @ np.array(projections).T
    m = moments(d, cluster)
    assert float(m.variance) == pytest.approx(sum(s**2 for s in scores) / 50**2, rel=1e-9)
    assert float(m.df) == pytest.approx(np.trace(cross) ** 2 / np.sum(cross**2), rel=1e-9)


def test_identical_arms_are_exactly_zero() -> None:
    """A model against itself with equal scores has worsening 0 and p-values of one half."""
    m = moments(np.zeros(80))
    assert m.mean == 0.0
    assert p_worse(m) == p_not_worse(m, 0.0) == 0.5


def test_everything_worse_reaches_one() -> None:
    """If every prompt got worse the upper bound is 1 and the lower one well above 0."""
    low, high = bounds(moments(np.ones(50)), 0.025)
    assert high == pytest.approx(1.0, abs=1e-9)
    assert 0.8 < low < 1


def test_vectorised_moments_equal_single_ones() -> None:
    """A batch of audits gives what each audit gives alone."""
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(20), 3)
    d = rng.choice([-1.0, 0.0, 1.0], (4, 60), p=[0.1, 0.7, 0.2])
    low, high = bounds(moments(d, cluster), 0.01)
    for i in range(4):
        one = bounds(moments(d[i], cluster), 0.01)
        assert (low[i], high[i]) == (pytest.approx(float(one[0])), pytest.approx(float(one[1])))


@settings(max_examples=200)
@given(differences, st.sampled_from([1e-6, 0.001, 0.025, 0.5]), st.booleans())
@example(np.zeros(12), 0.025, False)
@example(np.ones(12), 0.025, True)
@example(np.array([2.2e-308] + [0.0] * 15), 0.001, True)
def test_single_moments_give_the_bits_of_an_array(d: np.ndarray, alpha: float, clustered: bool) -> None:
    """Plain floats are a matter of speed: the bounds of one mean equal those of an array of means to the last bit."""
    m = moments(d, np.arange(d.size) // 2) if clustered else moments(d)
    array = Moments(*(np.reshape(part, 1) for part in m))
    assert m.floats() is not None
    assert bounds(m, alpha) == tuple(part[0] for part in bounds(array, alpha))
    mirrored = m._replace(mean=-m.mean, up=m.down, down=m.up)
    assert bounds(mirrored, alpha) == tuple(
        part[0] for part in bounds(Moments(*(np.reshape(part, 1) for part in mirrored)), alpha)
    )


def test_large_samples_agree_with_student() -> None:
    """With many prompts the interval is the paired t interval to first order."""
    d = np.random.default_rng(4).choice([-1.0, 0.0, 1.0], 200_000, p=[0.1, 0.7, 0.2])
    reference = stats.ttest_1samp(d, 0).confidence_interval(0.95)
    low, high = bounds(moments(d), 0.025)
    assert low == pytest.approx(reference.low, abs=2e-5)
    assert high == pytest.approx(reference.high, abs=2e-5)
    assert wald_low(moments(d), 0.025) == pytest.approx(reference.low, abs=1e-7)


def test_z_decreases_in_the_hypothesis() -> None:
    """Z(t) is monotone, so that bisection finds the only crossing."""
    for up, down in [(0, 0), (3, 0), (10, 4), (90, 0), (50, 50)]:
        z = score_z(moments(binary(up, down, 100)), np.linspace(-0.99, 0.99, 400))
        assert (np.diff(z[np.isfinite(z)]) <= 1e-9).all()


def test_benchmark_estimand_counts_generation_noise_only() -> None:
    """Prompts that differ reliably make no noise about exactly these prompts."""
    d = np.r_[np.full(50, 0.4), np.full(50, -0.4)]
    wide, narrow = bounds(moments(d), 0.025), bounds(noise_moments(d, np.full(100, 0.01)), 0.025)
    assert float(wide[1] - wide[0]) > float(narrow[1] - narrow[0])


def test_too_little_data_is_refused() -> None:
    """One prompt, or one cluster, has no interval."""
    with pytest.raises(ValueError, match="at least two prompts"):
        moments(np.zeros(1))
    with pytest.raises(ValueError, match="two clusters"):
        moments(np.zeros(5), np.zeros(5, dtype=np.int64))
    assert cluster_sizes(np.array([3, 1, 3, 2])).sizes.tolist() == [1, 1, 2]


@settings(max_examples=30)
@given(differences)
def test_order_of_rows_hardly_matters(d: np.ndarray) -> None:
    """A permutation of prompts moves nothing but the last digits."""
    shuffled = np.random.default_rng(1).permutation(d)
    for a, b in zip(bounds(moments(d), 0.02), bounds(moments(shuffled), 0.02), strict=True):
        assert a == pytest.approx(float(b), abs=1e-7)
