r"""Answers that are plain in form, read without a search: `#### 18`, `B`, `\boxed{7}`, a last line "The answer is 18.".

Each function gives what the full reader gives, or None for "not plain": then the full reader is asked. The conditions
are those under which nothing else of the text could count for more; `tests/scorers/test_answer_plain.py` compares both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache

from trustdelta.scorers.answer_clauses import CONFIRMING, SHAPING, may_correct
from trustdelta.scorers.answer_languages import occurring
from trustdelta.scorers.answer_last_number import BEHIND
from trustdelta.scorers.answer_marks import KEYED
from trustdelta.scorers.answer_negation import any_of, words
from trustdelta.scorers.answer_number_words import SCALES
from trustdelta.scorers.answer_options import first_words
from trustdelta.scorers.answer_reader import BEFORE_MARK, EXCLUDED_MARK
from trustdelta.scorers.answer_statements import CHOOSING, INITIAL, NOUNS
from trustdelta.scorers.answer_text import tidy

LONGEST = 200
"""Characters of a line that is plain."""
STATES = (
    r"(?:(?:so|therefore|thus|hence),? )?(?:(?:the|my) (?:final |correct )?answer (?:is:? |: ?)|(?:final )?answer: ?)"
)
DIGITS = r"\$?(?:\d{1,15}|[1-9]\d{0,2}(?:,\d{3}){1,4})(?:\.\d{1,9})?"
VALUE = rf"(?P<value>-?{DIGITS})%?"
ENDS = r"(?:\*\*)?\.?(?:\*\*)?"
NUMBER = re.compile(VALUE)
STATED_NUMBER = re.compile(rf"(?:####[ ]?|(?:\*\*)?{STATES}(?:\*\*)? ?(?<=[ *]))(?:\*\*)?{VALUE}{ENDS}", re.IGNORECASE)
LAST_NUMBER = re.compile(rf"(?:[A-Za-z]+,? )*(?:\*\*)?(?P<value>{DIGITS})%?{ENDS}")
"""Without a minus, which may stand between two operands."""
STATED_LABEL = re.compile(
    rf"(?P<states>(?:\*\*)?{STATES}(?:\*\*)? ?(?<=[ *]))?(?:\*\*)?\(?(?-i:(?P<label>[A-Z]))\)?{ENDS}", re.IGNORECASE
)
STATED_WORDS = re.compile(
    rf"(?:(?:\*\*)?{STATES}(?:\*\*)? ?(?<=[ *]))?(?:\*\*)?(?P<words>[a-z]+(?: [a-z]+)?){ENDS}", re.IGNORECASE
)
STATED_FORMULA = re.compile(
    rf"{STATES}(?:\$([^$\\*_`#>~&\n]{{1,100}})\$|(\d{{1,15}}))(?:\.?|(?P<more>,? [a-z]{{2,}}(?:,? [a-z]+){{0,20}})\.?)",
    re.IGNORECASE,
)
JUDGING = words("is are was were would seems seem looks appears must has can being remains isn aren wasn weren or and")
"""Words that may call an answer wrong, or name another one, where they stand directly behind it."""
CHANGING = NOUNS | SHAPING
"""Words behind an answer that may lead to another one, or make it no statement."""
STATING = words("so therefore thus hence the my final correct answer is")
"""Words of `STATES`; an option that begins with one of them is left to the full reader."""
INSIDE = r"[^{}\\*_`#>~&<\"'\n]*"
BOX = re.compile(rf"\\boxed\{{((?:{INSIDE}\\[dt]?frac\{{{INSIDE}\}}\{{{INSIDE}\}})?{INSIDE})\}}")
FIRST_LINE = re.compile(r"\W*\d[^\n]{0,60}\n\s*\n")
"""A number with which a text opens, and which may be all of its answer."""
LETTERS = re.compile(r"[a-zA-Z]{4}")
WORD = re.compile(r"\w+")
LOUD = (
    NOUNS
    | CHOOSING
    | CONFIRMING
    | words("not never than instead of nicht no es pas negative minus menos moins meno t")
    | SCALES.keys()
)
"""Words without any of which a text leads to no answer and denies none; its last line may hold one."""


def last_line(text: str) -> str | None:
    """The last line of an ASCII text that marks no answer otherwise; None where it is long, or the text is no such."""
    if not text.isascii():
        return None
    text = text.rstrip(" \n")
    start = text.rfind("\n") + 1
    if len(text) - start > LONGEST or "<" in text or "\\" in text or text.find("####", 0, start) >= 0:
        return None
    if ":" in text and ("'" in text or '"' in text) and KEYED.search(text):
        return None
    return text[start:].lstrip(" ")


def box(text: str, undress: Callable[[str], str]) -> str | None:
    r"""What the last `\boxed{}` of an ASCII text holds, if no other mark follows and nothing is corrected."""
    start = text.rfind("\\boxed{")
    hit = BOX.match(text, start) if start >= 0 and text.isascii() else None
    if hit is None or _marks_behind(text, hit.end()):
        return None
    plain = tidy(text)
    start = plain.rfind("\\boxed{")
    if EXCLUDED_MARK.search(plain, max(0, start - BEFORE_MARK), start) or may_correct(undress(plain).lower()):
        return None
    return hit[1].strip() or None


def _marks_behind(text: str, end: int) -> bool:
    """Whether anything behind a place could mark an answer, or strike out what stands before it."""
    if end == len(text) or (end + 1 == len(text) and text[end] in "$."):
        return False
    keyed = text.find(":", end) >= 0 and (text.find('"', end) >= 0 or text.find("'", end) >= 0)
    return keyed or "~~" in text or any(text.find(sign, end) >= 0 for sign in ("\\", "<", "####"))


def formula(text: str) -> str | None:
    """A number, or what stands between dollar signs, in a last line that states it as the answer."""
    line = last_line(text)
    stated = None if line is None else STATED_FORMULA.fullmatch(line)
    if stated is None or (stated["more"] and _says_more(text, stated["more"])):
        return None
    content = stated[1] or stated[2]
    return None if LETTERS.search(content) else content.strip() or None


def _says_more(text: str, more: str) -> bool:
    """Whether the words behind a stated answer could change what it is."""
    words_behind = WORD.findall(more.lower())
    return words_behind[0] in JUDGING or not CHANGING.isdisjoint(words_behind) or bool(occurring(text.lower()))


def number(text: str) -> Fraction | None:
    """The number that the last line states, or is the only one to hold where nothing else leads to one."""
    line = last_line(text)
    if line is None:
        return None
    stated = STATED_NUMBER.fullmatch(line)
    if stated:
        return value(stated["value"], text)
    last = LAST_NUMBER.fullmatch(line)
    if last is None or any_of("|[~`", text):
        return None
    low = text.lower()
    if BEHIND.search(low) or FIRST_LINE.match(low):
        return None
    if may_correct(low) or not LOUD.isdisjoint(WORD.findall(low)) or occurring(low) or INITIAL.search(low):
        return None
    return value(last["value"], text)


def value(digits: str, text: str) -> Fraction | None:
    """A plain number; None where a language of the text might read its marks otherwise."""
    digits = digits.replace("$", "")
    if digits.lstrip("-").isdecimal():
        return Fraction(int(digits))
    return None if occurring(text.lower()) else Fraction(digits.replace(",", ""))


def choice(text: str, labels: Sequence[str], options: Sequence[str]) -> int | None:
    """The index of the letter that is the whole text, or that its last line states."""
    line = last_line(text)
    stated = None if line is None else STATED_LABEL.fullmatch(line)
    if stated is None or not (stated["states"] or text.strip(" \n") == line):
        return None
    letter = stated["label"]
    if letter not in labels or not _are_letters(tuple(labels)):
        return None
    first = first_words(options)
    return labels.index(letter) if letter.lower() not in first and STATING.isdisjoint(first) else None


@lru_cache(maxsize=256)
def _are_letters(labels: tuple[str, ...]) -> bool:
    return all(len(label) == 1 and label.isascii() and label.isupper() for label in labels)


def label(text: str, options: Sequence[str]) -> str | None:
    """The option that is the whole text, or that its only line states."""
    stated = STATED_WORDS.fullmatch(text.strip(" \n")) if len(text) <= LONGEST else None
    low = stated["words"].lower() if stated else None
    return low if low in options else None
