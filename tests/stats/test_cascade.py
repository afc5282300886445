"""A cheap judge on all prompts and a strong one on a part: level, saving, and the share that is optimal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from trustdelta.stats.cascade import correlation, optimal_pairs, saving
from trustdelta.stats.label_design import LabelSample, drawing_order
from trustdelta.stats.ppi import ppi_moments
from trustdelta.stats.score_interval import bounds, moments

N, AUDITS, COST = 600, 200, 0.02
MOST = int(binom.ppf(0.999, AUDITS, 2.2 * 0.025))


def judged(rng: np.random.Generator, agree: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels of a strong judge with errors of 5 %, and of a cheap one that agrees with it in a share of texts."""
    truth = rng.random((N, 2)) < [0.3, 0.45]
    strong = np.where(rng.random((N, 2)) < 0.05, ~truth, truth)
    cheap = np.where(rng.random((N, 2)) < agree, strong, ~strong)
    return strong.astype(float), cheap.astype(float)


STRONG_DIFFERENCE = 0.9 * 0.15
"""Expected difference in the strong judge's rates: errors of 5 % on both sides shrink the true 15 points."""


def test_the_interval_keeps_its_level_and_the_saving_is_real() -> None:
    """With a pilot and the optimal share neither bound misses more than stated; the strong judge alone buys less."""
    rng = np.random.default_rng(0)
    misses, widths, shares = np.zeros(2, dtype=int), np.zeros(2), []
    for _ in range(AUDITS):
        strong, cheap = judged(rng, 0.95)
        order, stratum = drawing_order(cheap, rng.random(N))
        d, h = (x[:, 1] - x[:, 0] for x in (cheap, strong))
        pilot = LabelSample.of(np.sort(order[:30]), stratum, N)
        pairs = optimal_pairs(correlation(d, h[pilot.at_M], pilot), COST, N)
        drawn = LabelSample.of(np.sort(order[:pairs]), stratum, N)
        low, high = bounds(ppi_moments(d, h[drawn.at_M], drawn), 0.025)
        misses += [low > STRONG_DIFFERENCE, high < STRONG_DIFFERENCE]
        result = saving(d, h[drawn.at_M], drawn, COST)
        shares.append(result.share)
        alone = rng.choice(N, round(result.spent), replace=False)
        low_alone, high_alone = bounds(moments(h[alone]), 0.025)
        widths += [high - low, high_alone - low_alone]
    assert misses.max() <= MOST, misses / AUDITS
    assert widths[0] < 0.9 * widths[1]
    assert np.median(shares) > 0.2


def test_the_share_is_optimal() -> None:
    """Cost times variance is least at the stated number of prompts, by search; a useless judge is not used."""
    for rho, cost in ((0.8, 0.02), (0.5, 0.1), (0.9, 0.2)):
        n = np.arange(1, N + 1)
        product = (n + cost * N) * ((1 - rho**2) / n + rho**2 / N)
        best = int(n[np.argmin(product)])
        assert optimal_pairs(rho, cost, N) == pytest.approx(max(best, 30), abs=1)
    assert optimal_pairs(0.0, 0.02, N) == N
    assert optimal_pairs(1.0, 0.02, N) == 30


def test_a_useless_cheap_judge_saves_nothing() -> None:
    """A cheap judge of pure chance leaves no saving, and says so with its correlation."""
    rng = np.random.default_rng(1)
    strong, cheap = judged(rng, 0.5)
    order, stratum = drawing_order(cheap, rng.random(N))
    drawn = LabelSample.of(np.sort(order[:200]), stratum, N)
    d, h = (x[:, 1] - x[:, 0] for x in (cheap, strong))
    result = saving(d, h[drawn.at_M], drawn, COST)
    assert abs(result.correlation) < 0.25
    assert result.share < 0.05
