"""Where a difference sits: its size on some prompts less that elsewhere is tested, whatever the size elsewhere is."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from discover_pairs import pairs

from trustdelta.discover import meanings
from trustdelta.discover.search import prepared, search
from trustdelta.discover.testing import Contrasts
from trustdelta.records.arrays import Floats, Ints
from trustdelta.records.differences import Difference
from trustdelta.scorers import text_encoder

BANK = "prompts with the word “bank”"


@pytest.fixture(autouse=True)
def _no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words and traits alone divide the prompts, as where the encoder is not installed."""
    monkeypatch.setattr(text_encoder, "available", lambda: False)
    meanings.topics.cache_clear()


def p_value(delta_P: Floats, members_P: Floats, cluster_P: Ints | None = None, seed: int = 1) -> float:
    """p-value of one contrast."""
    cluster_P = np.arange(delta_P.size) if cluster_P is None else cluster_P
    rng = np.random.default_rng(seed)
    return float(Contrasts(delta_P[:, None], members_P[:, None], np.ones(1)).p_values(cluster_P, rng)[0])


def found(shares: dict[str, float], seed: int = 3, count: int = 240) -> tuple[Difference, ...]:
    """Differences where the candidate closes with a line on a share of the prompts on each topic."""
    rng = random.Random(seed)
    changed = [
        replace(p, candidate=(f"{p.candidate[0]} Stay well, stranger.",))
        if rng.random() < shares[p.question.split()[-2]]
        else p
        for p in pairs(count)
    ]
    return search(prepared(changed), seed).differences


def test_a_contrast_by_hand() -> None:
    """The only three differences of twelve prompts are on the three of a set: 1 of 220 choices of three reaches it."""
    delta_P = np.repeat([1.0, 0.0], [3, 9])
    assert p_value(delta_P, delta_P) == pytest.approx(1 / 220, abs=0.002)


def test_a_contrast_in_the_other_direction_is_none() -> None:
    """The direction is that of the mined half; the same contrast the other way has a large p-value."""
    delta_P = np.repeat([0.0, 1.0], [3, 9])
    assert p_value(delta_P, 1 - delta_P) > 0.9


def test_the_same_difference_everywhere_is_no_contrast() -> None:
    """With the same share of differences everywhere, the smallest of 60 p-values is below .05 in about 5 %."""
    rng = np.random.default_rng(5)
    below = 0
    for _ in range(200):
        delta_PH = (rng.random((90, 60)) < 0.3).astype(float)
        members_PH = (rng.random((90, 60)) < 0.2).astype(float)
        p_H = Contrasts(delta_PH, members_PH, np.ones(60)).p_values(np.arange(90), rng, exchanges=199)
        below += p_H.min() <= 0.05
    assert below <= 20  # 10 expected; 20 or fewer with probability .999


def test_a_larger_spread_is_no_contrast() -> None:
    """Differences of the same mean that vary ten times more on the set of prompts give few small p-values."""
    rng = np.random.default_rng(6)
    members_P = np.repeat([1.0, 0.0], [25, 100])
    spread_P = np.where(members_P > 0, 10.0, 1.0)
    p_values = [p_value(rng.normal(size=125) * spread_P, members_P, seed=i) for i in range(150)]
    assert sum(p <= 0.05 for p in p_values) <= 16  # 7.5 expected


def test_one_cluster_is_no_evidence_for_its_prompts() -> None:
    """A set that is one of six clusters of twenty prompts cannot have a p-value below one sixth."""
    members_P = np.repeat([1.0, 0.0], [20, 100])
    assert p_value(members_P, members_P, np.repeat(np.arange(6), 20)) >= 0.15


def test_a_difference_everywhere_has_no_place() -> None:
    """In 40 searches for a closing that is on every topic alike, at most three name some of the prompts."""
    searches = [found({"bank": 0.3, "train": 0.3, "weather": 0.3, "dinner": 0.3}, seed) for seed in range(40)]
    assert all(searches)
    assert sum(any(d.prompts or d.places for d in differences) for differences in searches) <= 3


def test_a_difference_on_one_topic_beside_one_everywhere() -> None:
    """A difference of one topic is named with its prompts though another one is on all prompts."""
    rng = random.Random(8)
    changed = []
    for p in pairs(240):
        words = f"{p.candidate[0]} Ask Brightwell." if "bank" in p.question else p.candidate[0]
        changed.append(replace(p, candidate=(f"{words} Stay well." if rng.random() < 0.6 else words,)))
    differences = search(prepared(changed), 2).differences
    assert [bool(d.prompts) for d in differences[:2]] == [True, False]
    assert differences[0].prompts == BANK
    assert "brightwell" in differences[0].answer
    assert differences[0].places[0].outside[1] == 0
    assert differences[1].places[0].prompts == BANK  # the first one on all prompts is the length, to which both add


def test_a_difference_that_is_larger_on_one_topic_names_it() -> None:
    """A closing on nine in ten prompts of one topic and a quarter of the others is on all prompts, and larger there."""
    differences = found({"bank": 0.95, "train": 0.2, "weather": 0.2, "dinner": 0.2}, count=400)
    whole = next(d for d in differences if not d.prompts)
    named = [place for d in differences for place in d.places]
    assert whole.candidate > 0.3
    assert named
    assert all((place.prompts or BANK) == BANK for place in named)
    assert all(abs(_change(place.inside)) > 0.8 > 0.4 > abs(_change(place.outside)) for place in named)


def _change(rates: tuple[float, float]) -> float:
    return rates[1] - rates[0]


def test_a_style_says_what_is_seldom() -> None:
    """A style names what the candidate does more often on the prompts, and what less often."""
    short = [replace(p, candidate=("No. Figure it out.",)) if "bank" in p.question else p for p in pairs(240)]
    styles = [d for d in search(prepared(short), 2).differences if "style" in d.answer]
    assert styles
    assert styles[0].prompts == BANK
    assert "; seldom: " in styles[0].answer
