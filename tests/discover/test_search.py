"""What a search promises: the same for exchanged models, one error rate, halves that share no cluster, plain names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from discover_pairs import pairs

from trustdelta.discover import meanings
from trustdelta.discover.pairs import Pair
from trustdelta.discover.search import halves, prepared, search
from trustdelta.discover.testing import adjusted_p_values
from trustdelta.records.differences import Difference
from trustdelta.scorers import text_encoder


@pytest.fixture(autouse=True)
def _no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words and traits alone divide the prompts, as where the encoder is not installed."""
    monkeypatch.setattr(text_encoder, "available", lambda: False)
    meanings.topics.cache_clear()


def planted(suffix: str, every: int) -> list[Pair]:
    """The same with a suffix on every n-th answer of the candidate."""
    return [
        replace(p, candidate=(f"{p.candidate[0]} {suffix}",)) if i % every == 0 else p for i, p in enumerate(pairs())
    ]


def first(found: list[Pair]) -> Difference:
    """The first difference."""
    return search(prepared(found), 1).differences[0]


def test_a_planted_closing_is_named_with_its_rates() -> None:
    """A closing line in a third of the candidate's answers is the first difference, with both rates and an interval."""
    difference = first(planted("Stay well, stranger.", 3))
    assert "stranger" in difference.answer or "stay well" in difference.answer
    assert difference.baseline == 0
    assert 0.2 < difference.candidate < 0.5
    assert difference.low > 0
    assert difference.p_value <= 0.05
    assert difference.examples


def test_a_difference_on_one_topic_names_its_prompts() -> None:
    """What the candidate does on prompts with one word only is a difference on these prompts."""
    difference = first(planted("Ask Brightwell about it.", 4))
    assert difference.prompts == "prompts with the word “bank”"
    assert difference.candidate == 1
    assert difference.places[0].outside[0] == difference.places[0].outside[1]


def test_exchanging_the_models_exchanges_the_rates() -> None:
    """No test and no set of prompts depends on which model is the baseline; names may."""
    found = planted("Stay well, stranger.", 3)
    turned = [replace(p, baseline=p.candidate, candidate=p.baseline) for p in found]
    one, two = search(prepared(found), 1).differences, search(prepared(turned), 1).differences
    assert [d.p_value for d in one] == [d.p_value for d in two]
    assert [d.count for d in one] == [d.count for d in two]


def test_equal_answers_differ_in_nothing() -> None:
    """A model against its own answers has no difference and no test."""
    same = [replace(p, candidate=p.baseline) for p in pairs()]
    outcome = search(prepared(same), 1)
    assert (outcome.hypotheses, outcome.differences) == (0, ())


def test_few_prompts_show_nothing() -> None:
    """Below the minimum nothing is tested, however different the answers are."""
    outcome = search(prepared(planted("Stay well.", 1)[:30]), 1)
    assert (outcome.hypotheses, outcome.differences) == (0, ())


def test_the_same_seed_gives_the_same_differences() -> None:
    """A search is a function of answers and seed."""
    data = prepared(planted("Stay well, stranger.", 3))
    assert search(data, 7) == search(data, 7)


def test_a_cluster_is_in_one_half() -> None:
    """Prompts of one cluster are mined or tested on together; the halves are of nearly equal size in each category."""
    cluster_P = np.repeat(np.arange(40), 3)
    category = ["a" if c < 20 else "b" for c in cluster_P]
    half_P = halves(category, cluster_P, np.random.default_rng(1))
    for cluster in range(40):
        assert len(set(half_P[cluster_P == cluster])) == 1
    assert [half_P[:60].mean(), half_P[60:].mean()] == [0.5, 0.5]


def test_prompts_of_one_cluster_count_once() -> None:
    """A difference on the forty prompts of two clusters is no evidence, since two clusters could differ by chance."""
    found = [
        replace(p, cluster=f"c{i // 20}", candidate=(f"{p.candidate[0]} Stay well.",) if i < 40 else p.candidate)
        for i, p in enumerate(pairs())
    ]
    assert not search(prepared(found), 1).differences


def test_adjusted_p_values_hold_for_the_largest_of_many() -> None:
    """With 200 hypotheses without any difference, the smallest p-value is below .05 in about 5 % of searches."""
    rng = np.random.default_rng(3)
    below = [adjusted_p_values(rng.normal(size=(40, 200)), rng, exchanges=199).min() <= 0.05 for _ in range(200)]
    assert sum(below) <= 20  # 10 expected; 20 or fewer with probability .999


def test_adjusted_p_values_by_hand() -> None:
    """One hypothesis with eight equal differences: 2 of 2^8 exchanges reach it, p = 2/256."""
    p = adjusted_p_values(np.ones((8, 1)), np.random.default_rng(1), exchanges=20_000)
    assert p[0] == pytest.approx(2 / 256, abs=0.002)
