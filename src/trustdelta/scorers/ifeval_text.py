"""What the rules of IFEval count in a text: sentences, words in capitals, its language.

The published implementation asks NLTK (Punkt sentences, Treebank words) and langdetect. Here sentences and words follow
short rules, and the language is that of `text_language`; docs/benchmarks.md states how often a result differs.
"""

from __future__ import annotations

import re

from trustdelta.scorers.text_language import identified, language

_TITLES = "mr mrs ms dr prof st gen col sgt capt lt gov sen rep hon messrs rev"
_WORDS = "jr sr vs etc al inc ltd co corp dept est fig vol no approx ph.d"
_DATES = "jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun"
_NEVER_LAST = frozenset([*_TITLES.split(), "vs", "fig"])
"""Abbreviations that a name or a phrase follows, in lower case and without their last period."""
_ABBREVIATIONS = _NEVER_LAST.union(_WORDS.split(), _DATES.split())
"""Words whose period ends a sentence only before a capital."""
_POINTS = re.compile(r"(?!p\.(?:p\.)?s$)[a-z](?:\.[a-z])+")
"""Letters with points between them, such as u.s, e.g and p.m, whose last period ends no sentence; p.s. is one."""
_END = re.compile(r"(?P<mark>[.?!]+)(?P<closing>[\"'”’)\]*_]*)(?=\s|$)")
_SPLITTING = re.compile(r"\.\.\.|--|[:,](?!\d)|[;@#$%&?!\[\](){}<>\"“”«»]|``|\.(?=[\"'”’)\]]*\s*$)")
_CLITIC = re.compile(r"(?i)(?<=\w)(n't|'(?:s|m|d|ll|re|ve))(?!\w)")
_JOINED = re.compile(r"(?i)\b(?:(can)(not)|(gim|lem)(me)|(gon|wan)(na)|(got)(ta))\b")


def sentence_count(text: str) -> int:
    """Number of sentences; a line break alone ends none."""
    ends = [match for match in _END.finditer(text) if _is_end(text, match)]
    rest = text[ends[-1].end() :] if ends else text
    return len(ends) + bool(rest.strip())


def _is_end(text: str, match: re.Match[str]) -> bool:
    following = text[match.end() :].lstrip()
    if match["mark"].strip("."):
        return True
    word = text[: match.start()].split()[-1:] or [""]
    before = word[0].lstrip("\"'“‘(*[").lower()
    if len(match["mark"]) > 1 or before.isdigit() or (len(before) == 1 and before.isalpha()):
        starts = following[:1]
        initial = len(before) == 1 and before.isalpha() and before != "i"
        return not starts or not (starts.islower() or initial)
    if (before in _NEVER_LAST or _POINTS.fullmatch(before)) and following:
        return False
    return before not in _ABBREVIATIONS or not following or following.lstrip("\"'“‘(*[")[:1].isupper()


def capital_words(text: str) -> int:
    """Number of words all of whose letters are capitals; hyphens join, and a contraction is two words."""
    split = _SPLITTING.sub(" ", _CLITIC.sub(r" \1", text))
    split = _JOINED.sub(lambda match: " ".join(part for part in match.groups() if part), split)
    return sum(word.isupper() for word in split.split())


def is_language(text: str, code: str) -> bool:
    """Whether a text is in the language of this code, by its most likely language where none is certain."""
    return (language(text) or identified(text)[0]) == code


def may_be_english(text: str) -> bool:
    """Whether a text is English or too short to have a language."""
    return language(text.lower()) in ("", "en")
