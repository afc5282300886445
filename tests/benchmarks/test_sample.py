"""Samples of prompts: seeded, stratified, whole clusters, independent of the order of the prompts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.benchmarks.shared.sample import sample
from trustdelta.records import Message, Prompt


def prompts(n: int = 60) -> list[Prompt]:
    """`n` prompts in three strata, in clusters of two."""
    return [
        Prompt("set", (Message("user", f"q{i}"),), cluster=f"c{i // 6}-{i % 3}", stratum=f"s{i % 3}") for i in range(n)
    ]


@settings(max_examples=25)
@given(st.integers(1, 25), st.integers(0, 2**32))
def test_every_stratum_reaches_its_size(per_stratum: int, seed: int) -> None:
    """Each stratum gives as many prompts as wanted, or all it has."""
    found = sample(prompts(), per_stratum, seed)
    for stratum in ("s0", "s1", "s2"):
        assert sum(p.stratum == stratum for p in found) == min(per_stratum, 20)


@settings(max_examples=25)
@given(st.integers(1, 20), st.integers(0, 1000), st.randoms(use_true_random=False))
def test_order_does_not_matter(per_stratum: int, seed: int, shuffler: random.Random) -> None:
    """The same prompts in another order give the same sample."""
    mixed = prompts()
    shuffler.shuffle(mixed)
    assert {p.id for p in sample(mixed, per_stratum, seed)} == {p.id for p in sample(prompts(), per_stratum, seed)}


@settings(max_examples=25)
@given(st.integers(1, 19), st.integers(0, 1000))
def test_larger_samples_contain_smaller_ones(per_stratum: int, seed: int) -> None:
    """Growing a sample keeps what was there."""
    small = {p.id for p in sample(prompts(), per_stratum, seed)}
    assert small <= {p.id for p in sample(prompts(), per_stratum + 1, seed)}


def test_clusters_are_kept_whole() -> None:
    """With room for whole clusters, no cluster is split."""
    found = sample(prompts(), 10, 7)
    sizes = {c: sum(p.cluster == c for p in found) for c in {p.cluster for p in found}}
    assert set(sizes.values()) == {2}


def test_it_is_not_the_first_prompts() -> None:
    """Two seeds differ, and neither gives the head of the list."""
    head = [p.id for p in prompts()[:15]]
    one, two = ([p.id for p in sample(prompts(), 5, seed)] for seed in (1, 2))
    assert one != two
    assert head not in (one, two)


def test_none_takes_all() -> None:
    """No size means every prompt, in order."""
    assert sample(prompts(), None, 1) == prompts()


def test_an_empty_sample_is_refused() -> None:
    """A size below one is an error."""
    with pytest.raises(ValueError, match="at least one"):
        sample(prompts(), 0, 1)
