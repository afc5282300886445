"""One canonical form of text for the comparison with secrets: escapes decoded, scripts and separators made one.

A secret that a person would recognise must not hide behind a typographic hyphen, an HTML entity, another script's
digits or an accent. Meaning stays: no letter or digit is dropped. Helpers of `privacy_leak`; no scorer of its own.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

from trustdelta.scorers.answer_number_words import SPELLED, TENS, UNITS, spelled_out
from trustdelta.scorers.text_normal import LATIN, LOOKALIKES, OTHER_SCRIPT

CODE_POINT = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[uU]\{?([0-9a-fA-F]{5,8})\}|x([0-9a-fA-F]{2}))")
PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathbf|texttt|textbf)\s*\{([^{}]*)\}")
LATEX_SPACE = re.compile(r"\\[,;:! ]|\\q?quad\b")
LINE_ESCAPE = re.compile(r"\\[nrt](?![a-z])")
MARKDOWN = re.compile(r"\\([^\w\s]|_)")
INLINE_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|code|mark|a|font|small|sub|sup)(?:\s[^<>]*)?>", re.I)
SIGN_TAG = re.compile(r"<\s*(at|dot|punkt|punto|point|ponto|arroba|underscore|dash|hyphen|plus)\s*>", re.I)
"""A sign of an address that is spelled between angle brackets."""
BLOCK_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.I)
EMPHASIS = re.compile(r"\*\*|__|~~|(?<!\w)[*_`](?=\S)|(?<=\S)[*_`](?!\w)")
MIXED_WORD = re.compile(r"\w*[A-Za-z]\w*")
JOINERS = frozenset({"Cf", "Me"})
"""Categories of characters that nobody sees: formats, and the keycap around an emoji digit."""
SIGNS = {
    "\u2212": "-", "\u02d7": "-", "\u2043": "-", "\u00b7": ".", "\u2022": ".", "\u2024": ".", "\u2027": ".",
    "\u2219": ".", "\u22c5": ".", "\u30fb": ".", "\u3002": ".", "\u2044": "/", "\u2215": "/", "\u2018": "'",
    "\u2019": "'", "\u02bc": "'", "\u00b4": "'", "\u201c": '"', "\u201d": '"', "\u066b": ".", "\u066c": ",",
}  # fmt: skip
DIGIT_WORDS = (
    "zero one two three four five six seven eight nine",
    "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "z\u00e9ro un deux trois quatre cinq six sept huit neuf",
    "null eins zwei drei vier f\u00fcnf sechs sieben acht neun",
    "zero uno due tre quattro cinque sei sette otto nove",
    "zero um dois tr\u00eas quatro cinco seis sete oito nove",
    "nul een twee drie vier vijf zes zeven acht negen",
)
HAN_DIGITS = {ord(han): str(value) for value, han in enumerate("零一二三四五六七八九")} | {ord("〇"): "0"}
HAN_RUN = re.compile(r"[〇零一二三四五六七八九]{3,}")
TIMES = {"double": 2, "triple": 3}


def unescaped(text: str) -> str:
    """`text` without the escapes of JSON, HTML, URLs, Markdown and LaTeX, and without HTML tags."""
    if "\\" in text:
        text = CODE_POINT.sub(_code_point, text)
        text = LATEX_SPACE.sub(" ", LATEX_TEXT.sub(r"\1", LINE_ESCAPE.sub(" ", text)))
        text = MARKDOWN.sub(r"\1", text)
    if "&" in text:
        text = html.unescape(text)
    if PERCENT.search(text):
        text = unquote(text)
    if "<" in text:
        text = BLOCK_TAG.sub(" ", INLINE_TAG.sub("", SIGN_TAG.sub(r" \1 ", text)))
    return text


def _code_point(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else match.group()


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """`text` in one case, one script of digits, one hyphen and one space; without escapes, accents and emphasis."""
    text = unescaped(text)
    if not text.isascii():
        text = _one_script(text)
    return EMPHASIS.sub("", text).casefold().strip()


def _one_script(text: str) -> str:
    text = "".join(_plain(char) for char in unicodedata.normalize("NFKC", text))
    if len(OTHER_SCRIPT.findall(text)) <= len(LATIN.findall(text)):
        return text.translate(LOOKALIKES)
    return MIXED_WORD.sub(lambda word: word.group().translate(LOOKALIKES), text)


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """One character of NFKC text in canonical form; several, or none, where that takes them."""
    if char.isascii():
        return char
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if char in SIGNS:
        return SIGNS[char]
    category = unicodedata.category(char)
    if category in JOINERS or unicodedata.name(char, "").startswith("VARIATION SELECTOR"):
        return ""
    if category in ("Pd", "Zs"):
        return "-" if category == "Pd" else " "
    return _without_accent(char)


def _without_accent(char: str) -> str:
    """A Latin letter without its accents, whatever else unchanged; accents of other scripts carry vowels."""
    parts = unicodedata.normalize("NFKD", char)
    return parts[0] if len(parts) > 1 and LATIN.match(parts[0]) else char


def _words() -> dict[str, str]:
    words = {"oh": "0", "o": "0"}
    for line in DIGIT_WORDS:
        words |= {canonical(word): str(value) for value, word in enumerate(line.split())}
    return words


VALUE = _words()
TEENS = {word: str(value) for word, value in UNITS.items() if value >= 10}
FIRST_DIGITS = {word: str(digit) for digit, word in enumerate(TENS, 2)}
SPOKEN = VALUE.keys() | TIMES.keys() | TEENS.keys() | FIRST_DIGITS.keys()
_UNIT = "|".join(DIGIT_WORDS[0].split()[1:])
_PAIR = rf"(?:{'|'.join(TENS)})(?:[\s-](?:{_UNIT})(?!\w))?|{'|'.join(TEENS)}"
_WORD = rf"(?:(?:(?:double|triple)[\s-]+)?(?:{'|'.join(sorted(VALUE, key=len, reverse=True))})|{_PAIR})"
SPELLED_RUN = re.compile(
    rf"(?<!\w)(?:{_WORD}(?:[\s,.;-]+{_WORD}){{2,}}|(?:{_PAIR})[\s,.;-]+(?:{_PAIR}))(?!\w)(?![\s-](?:hundred|thousand))"
)
SCALE_WORD = re.compile(r"\b(?:hundred|thousand|million|billion)\b")
DIGIT_WORD = re.compile(r"\w+")


@lru_cache(maxsize=256)
def with_digits(text: str) -> str:
    """Canonical text with spelled digits as numerals: three or more ("four one five"), pairs ("forty-one fifteen")."""
    if not text.isascii():
        text = HAN_RUN.sub(lambda run: run.group().translate(HAN_DIGITS), text)
    return SPELLED_RUN.sub(_numerals, text) if _may_spell(text) else text


def _may_spell(text: str) -> bool:
    """Whether two digit words stand side by side: far cheaper than the search for whole runs."""
    return any(a in SPOKEN and b in SPOKEN for a, b in pairwise(DIGIT_WORD.findall(text)))


def _numerals(run: re.Match[str]) -> str:
    digits: list[str] = []
    times, tens = 1, ""
    for word in DIGIT_WORD.findall(run.group()):
        if tens and word in VALUE and VALUE[word] != "0":
            digits[-1], tens = tens + VALUE[word], ""
            continue
        tens = ""
        if word in TIMES:
            times = TIMES[word]
        elif word in FIRST_DIGITS:
            tens = FIRST_DIGITS[word]
            digits.append(tens + "0")
        else:
            digits.append(TEENS.get(word) or VALUE[word] * times)
            times = 1
    return "".join(digits)


def first_word(number: int) -> str:
    """The word that an English number from 1 to 999 begins with; or holds, where that may be "a"."""
    if number == 1 or 100 <= number < 200:
        return "a" if number == 1 else "hundred"
    digits = DIGIT_WORDS[0].split()
    if 20 <= number < 100:
        return TENS[number // 10 - 2]
    return tuple(TEENS)[number - 10] if 10 <= number < 20 else digits[number // 100 or number]


@lru_cache(maxsize=256)
def with_cardinals(text: str) -> str:
    """Canonical text with English numbers of hundreds, thousands and more ("eighty-five thousand") as numerals."""
    return SPELLED.sub(_cardinal, text) if SCALE_WORD.search(text) else text


def _cardinal(match: re.Match[str]) -> str:
    read = spelled_out(match.string, match.start()) if SCALE_WORD.search(match.group()) else None
    return match.group() if read is None or read[1] != match.end() else str(read[2])
