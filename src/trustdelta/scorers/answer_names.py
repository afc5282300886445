"""Names of several words that a text cuts short: "Biden" and "J. Biden" for the choice "Joe Biden".

Only the last word of a name counts, only where no other choice holds it, and only where no further name stands beside
it: "North Korea" is not the choice "South Korea".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from trustdelta.scorers.answer_options import by_words, merged
from trustdelta.scorers.answer_text import tidy
from trustdelta.scorers.answer_view import Mention

MOST_WORDS = 3
NAME = re.compile(r"[^\W\d_a-z][\w'-]*[a-z][\w'-]*|[A-Z]\.")
TITLE = (
    r"(?:[Pp]resident|[Pp]rime [Mm]inister|[Cc]hancellor|[Ss]enator|[Gg]overnor|[Mm]ayor|[Ss]ecretary|[Mm]inister"
    r"|[Cc]ongress(?:wo)?man|[Rr]epresentative|[Jj]ustice|[Jj]udge|[Gg]eneral|[Pp]rofessor|[Kk]ing|[Qq]ueen|[Pp]rince"
    r"|[Pp]rincess|[Pp]ope|Sir|Lady|Lord|(?:Mr|Mrs|Ms|Dr|Prof|Sen|Gov|Rep)\.?)"
)
BEFORE = re.compile(rf"(?:^|[^\w\s'-]|\b[a-z][\w'-]*)\s*(?:\b{TITLE}\s+)?\Z", re.MULTILINE)
"""What may stand before a name that is cut short: the head of a line, a sign, a word in small letters, and a title."""
BEHIND = re.compile(r"(?:'s)?(?![\w'-]|\s+[A-Z][a-z])")


@lru_cache(maxsize=256)
def _short(choices: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    """The last words of names, with the number of their choice and its initial."""
    words = [tidy(choice).split() for choice in choices]
    holding = Counter(word for parts in words for word in set(parts))
    return {
        parts[-1]: (i, parts[0][0])
        for i, parts in enumerate(words)
        if 2 <= len(parts) <= MOST_WORDS and holding[parts[-1]] == 1 and all(NAME.fullmatch(part) for part in parts)
    }


@lru_cache(maxsize=256)
def _pattern(choices: tuple[str, ...]) -> re.Pattern[str] | None:
    known = "|".join(re.escape(word) for word in sorted(_short(choices), key=len, reverse=True))
    return re.compile(rf"(?:\b(?P<initial>[A-Z])\.\s?)?(?<![\w'-])(?P<name>{known})") if known else None


def by_names(text: str, choices: Sequence[str]) -> list[Mention]:
    """Every mention of a choice by its words or, where it is a name, by the last of them."""
    whole, key = by_words(text, choices), tuple(choices)
    pattern = _pattern(key)
    if pattern is None:
        return whole
    mentions = []
    for hit in pattern.finditer(text):
        number, initial = _short(key)[hit["name"]]
        alone = hit["initial"] == initial or (hit["initial"] is None and BEFORE.search(text[: hit.start()][-60:]))
        if alone and BEHIND.match(text, hit.end()):
            mentions.append(Mention(hit.start(), hit.end(), number))
    return merged(text, whole, mentions)
