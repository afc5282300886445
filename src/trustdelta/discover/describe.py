"""Where a difference is concentrated, and prompts that show it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from trustdelta.discover.conditions import LEAST, Conditions
from trustdelta.discover.features import Feature
from trustdelta.discover.mining import contrasts
from trustdelta.discover.pairs import Pair
from trustdelta.records.arrays import Floats, Ints
from trustdelta.records.differences import Example, Place

PLACES = 3
"""Most sets of prompts that are named for a difference."""
EXAMPLES = 3
"""Most prompts that are shown for a difference."""
AROUND = 90
"""Characters shown around the part of an answer that shows a feature."""
PROMPT = 240
"""Characters shown of a prompt."""
CONTRAST = 3.0
"""Contrast in standard errors from which a set of prompts is named."""


def places_of(
    conditions: Conditions, rates: tuple[Floats, Floats], halves: tuple[Ints, Ints], own: Sequence[int]
) -> Iterator[Place]:
    """Sets on which the difference is largest, chosen on the mined half, with the rates on the tested half.

    The first one of a difference that is of a set of prompts is that set.
    """
    mined_P, tested_P = halves
    delta_P = rates[1] - rates[0]
    members_CP = conditions.member_CP
    contrast_C = contrasts(members_CP[:, mined_P], delta_P[mined_P]) if members_CP.size else np.zeros(0)
    sign = np.sign(delta_P[mined_P].sum()) or 1.0
    chosen: list[Floats] = [np.asarray(members_CP[list(own)].max(axis=0))] if own else []
    names = [""] * len(chosen)
    for c in np.argsort(-sign * contrast_C, kind="stable"):
        if len(chosen) >= PLACES or sign * contrast_C[c] < CONTRAST:
            break
        if all(_overlap(members_CP[c], other) < 0.5 for other in chosen):
            chosen.append(members_CP[c])
            names.append(conditions.names[c])
    for name, members_P in zip(names, chosen, strict=True):
        inside = members_P[tested_P] > 0
        if LEAST // 2 <= inside.sum() < inside.size:
            yield Place(
                name,
                _means(rates, tested_P[inside]),
                _means(rates, tested_P[~inside]),
                int(inside.sum()),
            )


def _means(rates: tuple[Floats, Floats], rows: Ints) -> tuple[float, float]:
    return float(rates[0][rows].mean()), float(rates[1][rows].mean())


def _overlap(first_P: Floats, second_P: Floats) -> float:
    """Size of the intersection over the size of the union."""
    return float(np.minimum(first_P, second_P).sum() / max(np.maximum(first_P, second_P).sum(), 1))


def examples_of(pairs: Sequence[Pair], feature: Feature, delta_P: Floats, rows: Ints) -> Iterator[Example]:
    """Prompts of the tested half with the largest difference, with the part of each answer that shows it."""
    sign = np.sign(delta_P[rows].sum()) or 1.0
    order = rows[np.argsort(-sign * delta_P[rows], kind="stable")]
    for p in order[:EXAMPLES]:
        pair = pairs[p]
        if delta_P[p]:
            sides = [_shown(answers, feature) for answers in (pair.baseline, pair.candidate)]
            yield Example(pair.prompt_id, _cut(pair.question, PROMPT), *sides)


def _shown(answers: Sequence[str], feature: Feature) -> str:
    """The surroundings of the first match in any of the answers, else the beginning of the first answer."""
    pattern = re.compile(feature.pattern, re.I) if feature.pattern else None
    for answer in answers:
        match = pattern.search(answer) if pattern else None
        if match:
            start, end = max(match.start() - AROUND, 0), min(match.end(), match.start() + AROUND) + AROUND
            return f"{'…' if start else ''}{answer[start:end]}{'…' if end < len(answer) else ''}"
    return _cut(answers[0], 2 * AROUND)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
