"""Judge error: naive verdicts fail, corrected ones keep their level, and tipping points are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from trustdelta.records import Verdict
from trustdelta.stats.label_design import LabelSample
from trustdelta.stats.ppi import net_bias, ppi_moments
from trustdelta.stats.score_interval import bounds, moments
from trustdelta.stats.tipping import Claim, tipping


def judged_audits(
    rng: np.random.Generator, reps: int, rates: tuple[float, float], errors: tuple[tuple[float, float], ...]
) -> tuple[np.ndarray, np.ndarray]:
    """True and judged differences of 500 prompts; `errors` is (sensitivity, false-positive rate) of each arm."""
    truth, seen = [], []
    for rate, (s, f) in zip(rates, errors, strict=True):
        y = rng.random((reps, 500)) < rate
        truth.append(y.astype(float))
        seen.append(np.where(y, rng.random(y.shape) < s, rng.random(y.shape) < f).astype(float))
    return truth[1] - truth[0], seen[1] - seen[0]


FALSE_POSITIVES_ON_CANDIDATE = ((0.9, 0.03), (0.9, 0.10))
MISSES_ON_CANDIDATE = ((0.9, 0.03), (0.55, 0.03))
FIRST_100 = LabelSample.of(np.arange(100), None, 500)


def test_false_positives_do_not_make_a_regression() -> None:
    """No true change, judge with more false positives on the candidate: naive > 50 % regressed, SII-PPI <= 7 %."""
    truth, seen = judged_audits(np.random.default_rng(0), 2000, (0.1, 0.1), FALSE_POSITIVES_ON_CANDIDATE)
    naive = np.mean(bounds(moments(seen), 0.05)[0] > 0)
    corrected = np.mean(bounds(ppi_moments(seen, truth[:, :100], FIRST_100), 0.05)[0] > 0)
    assert naive > 0.5
    assert corrected <= 0.07


def test_misses_do_not_make_a_preservation() -> None:
    """Truly 5 points worse, judge misses half on the candidate: naive > 50 % preserved, SII-PPI <= 7 %."""
    truth, seen = judged_audits(np.random.default_rng(1), 2000, (0.10, 0.15), MISSES_ON_CANDIDATE)
    naive = np.mean(bounds(moments(seen), 0.05)[1] < 0.05)
    corrected = np.mean(bounds(ppi_moments(seen, truth[:, :100], FIRST_100), 0.05)[1] < 0.05)
    assert naive > 0.5
    assert corrected <= 0.07


def test_rare_harm_keeps_its_upper_level() -> None:
    """Rare harm, differential misses, 100 labels: the 97.5 % upper bound misses at most 4 % of 2,000 audits."""
    errors = ((0.9, 0.01), (0.6, 0.01))
    truth, seen = judged_audits(np.random.default_rng(2), 2000, (0.01, 0.03), errors)
    high = bounds(ppi_moments(seen, truth[:, :100], FIRST_100), 0.025)[1]
    assert np.mean(high < 0.02) <= 0.04


def test_a_perfect_judge_gains_from_all_prompts() -> None:
    """With a judge that is never wrong the estimate is that of all prompts, with their smaller variance."""
    truth, _ = judged_audits(np.random.default_rng(3), 1, (0.2, 0.3), ((1.0, 0.0), (1.0, 0.0)))
    found, everyone = ppi_moments(truth[0], truth[0, :100], FIRST_100), moments(truth[0])
    assert float(found.mean) == pytest.approx(float(everyone.mean), abs=0.02)
    assert float(found.variance) < float(moments(truth[0, :100]).variance) / 2
    assert float(net_bias(np.zeros(100), FIRST_100).mean) == 0.0


def test_swapping_the_arms_mirrors() -> None:
    """Exchanging baseline and candidate flips the corrected interval."""
    truth, seen = judged_audits(np.random.default_rng(4), 1, (0.1, 0.2), FALSE_POSITIVES_ON_CANDIDATE)
    low, high = bounds(ppi_moments(seen[0], truth[0, :100], FIRST_100), 0.025)
    low2, high2 = bounds(ppi_moments(-seen[0], -truth[0, :100], FIRST_100), 0.025)
    assert (float(low), float(high)) == pytest.approx((-float(high2), -float(low2)), abs=1e-7)


def test_clusters_widen() -> None:
    """Duplicated prompts declared as clusters do not narrow the corrected interval."""
    truth, seen = judged_audits(np.random.default_rng(5), 1, (0.1, 0.2), FALSE_POSITIVES_ON_CANDIDATE)
    one = ppi_moments(seen[0], truth[0, :100], FIRST_100)
    twice = ppi_moments(
        np.repeat(seen[0], 2),
        np.repeat(truth[0, :100], 2),
        LabelSample.of(np.arange(200), None, 1000),
        np.repeat(np.arange(500), 2),
    )
    assert float(twice.variance) >= float(one.variance)
    assert float(twice.df) <= float(one.df) + 1e-9


def test_too_few_labels_are_refused() -> None:
    """One label corrects nothing."""
    with pytest.raises(ValueError, match="two labelled"):
        ppi_moments(np.zeros(10), np.zeros(1), LabelSample.of(np.arange(1), None, 10))


def test_tipping_points_by_hand() -> None:
    """A regression bounded at 4 points falls to a net bias of 4 points: 20 labels of 500, false positives of 5 %."""
    found = tipping(Claim(Verdict.REGRESSED, 0.04, 0.1, 0.02, 0.2, 500))
    assert found is not None
    assert (found.net_bias, found.wrong_labels, found.grade) == (0.04, 20, "robust")
    assert found.extra_false_positives == pytest.approx(0.05)
    preserved = tipping(Claim(Verdict.PRESERVED, -0.01, 0.02, 0.04, 0.2, 500))
    assert preserved is not None
    assert preserved.net_bias == pytest.approx(0.02)
    assert preserved.grade == "sensitive"
    assert preserved.extra_misses == pytest.approx(0.8 - 0.12 / (0.125 + 0.04))
    assert tipping(Claim(Verdict.INCONCLUSIVE, -0.1, 0.1, 0.02, 0.2, 500)) is None


def test_extra_misses_reproduce_the_judged_bound() -> None:
    """Simulated back: with that many extra misses a true shift of the margin is judged as exactly the upper bound."""
    claim = Claim(Verdict.PRESERVED, -0.01, 0.02, 0.05, 0.30, 500)
    found = tipping(claim)
    assert found is not None
    assert found.extra_misses is not None
    s, f = 0.9, 0.1
    p_baseline = (0.30 - f) / (s - f)
    judged = f + (s - found.extra_misses - f) * (p_baseline + claim.margin)
    assert judged - claim.baseline == pytest.approx(claim.high)


def test_few_wrong_labels_make_a_claim_fragile() -> None:
    """A claim that four labels would overturn is fragile, whatever its size."""
    found = tipping(Claim(Verdict.REGRESSED, 0.03, 0.3, 0.05, 0.2, 100))
    assert found is not None
    assert (found.wrong_labels, found.grade) == (3, "fragile")
