"""Which prompts people label, and the interval from an unequal sample: levels, gains, values by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from trustdelta.stats.label_design import UNDECIDED, LabelSample, drawing_order, strata_of
from trustdelta.stats.labels import Bias
from trustdelta.stats.ppi import net_bias, ppi_moments
from trustdelta.stats.score_interval import bounds, moments

N, AUDITS = 300, 250
LEVEL, FACTOR = 0.025, 2.2
"""Per-tail level; STATISTICS states that a bound may miss up to 2.2 times as often."""
MOST = int(binom.ppf(0.999, AUDITS, FACTOR * LEVEL))
"""Misses in so many audits that a level of 2.2 x 2.5 % exceeds once in a thousand tests."""

Rates = tuple[float, float]
CASES: dict[str, tuple[Rates, tuple[Rates, Rates]]] = {
    "more false positives on the candidate": ((0.1, 0.1), ((0.9, 0.03), (0.9, 0.10))),
    "a reasoning model's refusals are missed": ((0.144, 0.365), ((0.85, 0.02), (0.45, 0.02))),
    "a judge that sees nothing": ((0.3, 0.45), ((0.0, 0.0), (0.0, 0.0))),
    "rare harm": ((0.02, 0.02), ((0.9, 0.01), (0.4, 0.01))),
}
"""True rates of both models, and the judge's sensitivity and false-positive rate on each."""


def audit(rng: np.random.Generator, rates: Rates, errors: tuple[Rates, Rates]) -> tuple[np.ndarray, np.ndarray]:
    """True and judged values of N prompts, both models, shape (N, 2)."""
    truth = np.stack([rng.random(N) < rate for rate in rates], axis=1).astype(float)
    chance = np.where(truth > 0, [s for s, _ in errors], [f for _, f in errors])
    return truth, (rng.random((N, 2)) < chance).astype(float)


def drawn(judged: np.ndarray, luck: np.ndarray, labels: int) -> LabelSample:
    """The first prompts in the order of the design."""
    order, stratum = drawing_order(judged, luck)
    return LabelSample.of(np.sort(order[:labels]), stratum, N)


@pytest.mark.parametrize("labels", [30, 100])
@pytest.mark.parametrize("case", CASES)
def test_bounds_from_stratified_labels_keep_their_level(case: str, labels: int) -> None:
    """From thirty labels on neither bound, of the difference or of the judge's bias, misses above the stated level."""
    rates, errors = CASES[case]
    rng = np.random.default_rng([labels, len(case)])
    true = rates[1] - rates[0]
    seen = [s * r + f * (1 - r) for r, (s, f) in zip(rates, errors, strict=True)]
    bias = seen[1] - seen[0] - true
    misses = np.zeros(4, dtype=int)
    for _ in range(AUDITS):
        truth, judged = audit(rng, rates, errors)
        sample = drawn(judged, rng.random(N), labels)
        d, h = judged[:, 1] - judged[:, 0], truth[sample.at_M, 1] - truth[sample.at_M, 0]
        low, high = bounds(ppi_moments(d, h, sample), LEVEL)
        moved = Bias(net_bias(d[sample.at_M] - h, sample), labels, own=True, span=1.0)
        bias_low, bias_high = moved.bounds(LEVEL)
        misses += [low > true, high < true, bias_low > bias, bias_high < bias]
    assert misses.max() <= MOST, misses / AUDITS


def test_labels_go_where_a_good_judge_errs_and_narrow_the_interval() -> None:
    """With false positives the mean interval is narrower than that of a simple random sample."""
    rng = np.random.default_rng(0)
    widths = np.zeros(2)
    for _ in range(150):
        truth, judged = audit(rng, (0.1, 0.1), ((0.9, 0.03), (0.9, 0.10)))
        luck = rng.random(N)
        plain = LabelSample.of(np.sort(np.argsort(luck)[:100]), None, N)
        for place, sample in enumerate((drawn(judged, luck, 100), plain)):
            d, h = judged[:, 1] - judged[:, 0], truth[sample.at_M, 1] - truth[sample.at_M, 0]
            low, high = bounds(ppi_moments(d, h, sample), LEVEL)
            widths[place] += high - low
    assert widths[0] < 0.99 * widths[1]


def test_strata_are_what_the_judge_says_of_both_models() -> None:
    """Four pairs of decisions, and one stratum for scores near the threshold."""
    scores = np.array([[0.0, 0.1], [0.0, 1.0], [0.9, 0.0], [1.0, 1.0], [0.45, 1.0]])
    assert strata_of(scores).tolist() == [0, 1, 2, 3, UNDECIDED]


def test_every_prefix_is_a_sample_and_every_stratum_is_there_early() -> None:
    """Whatever the luck, two prompts of every stratum come first; then rare strata are drawn above their share."""
    judged = np.zeros((N, 2))
    judged[:9, 1] = 1.0
    judged[9:10, 0] = 1.0
    order, stratum = drawing_order(judged, np.random.default_rng(1).random(N))
    assert sorted(order.tolist()) == list(range(N))
    assert np.bincount(stratum[order[:5]], minlength=3).tolist() == [2, 2, 1]
    assert np.sum(stratum[order[:60]] == 1) >= 4 > 60 * 9 / N


def test_the_order_within_a_stratum_is_random() -> None:
    """Over many draws every prompt of a stratum is equally often among its first ones (chi-squared, 4 sigma)."""
    judged = np.zeros((40, 2))
    judged[:10, 1] = 1.0
    rng, trials = np.random.default_rng(2), 2000
    counts = np.zeros(40)
    for _ in range(trials):
        order, stratum = drawing_order(judged, rng.random(40))
        counts[order[:15][stratum[order[:15]] == 0]] += 1
    expected = counts[10:].sum() / 30
    statistic = np.sum((counts[10:] - expected) ** 2) / expected
    assert statistic < 29 + 4 * np.sqrt(58)


def test_weights_by_hand() -> None:
    """Two of eight and two of two labelled: weights 4 and 1 of ten, as informative as a simple sample of 2.5."""
    sample = LabelSample.of(np.array([0, 1, 8, 9]), np.array([0] * 8 + [1] * 2), 10)
    assert sample.weight_M.tolist() == [0.4, 0.4, 0.1, 0.1]
    assert float(sample.mean(np.array([1.0, 0.0, 1.0, 1.0]))) == pytest.approx(0.6)
    assert sample.effective == pytest.approx(2.5)


def test_strata_that_cannot_stand_alone_are_merged() -> None:
    """One label of five, or none, tells no variance: such strata join, and prompts outside the frame with them."""
    stratum = np.array([0] * 10 + [1] * 5 + [2] * 5 + [-1] * 3)
    sample = LabelSample.of(np.array([0, 1, 2, 10, 15]), stratum, 23)
    assert sample.sizes_H.tolist() == [10, 13]
    assert sample.labels_H.tolist() == [3, 2]
    lone = LabelSample.of(np.array([0, 1, 10]), np.array([0] * 10 + [1] * 5), 15)
    assert lone.sizes_H.tolist() == [15]


def test_all_labelled_is_the_human_interval() -> None:
    """With every prompt labelled the estimate is the human one whatever the judge says, and no less certain."""
    rng = np.random.default_rng(3)
    truth, judged = audit(rng, (0.2, 0.3), ((0.6, 0.3), (0.5, 0.1)))
    sample = drawn(judged, rng.random(N), N)
    d, h = judged[:, 1] - judged[:, 0], truth[:, 1] - truth[:, 0]
    m, people = ppi_moments(d, h, sample), moments(h)
    assert float(m.mean) == pytest.approx(float(people.mean))
    assert float(m.variance) == pytest.approx(float(people.variance), rel=0.15)
