"""Does the order of words carry meaning? Evidence from pairs of neighbouring English words: text against word salad.

Every word belongs to a class: itself, where it is one of the most frequent, else its ending and whether it is
capitalised. For neighbours of classes a, b the evidence is log P(a, b) - log P(a) P(b) in nats: above 0 on average in
anything that was written to be read, below 0 where words are drawn at random (weights/word_order.npz, its card beside
it). A pair of words counts once, so that one odd phrase said again is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trustdelta.scorers.text_heads import arrays

ENDINGS = ("ing", "ed", "ly", "tion", "s", "er", "al", "ic", "ive", "ous", "ment", "ness", "ity", "able", "y", "e")
CODE = re.compile(r"```.*?(?:```|\Z)", re.S)
WORD = re.compile(r"(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)(?P<more>[ \t]+(?=[^\W\d_]))?")
LEAST_RUN = 4
"""Words between numbers and signs, as in a calculation, have no order of their own."""
SCALE = 30
"""Nats to the int8 values of the file."""


def runs(text: str, least: int = 2) -> Iterator[list[str]]:
    """Runs of at least that many words with only blanks between them, outside code, in order."""
    run: list[str] = []
    for match in WORD.finditer(CODE.sub("\n", text)):
        run.append(match["word"])
        if match["more"] is None:
            if len(run) >= least:
                yield run
            run = []


def neighbours(text: str, least: int = 2) -> Iterator[tuple[str, str]]:
    """Pairs of words with only blanks between them, in runs of at least that many words."""
    for run in runs(text, least):
        yield from pairwise(run)


def class_of(word: str, classes: Mapping[str, int]) -> int:
    """The class of a word: a frequent one its own, "-ing^" a capitalised one on -ing."""
    low = word.lower().replace("’", "'")
    if low in classes and not (len(word) == 1 and word.isupper() and word != "I"):
        return classes[low]
    ending = next((e for e in ENDINGS if len(low) > len(e) + 2 and low.endswith(e)), "")
    return classes[f"-{ending}{'^' if word[0].isupper() else ''}"]


@cache
def _classes() -> dict[str, int]:
    return {str(name): index for index, name in enumerate(arrays("word_order")["classes"])}


@lru_cache(maxsize=1 << 16)
def _class(word: str) -> int:
    return class_of(word, _classes())


def evidence(text: str) -> NDArray[np.float64]:
    """Nats of each pair of neighbouring words, repeated pairs left out, in order."""
    first = {(a.lower(), b.lower()): (a, b) for a, b in reversed(list(neighbours(text, LEAST_RUN)))}
    pairs = list(reversed(first.values()))
    left, right = [_class(a) for a, _ in pairs], [_class(b) for _, b in pairs]
    return np.asarray(arrays("word_order")["nats"][left, right], dtype=np.float64) / SCALE
