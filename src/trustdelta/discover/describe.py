"""Prompts that show a difference, with the parts of the answers that do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from trustdelta.discover.features import Feature
from trustdelta.discover.pairs import Pair
from trustdelta.records.arrays import Floats, Ints
from trustdelta.records.differences import Example

EXAMPLES = 3
"""Most prompts that are shown for a difference."""
AROUND = 90
"""Characters shown around the part of an answer that shows a feature."""
PROMPT = 240
"""Characters shown of a prompt."""


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
