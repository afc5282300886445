"""How answers begin and end: first and last words, whole first and last lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trustdelta.discover.features import Columns, Family, Feature, indicator
from trustdelta.discover.pairs import Corpus

MOST = 4
"""Most words of an opening or an ending."""
LINE = 160
"""Most characters of a line that is compared as a whole."""


def _columns(corpus: Corpus) -> Iterator[Columns]:
    plain = [[word for word in words if word != "."] for words in corpus.words]
    first = [[" ".join(words[:n]) for n in range(1, min(MOST, len(words)) + 1)] for words in plain]
    last = [[" ".join(words[-n:]) for n in range(1, min(MOST, len(words)) + 1)] for words in plain]
    yield indicator(first, lambda words: Feature(f"begins with “{words}”", _rank(words), r"\A.{0,120}"))
    yield indicator(last, lambda words: Feature(f"ends with “{words}”", _rank(words), r".{0,120}\Z"))
    lines = [_lines(text) for text in corpus.texts]
    yield indicator(
        [_short(row[:1]) for row in lines], lambda line: Feature(f"begins with the line “{line}”", 2, r"\A.{0,120}")
    )
    yield indicator(
        [_short(row[-1:]) for row in lines], lambda line: Feature(f"ends with the line “{line}”", 2, r".{0,120}\Z")
    )


def _short(lines: Sequence[str]) -> Sequence[str]:
    return [line for line in lines if len(line) <= LINE]


def _rank(words: str) -> float:
    """More words say more."""
    return 0.5 + 0.5 * len(words.split())


def _lines(text: str) -> Sequence[str]:
    """The lines of a text that have several; a text of one line is no line of its own."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return lines if len(lines) > 1 else []


FAMILY = Family("edges", columns=_columns)
