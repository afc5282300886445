"""The part of a change that only the scoring makes: known cases, a bootstrap, own denominators, clusters."""

from __future__ import annotations

import numpy as np
import pytest

from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.jackknife import ratio_difference
from trustdelta.stats.scoring_share import change_of, share_of_scoring

SEED = 7


def scored(n: int, candidate: int, baseline: int = 0) -> Floats:
    """Scores of 0 and 1: the baseline's first `baseline` prompts are 1, and the candidate's first `candidate`."""
    place_N = np.arange(n)
    return np.stack([place_N < baseline, place_N < candidate], axis=1).astype(float)


def alone(n: int) -> Ints:
    """Every prompt is its own cluster."""
    return np.arange(n)


def test_an_artefact_of_the_scoring_alone_is_all_of_the_change() -> None:
    """Refusals rise by 30 points as published and by none as corrected: 100 %, and the interval ends there."""
    share = share_of_scoring(scored(400, 120), scored(400, 0), alone(400))
    assert share is not None
    assert share.value == pytest.approx(1.0)
    assert 0.9 < share.low < 1.0
    assert 1.0 <= share.high < 1.1


def test_behaviour_alone_has_no_part_of_the_scoring() -> None:
    """Both scorings agree on every response: 0 %, with an interval that is narrow and not empty."""
    share = share_of_scoring(scored(400, 120), scored(400, 120), alone(400))
    assert share is not None
    assert share.value == pytest.approx(0.0)
    assert -0.1 < share.low < 0.0 < share.high < 0.1


def test_few_prompts_are_no_certainty() -> None:
    """Twenty equal decisions leave more room than four hundred."""
    few = share_of_scoring(scored(20, 12), scored(20, 0), alone(20))
    many = share_of_scoring(scored(400, 240), scored(400, 0), alone(400))
    assert few is not None
    assert many is not None
    assert few.low < 0.8 < many.low


@pytest.mark.parametrize(("published", "corrected"), [(3, 0), (0, 40), (0, 0)])
def test_without_a_clear_published_change_there_is_no_share(published: int, corrected: int) -> None:
    """A ratio to a change that may be zero says nothing, also where only the corrected scoring shows a change."""
    assert share_of_scoring(scored(100, published), scored(100, corrected), alone(100)) is None


def test_the_interval_is_that_of_a_cluster_bootstrap() -> None:
    """Half of the change is scoring; percentiles over 4,000 resamples of 120 clusters agree within two points."""
    rng = np.random.default_rng(SEED)
    cluster_N = np.repeat(np.arange(120), 5)
    luck_N = rng.random(120)[cluster_N] * 0.5 + rng.random(600) * 0.5
    published_N2 = np.stack([luck_N < 0.2, luck_N < 0.6], axis=1).astype(float)
    stays_N = (luck_N < 0.2) | ((luck_N < 0.6) & (rng.random(600) < 0.5))
    corrected_N2 = np.stack([luck_N < 0.2, stays_N], axis=1).astype(float)
    share = share_of_scoring(published_N2, corrected_N2, cluster_N)
    assert share is not None
    changes_G2 = np.stack(
        [np.bincount(cluster_N, weights=v[:, 1] - v[:, 0]) for v in (published_N2, corrected_N2)], axis=1
    )
    drawn_BG = rng.integers(0, 120, (4000, 120))
    totals_B2 = changes_G2[drawn_BG].sum(axis=1)
    low, high = np.percentile(1 - totals_B2[:, 1] / totals_B2[:, 0], [2.5, 97.5])
    assert share.value == pytest.approx(1 - changes_G2[:, 1].sum() / changes_G2[:, 0].sum())
    assert share.low == pytest.approx(low, abs=0.02)
    assert share.high == pytest.approx(high, abs=0.02)


def test_the_interval_covers_the_true_share() -> None:
    """At 80 prompts and a true share of 60 %, at least 93 % of 500 intervals contain it."""
    rng, hits, trials = np.random.default_rng(SEED), 0, 500
    for _ in range(trials):
        moved_N, only_scoring_N = rng.random(80) < 0.5, rng.random(80) < 0.6
        published_N2 = np.stack([np.zeros(80), moved_N], axis=1).astype(float)
        corrected_N2 = np.stack([np.zeros(80), moved_N & ~only_scoring_N], axis=1).astype(float)
        share = share_of_scoring(published_N2, corrected_N2, alone(80))
        assert share is not None
        hits += share.low <= 0.6 <= share.high
    assert hits / trials >= 0.93


def test_copies_of_a_prompt_add_no_certainty() -> None:
    """Each prompt five times in one cluster has the interval of the prompts alone."""
    published_N2, corrected_N2 = scored(100, 60, 10), scored(100, 30, 10)
    one = share_of_scoring(published_N2, corrected_N2, alone(100))
    five = share_of_scoring(np.repeat(published_N2, 5, 0), np.repeat(corrected_N2, 5, 0), np.repeat(alone(100), 5))
    assert one is not None
    assert five is not None
    assert (five.low, five.high) == pytest.approx((one.low, one.high), abs=0.01)


def test_a_published_rate_has_its_models_own_denominator() -> None:
    """The candidate answers 40 of 200 in an option: its accuracy is over those, as published, with a wider interval."""
    values_N2 = scored(200, 10, 150)
    values_N2[40:, 1] = np.nan
    change = change_of(values_N2, alone(200), own=True)
    assert change is not None
    assert (change.baseline, change.candidate) == (0.75, 0.25)
    assert change.difference == pytest.approx(-0.5)
    assert (change.prompts_baseline, change.prompts_candidate) == (200, 40)
    before_N2, after_N2 = (np.stack([np.nan_to_num(v), np.isfinite(v)], axis=1).astype(float) for v in values_N2.T)
    reference = ratio_difference(before_N2, after_N2, alone(200))
    low, high = reference.interval(0.025)
    assert (change.low, change.high) == pytest.approx((low, high), abs=0.03)


def test_a_corrected_rate_is_over_the_prompts_that_both_models_have_scores_for() -> None:
    """Prompts with a score of one model only count in neither rate, as in the audit's own metrics."""
    values_N2 = scored(200, 10, 150)
    values_N2[40:, 1] = np.nan
    change = change_of(values_N2, alone(200))
    assert change is not None
    assert (change.baseline, change.candidate) == (1.0, 0.25)
    assert (change.prompts_baseline, change.prompts_candidate) == (40, 40)


def test_one_prompt_has_no_interval() -> None:
    """Fewer than two scored prompts of a model give no rate."""
    values_N2 = scored(30, 30)
    values_N2[1:, 0] = np.nan
    assert change_of(values_N2, alone(30)) is None
    assert change_of(values_N2, alone(30), own=True) is None
    assert share_of_scoring(values_N2, scored(30, 0), alone(30)) is None
