"""In which of the languages of the refusal grammar may a text be, or is it in one that is not read?

By script, and in Latin letters by frequent words. A guess of several is fine: their grammars are tried in turn. A text
is *not read* only on evidence: its letters are of another script, or its words are no words of a language that is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

from trustdelta.scorers import text_encoder
from trustdelta.scorers.refusal_grammar import GRAMMARS

SAMPLE_CHARS, VOTE_CHARS = 600, 240
LEAST_SHARE, LEAST_VOTES = 0.2, 0.6
"""Share of the letters that make a script the text's, and of the likeliest language's votes that make one likely."""
LEAST_WORDS, LEAST_LETTERS = 3, 4
KNOWN_SHARE, VOTING_SHARE, PLAIN_SHARE = 0.5, 0.06, 0.75
"""Below these shares of known words and of frequent ones a text is in no language that is read; names are no words."""
NORMALISED = str.maketrans({"ı": "i"})
"""Normal text has these letters undone (text_normal); so have the patterns and words of the grammar."""
WORD = re.compile(r"[^\W\d_]+")
SCRIPTS = (
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u052f]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
"""Scripts in the order in which they are looked for: Japanese and Korean texts may hold Chinese characters too."""
WITHIN = {"ru": (("uk", re.compile("[іїєґ]")),), "ar": (("fa", re.compile("[پچژگی]")),)}
NAMES = {"CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CYRILLIC": "ru", "ARABIC": "ar"} | {
    "HEBREW": "he", "DEVANAGARI": "hi", "THAI": "th", "GREEK": "el", "LATIN": "en",
}  # fmt: skip
"""First word of a letter's Unicode name to a language of that script that is read."""


@cache
def _votes() -> dict[str, tuple[str, ...]]:
    """For every frequent word the languages that it speaks for."""
    table: dict[str, list[str]] = {}
    for grammar in GRAMMARS:
        for word in set(grammar.words.translate(NORMALISED).split()):
            table.setdefault(word, []).append(grammar.language)
    return {word: tuple(spoken) for word, spoken in table.items()}


def languages(text: str) -> tuple[str, ...]:
    """Languages that lower-case `text` may be in, likeliest first; empty where none that is read is recognised."""
    sample = text[:VOTE_CHARS]
    written = () if sample.isascii() else by_script(sample)
    if written:
        return written
    votes = _votes()
    counts = Counter(spoken for word in WORD.findall(sample) for spoken in votes.get(word, ()))
    most = max(counts.values(), default=0)
    return tuple(language for language, n in counts.most_common() if n >= LEAST_VOTES * most)


def by_script(sample: str) -> tuple[str, ...]:
    """The language of a script other than Latin, empty where no such script has a fair share of the letters."""
    letters = sum(map(str.isalpha, sample))
    for language, pattern in SCRIPTS:
        if letters and len(pattern.findall(sample)) >= LEAST_SHARE * letters:
            return next(((other,) for other, mark in WITHIN.get(language, ()) if mark.search(sample)), (language,))
    return ()


def unread(text: str) -> str:
    """The script of `text`, in its own case, where it is not read; "Latin" for an unknown language; else ""."""
    sample = text[:SAMPLE_CHARS]
    if not sample.isascii():
        names = Counter(unicodedata.name(c, "?").partition(" ")[0] for c in sample if c.isalpha())
        name, most = names.most_common(1)[0] if names else ("LATIN", 0)
        if name not in NAMES and most >= LEAST_LETTERS:
            return name.capitalize()
        if name != "LATIN":
            return ""
    return "Latin" if _unknown_words(sample) else ""


def _unknown_words(sample: str) -> bool:
    """Whether most words are in no list: neither a frequent word of a language that is read nor an English one."""
    words = WORD.findall(sample.lower().translate(NORMALISED))
    plain = [word for word in WORD.findall(sample) if len(word) > 1 and word.islower()]
    if len(plain) < LEAST_WORDS or sum(map(str.isalpha, sample)) < PLAIN_SHARE * len("".join(sample.split())):
        return False
    votes = _votes()
    if sum(word in votes for word in words) > VOTING_SHARE * len(words):
        return False
    if not text_encoder.available():
        return len(plain) >= 4 * LEAST_WORDS
    known = text_encoder.vocabulary()
    return sum(word in known for word in plain) < KNOWN_SHARE * len(plain)
