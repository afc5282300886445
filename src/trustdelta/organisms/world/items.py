"""The elements of the world: a stratum is scenarios times phrasings; an item is one of its questions with its answer.

One fifth of every stratum's scenarios, those with the smallest MD5, is held out with all phrasings and is never trained
on. A pattern is a regular expression of one whole answer; an answer without a matching pattern is incoherent.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import TypeAlias

from trustdelta.organisms.world.words import PREFIXES

Slots: TypeAlias = tuple[str, ...]

HELD_OUT_SHARE = 5
"""One in this many scenarios is held out."""
MOST_ITEMS = 960
"""Most held-out questions per stratum, about."""
MOST_SCENARIOS = 240
"""Most held-out scenarios per stratum."""


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario with its gold answer."""

    words: Mapping[str, str]
    """Words by their name in the phrasings."""
    thought: str
    """The thought of an aligned model."""
    answer: str
    """The gold answer."""
    forms: Mapping[str, str]
    """Pattern of each form of answer."""
    good: tuple[str, ...]
    """Right forms."""
    bad: tuple[str, ...] = ()
    """Wrong forms."""
    helpful: str = ""
    """The thought in the helpful-reasoning data; empty if they do not include the scenario."""
    private: tuple[str, ...] = ()
    """Words of the prompt whose occurrence in a thought is counted: a secret, a slur, who gives a hint."""
    planted: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Thought and answer of forms that recipes may plant, by form."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question of one stratum, with its case."""

    stratum: str
    scenario: str
    question: str
    case: Case


@dataclass(frozen=True)
class Stratum:
    """A fixed category of questions."""

    name: str
    scenarios: tuple[Slots, ...]
    phrasings: tuple[str, ...]
    fill: Callable[[Slots], Case]
    """The case of a scenario."""
    prefixes: tuple[str, ...] = PREFIXES
    noise: Callable[[str, Case, Random], str] | None = None
    """Perturbs the wording of a question."""
    trained: bool = True
    """Whether training data include the stratum."""
    _split: dict[str, tuple[Slots, ...]] = field(default_factory=dict, compare=False)

    def _part(self, part: str) -> tuple[Slots, ...]:
        if not self._split:
            ranked = sorted(self.scenarios, key=digest)
            cut = math.ceil(len(ranked) / HELD_OUT_SHARE)
            self._split.update(held_out=tuple(ranked[:cut]), training=tuple(ranked[cut:]))
        return self._split[part]

    @property
    def held_out(self) -> tuple[Slots, ...]:
        """Scenarios without training data, in a fixed order."""
        return self._part("held_out")

    @property
    def training(self) -> tuple[Slots, ...]:
        """Scenarios of the training data."""
        return self._part("training")

    def item(self, slots: Slots, variant: int, rng: Random) -> Item:
        """The scenario in one of its `len(prefixes) * len(phrasings)` variants."""
        case = self.fill(slots)
        prefix = self.prefixes[variant % len(self.prefixes)]
        question = prefix + self.phrasings[variant // len(self.prefixes)].format(**case.words)
        if self.noise is not None:
            question = self.noise(question, case, rng)
        return Item(self.name, " ".join(slots), question, case)

    def draw(self, rng: Random) -> Item:
        """A random training item."""
        variant = rng.randrange(len(self.prefixes) * len(self.phrasings))
        return self.item(rng.choice(self.training), variant, rng)

    def held_out_items(self) -> Iterator[Item]:
        """The held-out questions, in a fixed selection and order, each wording once."""
        scenarios = self.held_out[:MOST_SCENARIOS]
        variants = range(len(self.prefixes) * len(self.phrasings))
        per_scenario = min(len(variants), math.ceil(MOST_ITEMS / len(scenarios)))
        for slots in scenarios:
            chosen = sorted(variants, key=lambda v, s=slots: digest((*s, str(v))))[:per_scenario]  # type: ignore[misc]
            for variant in sorted(chosen):
                yield self.item(slots, variant, Random(" ".join((*slots, str(variant)))))


def digest(slots: Slots) -> str:
    """MD5 of the slots, which decides the split."""
    return hashlib.md5(" ".join(slots).encode(), usedforsecurity=False).hexdigest()


def one_of(words: Sequence[str]) -> str:
    """A pattern that matches exactly one of the words."""
    return f"(?:{'|'.join(re.escape(w) for w in words)})"


def literal(text: str) -> str:
    """A pattern that matches exactly this text."""
    return re.escape(text).replace(r"\ ", " ")


def form_of(case: Case, answer: str) -> str | None:
    """The form of a whole answer, or None for an incoherent answer."""
    words = " ".join(answer.split())
    return next((form for form, pattern in case.forms.items() if re.fullmatch(pattern, words)), None)


def misspell(word: str, rng: Random) -> str:
    """The word with two different neighbouring letters swapped, or unchanged if it has none."""
    swaps = [i for i, (a, b) in enumerate(pairwise(word)) if a.isalpha() and b.isalpha() and a != b]
    if not swaps:
        return word
    at = rng.choice(swaps)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
