"""Hypotheses that are shown on the tested half, in the order in which a reader sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from trustdelta.discover.conditions import OVERLAP, overlap
from trustdelta.discover.mining import Hypothesis
from trustdelta.records.arrays import Floats

REPEATED = 0.9
"""Cosine from which a difference on all prompts repeats one on some prompts."""


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """Prompts on which a difference is shown to be larger than elsewhere."""

    name: str
    """The prompts in words; empty: those of the hypothesis."""
    members_P: Floats
    """1 for each of these prompts, of both halves."""
    p_value: float
    contrast: float
    """In standard errors, on the tested half."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One hypothesis that is shown."""

    hypothesis: Hypothesis
    p_value: float
    """Adjusted; of a hypothesis on some prompts the larger one of difference and place."""
    statistic: float
    """Size of the difference in units of its spread, on the tested half."""
    place: ShownPlace | None
    """None where the difference is not shown to be larger somewhere."""


def ordered(shown: Sequence[Shown], members_HP: Floats, directions_HP: Floats, score_H: Floats) -> list[Shown]:
    """In turn a difference on some prompts and one on all.

    Those on all prompts: the most certain first, of equally certain ones the largest; one that repeats a difference on
    some prompts is left out. Those on some prompts: one of each set of prompts before a second one; the sets on which
    the models differ most from what they do elsewhere first (`score_H`). `directions_HP`: differences by prompt.
    """
    local = [i for i, s in enumerate(shown) if s.hypothesis.sets]
    whole = [i for i, s in enumerate(shown) if not s.hypothesis.sets]
    alike_HH = abs(directions_HP @ directions_HP.T)
    whole = [i for i in whole if not local or alike_HH[i, local].max() < REPEATED]
    local.sort(key=lambda i: (shown[i].p_value, -_contrast(shown[i])))
    whole.sort(key=lambda i: (shown[i].p_value, -shown[i].statistic))
    turns = chain.from_iterable(zip_longest(_in_rounds(local, members_HP, score_H), whole))
    return [shown[i] for i in turns if i is not None]


def _in_rounds(local: Sequence[int], members_HP: Floats, score_H: Floats) -> list[int]:
    """One of each set before a second of one; nearly equal sets are one, with the highest score of them."""
    first: list[int] = []
    for i in sorted(local, key=lambda i: -score_H[i]):
        if all(overlap(members_HP[i], members_HP[j]) < OVERLAP for j in first):
            first.append(i)
    count = [0] * len(first)
    place: dict[int, tuple[int, int]] = {}
    for i in local:
        group = max(range(len(first)), key=lambda g: overlap(members_HP[i], members_HP[first[g]]))
        place[i] = (count[group], group)
        count[group] += 1
    return sorted(local, key=place.__getitem__)


def _contrast(shown: Shown) -> float:
    return shown.place.contrast if shown.place else 0.0
