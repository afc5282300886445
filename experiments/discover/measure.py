"""Counts: which planted differences are named, and how many searches between equal sides claim a difference."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from experiments.discover.plants import Plant
from experiments.discover.sources import SOURCES
from trustdelta.discover.conditions import conditions_of
from trustdelta.discover.features import extract
from trustdelta.discover.pairs import Corpus, Layout, Pair, clusters_of, means
from trustdelta.discover.search import Prepared, prepared, search
from trustdelta.records.differences import Difference

TOP = 3
"""Differences among which a plant must be named."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one plant."""

    plant: Plant
    place: int | None
    """Place of the first difference that names it, from 1; None: not among the first three."""
    prompts: int
    changed: int
    differences: tuple[Difference, ...]


def exchanged(pairs: Sequence[Pair], rng: random.Random) -> list[Pair]:
    """The same with the sides of some prompts exchanged at random."""
    return [replace(p, baseline=p.candidate, candidate=p.baseline) if rng.random() < 0.5 else p for p in pairs]


def planted(plant: Plant, seed: int) -> tuple[list[Pair], int]:
    """Pairs of equal sides with the plant in some of the candidate's answers, and how many prompts were changed."""
    rng = random.Random(crc32(f"{plant.name} {seed}".encode()))
    pairs, changed = exchanged(SOURCES[plant.source](), rng), 0
    for i, pair in enumerate(pairs):
        if re.search(plant.topic, pair.question):
            answers = tuple(plant.change(a, rng) if rng.random() < plant.share else a for a in pair.candidate)
            changed += answers != pair.candidate
            pairs[i] = replace(pair, candidate=answers)
    return pairs, changed


def outcome(plant: Plant, seed: int) -> Outcome:
    """Search for one plant."""
    pairs, changed = planted(plant, seed)
    differences = search(prepared(pairs), seed).differences
    place = next((i for i, d in enumerate(differences[:TOP], 1) if names(plant, d)), None)
    return Outcome(plant, place, len(pairs), changed, differences)


def names(plant: Plant, difference: Difference) -> bool:
    """Whether a difference names the plant and, for a plant with a topic, the prompts."""
    return bool(re.search(plant.names, difference.answer)) and bool(re.search(plant.where, difference.prompts))


def equal_sides(source: str, runs: int, seed: int) -> Iterator[tuple[Difference, ...]]:
    """The differences claimed by searches between sides that answer alike: every one is false."""
    rng = np.random.default_rng([seed, crc32(source.encode())])
    data = prepared(SOURCES[source]())
    for run in range(runs):
        yield search(data, seed + run, assigned(data.pairs, rng)).differences


def everywhere(plant: Plant, source: str, runs: int, seed: int) -> Iterator[tuple[Difference, ...]]:
    """The differences claimed where a plant is in the same share of the candidate's answers to all prompts.

    Every place and every difference on some prompts is false.
    """
    rng = np.random.default_rng([seed, crc32(f"{plant.name} {source}".encode())])
    words = random.Random(seed)
    pairs = SOURCES[source]()
    plain = [text for pair in pairs for text in (*pair.baseline, *pair.candidate)]
    corpus = Corpus([*plain, *(plant.change(text, words) for text in plain)])
    extracted, conditions, cluster_P = extract(corpus), conditions_of(pairs), clusters_of(pairs)
    for run in range(runs):
        layout = assigned(pairs, rng, plant.share)
        yield search(Prepared(pairs, layout, extracted, conditions, cluster_P), seed + run).differences


def assigned(pairs: Sequence[Pair], rng: np.random.Generator, share: float | None = None) -> Layout:
    """A prompt's answers drawn to both sides at random.

    `share`: probability that the candidate's answer is the changed one, which stands as far on as there are answers.
    """
    cells: list[list[tuple[int, int, float]]] = [[], []]
    start, total = 0, sum(len(p.baseline) + len(p.candidate) for p in pairs)
    for i, pair in enumerate(pairs):
        each = len(pair.baseline)
        rows = start + rng.permutation(2 * each)
        start += 2 * each
        if share is not None:
            rows[each:] += total * (rng.random(each) < share)
        for side in (0, 1):
            cells[side] += [(i, int(row), 1 / each) for row in rows[side * each : (side + 1) * each]]
    shape = (len(pairs), total if share is None else 2 * total)
    return Layout(*(means(side, shape) for side in cells))
