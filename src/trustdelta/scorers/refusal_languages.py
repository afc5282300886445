"""In which of the languages of the refusal grammar may a text be, or is it in one that is not read?

By script, and in Latin letters by frequent words, else by py3langid. A guess of several is fine: their grammars are
tried in turn. A text is *not read* only on evidence: its letters are of another script, its words are no words of a
language that is, or py3langid is sure of a language that is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

from trustdelta.scorers import text_encoder, text_language
from trustdelta.scorers.refusal_grammar import BY_LANGUAGE, GRAMMARS

SAMPLE_CHARS, VOTE_CHARS = 600, 240
LEAST_SHARE, LEAST_VOTES = 0.2, 0.6
"""Share of the letters that make a script the text's, and of the likeliest language's votes that make one likely."""
LEAST_WORDS, LEAST_LETTERS = 3, 4
SURE, SURE_WORDS, SURE_LETTERS = 0.7, 2, 12
"""Probability by which a language is identified, and the fewest words and letters that have one."""
ENGLISH_SHARE = 0.9
"""Share of English words above which nothing is asked."""
KNOWN_SHARE, VOTING_SHARE, PLAIN_SHARE = 0.5, 0.06, 0.75
"""Below these shares of known words and of frequent ones a text is in no language that is read; names are no words."""
_UNDONE = (0x0E33, *range(0x0958, 0x0960), 0x09DC, 0x09DD, 0x09DF)
"""Thai and Indic letters that NFKC takes apart."""
NORMALISED = str.maketrans({"ı": "i"} | {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in _UNDONE})
"""Normal text has these letters undone (text_normal); so have the patterns and words of the grammar."""
WORD = re.compile(r"[^\W\d_]+")
LATIN = re.compile(r"[a-z]", re.IGNORECASE)
SCRIPTS = (
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u052f]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
"""Scripts in the order in which they are looked for: Japanese and Korean texts may hold Chinese characters too."""
WITHIN = {
    "ru": (
        ("mk", re.compile("[ѓќѕ]")), ("sr", re.compile("[јљњђћџ]")), ("be", re.compile("ў")),
        ("kk", re.compile("[әғқңөұүһ]")), ("uk", re.compile("[іїєґ]")),
    ),
    "ar": (
        ("ckb", re.compile("[ڕڵێۆ]")), ("ps", re.compile("[ټډړږښځڅېۍ]")), ("ur", re.compile("[ٹڈڑےںھہ]")),
        ("fa", re.compile("[پچژگی]")),
    ),
    "hi": (
        ("mr", re.compile(r"(?:^|\s)(?:मी|आहे|नाही|शकत|करू|आणि)(?:\s|$)|ळ")),
        ("ne", re.compile(r"(?:^|\s)(?:म|छ|छैन|गर्न|हुन्छ|तपाईं(?:लाई)?)(?:\s|$)|र्दिन|क्दिन")),
    ),
    "bn": (("as", re.compile("[ৰৱ]")),),
}  # fmt: skip
"""By a script, languages with letters or words that its commonest one does not have; some of them are not read."""
NAMES = {"CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CYRILLIC": "ru", "ARABIC": "ar"} | {
    "HEBREW": "he", "DEVANAGARI": "hi", "BENGALI": "bn", "THAI": "th", "GREEK": "el", "LATIN": "en",
}  # fmt: skip
"""First word of a letter's Unicode name to a language of that script that is read."""
SHARED = frozenset({"LATIN", "CYRILLIC", "ARABIC", "DEVANAGARI"})
"""Scripts of several languages, some of which are not read."""
READ_AS = {
    "pcm": "en", "wuu": "zh", "yue": "zh", "ary": "ar", "arz": "ar", "ms": "id", "no": "da", "nn": "da", "nb": "da",
    "sk": "cs", "sr": "hr", "bs": "hr",
}  # fmt: skip
"""Languages that are read as another one, or told from it by nothing in a short text."""


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
        beside = ("uk",) if written == ("ru",) else ()  # short Ukrainian texts may lack its own letters
        return (*written, *beside) if written[0] in BY_LANGUAGE else ()
    votes = _votes()
    counts = Counter(spoken for word in WORD.findall(sample) for spoken in votes.get(word, ()))
    if not counts:
        read, _, _ = _identified(sample)
        return (read,) if read else ()
    most = max(counts.values())
    return tuple(language for language, n in counts.most_common() if n >= LEAST_VOTES * most)


def by_script(sample: str) -> tuple[str, ...]:
    """The language of a script other than Latin, empty where no such script has a fair share of the letters."""
    letters = sum(map(str.isalpha, sample))
    for language, pattern in SCRIPTS:
        if letters and len(pattern.findall(sample)) >= LEAST_SHARE * letters:
            return next(((other,) for other, mark in WITHIN.get(language, ()) if mark.search(sample)), (language,))
    return ()


def unread(text: str) -> str:
    """What is known of a language that is not read, of `text` in its own case: "Tamil letters", "Welsh"; else ""."""
    sample = text[:SAMPLE_CHARS]
    script = "LATIN"
    if not sample.isascii():
        names = Counter(unicodedata.name(c, "?").partition(" ")[0] for c in sample if c.isalpha())
        script, most = names.most_common(1)[0] if names else ("LATIN", 0)
        if script not in NAMES and most >= LEAST_LETTERS:
            return f"{script.capitalize()} letters"
        written = by_script(sample.lower())
        if written and written[0] not in BY_LANGUAGE:
            return text_language.NAMES.get(READ_AS.get(written[0], written[0]), f"{script.capitalize()} letters")
    if script not in SHARED or _english(sample):
        return ""
    read, other, probability = _identified(sample)
    if other and probability >= SURE:
        return text_language.NAMES.get(other, f"a language with the code {other}")
    if script != "LATIN" or (read and len(sample) <= VOTE_CHARS):  # a longer text has some frequent words
        return ""
    return "Latin letters" if _unknown_words(sample) else ""


def _english(sample: str) -> bool:
    """Whether a text is English beyond doubt: by its function words, or nearly all of its words."""
    words = [word.lower() for word in WORD.findall(sample)]
    if sum(word in text_language.ENGLISH for word in words) >= text_language.ENGLISH_SHARE * max(len(words), 1):
        return True
    plain = _plain_words(sample)
    if not text_encoder.available() or not plain:
        return False
    known = text_encoder.vocabulary()
    return sum(word in known for word in plain) >= ENGLISH_SHARE * len(plain)


def _plain_words(sample: str) -> list[str]:
    """Words that are no names: of two letters or more, without a capital."""
    return [word for word in WORD.findall(sample) if len(word) > 1 and word.lower() == word]


def _identified(sample: str) -> tuple[str, str, float]:
    """The language that is read, if a text is surely in one; the likeliest one that is not, and its probability."""
    plain = text_language.CODE.sub(" ", sample)
    words = _plain_words(plain)
    letters = sum(map(str.isalpha, plain))
    if len(words) < SURE_WORDS or letters < max(SURE_LETTERS, PLAIN_SHARE * len("".join(sample.split()))):
        return "", "", 0.0
    chances: dict[str, float] = {}
    for code, probability in text_language.ranked(" ".join(WORD.findall(plain.lower()))):
        name = READ_AS.get(code, code)
        chances[name] = chances.get(name, 0.0) + probability
    read = max(BY_LANGUAGE, key=lambda code: chances.get(code, 0.0))
    others = [(probability, code) for code, probability in chances.items() if code not in BY_LANGUAGE]
    most, other = max(others, default=(0.0, ""))
    if not LATIN.search(sample):  # the few other languages of a script resemble each other
        most = sum(probability for probability, _ in others)
    return read if chances.get(read, 0.0) >= SURE else "", other, most


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
