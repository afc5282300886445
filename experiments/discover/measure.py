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
from trustdelta.discover.pairs import Pair
from trustdelta.discover.search import prepared, search
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
        layout = data.layout.swapped(rng.integers(0, 2, len(data.pairs)))
        yield search(data, seed + run, layout).differences
