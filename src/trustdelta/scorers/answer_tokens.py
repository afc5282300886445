"""Tokens in which the words of options and of answers are compared.

Without case, articles, punctuation and possessive endings; where an option holds a number, numbers by value and signs
of units as words: "5 percent" is "5%", and "$1.2 million" is "1,200,000 dollars".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from trustdelta.scorers.answer_numerals import Numeral, numerals, spelled

TOKEN = re.compile(r"[぀-ヿ㐀-鿿]|[^\W_]+(?=n't\b)|n't\b|[^\W_]+|[%$€£¥]")
ARTICLES = frozenset(("the", "a", "an"))
SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
"""Stand before their number."""
UNITS = {
    "%": "percent",
    "dollars": "dollar",
    "usd": "dollar",
    "euros": "euro",
    "pounds": "pound",
    "percents": "percent",
}
SAME = {"n't": "not", "information": "info"}
"""Words that are compared as others."""
SUFFIX = re.compile(r"[^\W\d_]+")
"""What makes one word of a number, "35th"."""
PER_CENT = re.compile(r"\bper cent\b", re.IGNORECASE)


class Token(NamedTuple):
    """A word in its compared form, and where it stands."""

    word: str
    start: int
    end: int


def tokens(text: str, *, by_value: bool = False) -> list[Token]:
    """The tokens of a text in normal form; `by_value`: numbers, also spelled out, as fractions."""
    text = PER_CENT.sub("percent ", text) if by_value else text
    plain = [
        Token(SAME.get(word := hit.group().casefold(), word), hit.start(), hit.end())
        for hit in TOKEN.finditer(text)
        if not (hit.group() in "sS" and text[hit.start() - 1 : hit.start()] == "'")
    ]
    content = [token for token in plain if token.word not in ARTICLES]
    return _by_value(text, content) if by_value else content


def _by_value(text: str, plain: list[Token]) -> list[Token]:
    """The tokens with each number as one of them, its currency behind it."""
    numbers = _numbers(text, plain)
    result: list[Token] = []
    sign: Token | None = None
    end = 0
    for token in plain:
        if token.start < end:
            continue
        number = numbers.get(token.start)
        if number is not None:
            suffix = SUFFIX.match(text, number.end)
            end = suffix.end() if suffix else number.end
            word = f"#{number.value}{suffix.group() if suffix else ''}"
            result.append(Token(word, sign.start if sign else min(token.start, number.start), end))
            result += [Token(SIGNS[sign.word], end, end)] if sign else []
        elif token.word not in SIGNS:
            result.append(token._replace(word=UNITS.get(token.word, token.word)))
        sign = token if token.word in SIGNS else None
    return result


def _numbers(text: str, plain: list[Token]) -> dict[int, Numeral]:
    """The numbers of a text by the places of the tokens they may begin with; "one" is a pronoun."""
    numbers = {
        place: number for number in numerals(text) for place in range(number.start, min(number.end, number.start + 12))
    }
    read = 0
    for word, start, _ in plain:
        if start >= read and word != "one" and word.isascii() and word.isalpha() and (number := spelled(text, start)):
            numbers.setdefault(start, number)
            read = number.end
    return numbers
