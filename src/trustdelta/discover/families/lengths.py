"""Lengths of answers, of their sentences and words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trustdelta.discover.features import Family, Measure
from trustdelta.discover.pairs import Corpus
from trustdelta.records.arrays import Floats


def _measures(corpus: Corpus) -> Iterator[Measure]:
    words_R = np.array([sum(word != "." for word in words) for words in corpus.words], dtype=float)
    ends_R = np.array([max(sum(word == "." for word in words), 1) for words in corpus.words], dtype=float)
    lines_R = np.array([sum(bool(line.strip()) for line in text.splitlines()) for text in corpus.texts], dtype=float)
    letters_R = np.array([len(text) for text in corpus.texts], dtype=float)
    yield Measure(words_R, "", "is longer than {} words", "has more words than the other model’s", number="words")
    yield _shorter(words_R)
    yield Measure(lines_R, "", "has more than {} lines", "has more lines than the other model’s")
    mean_R = words_R / ends_R
    yield Measure(mean_R, "", "has more than {} words per sentence", "has longer sentences than the other model’s")
    size_R = letters_R / np.maximum(words_R, 1)
    yield Measure(size_R, "", "has more than {} characters per word", "has longer words than the other model’s")


def _shorter(words_R: Floats) -> Measure:
    """Being among the shortest answers, as a feature of its own, which few answers have."""
    limit = float(np.quantile(words_R, 0.1))
    return Measure((words_R <= limit).astype(float), f"is shorter than {limit + 1:.0f} words", number="words")


FAMILY = Family("lengths", measures=_measures)
