"""Error rates of the interval where the usual intervals fail: rare harms, clusters, skewed scores.

The reduced forms run by default; the full ones (more replicates, smaller levels) are marked slow. Ratios are measured
miss rate over nominal rate; the right tail is the dangerous one, for there "preserved" is claimed falsely.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from trustdelta.stats.score_interval import Moments, bounds, critical, moments


def rare_pairs(rng: np.random.Generator, reps: int, n: int, p: tuple[float, float]) -> Moments:
    """Moments of binary pairs, one draw: candidate-only bad with p[0], baseline-only bad with p[1]."""
    counts = rng.multinomial(n, [p[0], p[1], 1 - p[0] - p[1]], size=reps)
    up, down = counts[:, 0] / n, counts[:, 1] / n
    mean = up - down
    variance = (up + down - mean**2) / n
    return Moments(mean, up, down, variance, variance, np.full(reps, float(n)), np.full(reps, n - 1.0))


def clustered_pairs(rng: np.random.Generator, reps: int, n_clusters: int, rates: tuple[float, float]) -> Moments:
    """Moments of binary pairs in clusters of very unequal size, with the true mean difference at rates[1] - rates[0].

    Propensities are logit-normal: a cluster effect (sd 1) shared by the arms and one of the difference (sd .4).
    """
    sizes = np.clip(rng.lognormal(2.2, 0.6, n_clusters).astype(int), 1, None)
    cluster = np.repeat(np.arange(n_clusters), sizes)
    offsets = [_logit_for(rate, sd) for rate, sd in zip(rates, (1.0, np.sqrt(1.16)), strict=True)]
    shared = rng.normal(0, 1.0, (reps, n_clusters))[:, cluster]
    own = rng.normal(0, 0.4, (reps, n_clusters))[:, cluster]
    baseline = rng.random(shared.shape) < expit(offsets[0] + shared)
    candidate = rng.random(shared.shape) < expit(offsets[1] + shared + own)
    return moments(candidate.astype(float) - baseline, cluster)


def _logit_for(rate: float, sd: float) -> float:
    """Location of a logit-normal with that mean."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    low, high = -15.0, 15.0
    for _ in range(60):
        middle = (low + high) / 2
        mean = np.sum(weights * expit(middle + sd * nodes)) / np.sqrt(2 * np.pi)
        low, high = (middle, high) if mean < rate else (low, middle)
    return low


def skewed_scores(rng: np.random.Generator, reps: int, n: int, means: tuple[float, float]) -> Moments:
    """Moments of toxicity-like scores: mostly near 0, seldom high (beta with small parameters)."""
    baseline, candidate = (rng.beta(0.1, 0.1 * (1 - mu) / mu, (reps, n)) for mu in means)
    return moments(candidate - baseline)


def tail_ratios(m: Moments, truth: float, alpha: float) -> tuple[float, float]:
    """Miss rates over alpha: the truth below the interval, the truth above it."""
    low, high = bounds(m, alpha)
    return float(np.mean(low > truth)) / alpha, float(np.mean(high < truth)) / alpha


@pytest.mark.parametrize("n", [100, 300])
@pytest.mark.parametrize("alpha", [0.025, 0.05 / 30])
def test_rare_harm_is_not_preserved_falsely(n: int, alpha: float) -> None:
    """A harm rising from .5 % to 3 %: the upper bound misses at most 1.5 times its level; Wald's misses far more."""
    m = rare_pairs(np.random.default_rng(n), 20_000, n, (0.028, 0.003))
    assert tail_ratios(m, 0.025, alpha)[1] <= 1.5
    wald_high = m.mean + critical(alpha, m.df) * np.sqrt(m.variance)
    assert np.mean(wald_high < 0.025) / alpha > 2


def test_null_is_not_called_a_regression() -> None:
    """With no true difference the lower bound exceeds 0 at most 1.3 times its level."""
    for pair in ((0.003, 0.003), (0.05, 0.05), (0.2, 0.2)):
        m = rare_pairs(np.random.default_rng(3), 20_000, 300, pair)
        assert tail_ratios(m, 0.0, 0.025)[0] <= 1.3


def test_clustered_rare_harm() -> None:
    """Fifty unequal clusters, 1 % to 4 %: the upper bound misses at most 2.2 times its level (2,000 audits)."""
    rng = np.random.default_rng(11)
    ratios = [tail_ratios(clustered_pairs(rng, 250, 50, (0.01, 0.04)), 0.03, 0.025)[1] for _ in range(8)]
    assert np.mean(ratios) <= 2.2


def test_skewed_scores() -> None:
    """Toxicity-like scores, .01 to .03, 50 prompts: the upper bound keeps its level (6,000 audits)."""
    m = skewed_scores(np.random.default_rng(12), 6000, 50, (0.01, 0.03))
    assert tail_ratios(m, 0.02, 0.025)[1] <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_clusters", "rates"), [(20, (0.01, 0.04)), (50, (0.01, 0.04)), (100, (0.10, 0.15)), (50, (0.5, 0.55))]
)
def test_clustered_tails_in_full(n_clusters: int, rates: tuple[float, float]) -> None:
    """Both tails with clusters at .025 and .00167 (20,000 audits): at most 2.2 times their level."""
    rng = np.random.default_rng(n_clusters)
    parts = [clustered_pairs(rng, 500, n_clusters, rates) for _ in range(40)]
    truth = rates[1] - rates[0]
    for alpha in (0.025, 0.05 / 30):
        ratio = np.mean([tail_ratios(m, truth, alpha) for m in parts], axis=0)
        assert ratio[1] <= 2.2
        assert ratio[0] <= 2.5


@pytest.mark.slow
@pytest.mark.parametrize(("n", "means"), [(50, (0.01, 0.03)), (300, (0.01, 0.03)), (300, (0.05, 0.10))])
def test_skewed_tails_in_full(n: int, means: tuple[float, float]) -> None:
    """Skewed scores at .05/30 (40,000 audits): the upper bound keeps its level within Monte Carlo error."""
    rng = np.random.default_rng(n)
    truth = means[1] - means[0]
    parts = [skewed_scores(rng, 4000, n, means) for _ in range(10)]
    ratio = np.mean([tail_ratios(m, truth, 0.05 / 30)[1] for m in parts])
    assert ratio <= 1.0
