r"""Where a text marks its answer by form: `\boxed{}`, `<answer>`, a JSON key, GSM8K's `####`.

Helpers of the readers of answers; this file holds no scorer of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST = 100
"""Marks of one kind that are looked at, from the end of a text."""
BOX = re.compile(r"\\(?:boxed|framebox|fbox)\s*\{")
BRACE = re.compile(r"(?<!\\)[{}]")
NAMES = r"answer|final[_ -]?answer|final|choice|verdict|option|label|result|solution"
TAGGED = re.compile(rf"<({NAMES})>\s*(.{{1,1000}}?)\s*(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
TOKENS = re.compile(r"<\|begin_of_box\|>\s*(.{1,1000}?)\s*<\|end_of_box\|>", re.DOTALL)
LOOSE_TAG = re.compile(rf"</?(?:{NAMES})>|<\|(?:begin|end)_of_box\|>", re.IGNORECASE)
KEYED = re.compile(
    r"[\"'](?:(?:final|correct|best|chosen|selected|predicted|right|my|the)[ _-]?)?"
    r"(?:answer|choice|verdict|option|label|prediction|decision|conclusion|selection|judge?ment|rating|letter|result"
    r"|response|output)"
    r"(?:[ _-](?:letter|option|value|key|text|label|choice))?[\"']\s*:\s*"
    r"(\"{1,2}(?:[^\"\\]|\\.){1,1000}\"{1,2}|'[^'\n]{0,1000}'|\[[^\[\]{}]{0,1000}\]|[^\s,{}\[\]\"'][^,}\n]{0,200})",
    re.IGNORECASE,
)
HASHES = re.compile(r"####[ \t]*((?!\d+[.)][ \t]+[^\W\d])(?=\W*\d|\D*$)[^\n]+)", re.MULTILINE)
"""What GSM8K marks its answers with; a heading of four hashes begins with a word and has no answer of its own."""
WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|math(?:bf|rm|it|sf|tt|bb|cal)|mbox|hbox|bm|boldsymbol|emph|underline"
    r"|operatorname)"
    r"\s*\{([^{}]*)\}"
)
SPACING = re.compile(r"\\[,;:! ]|\\q?quad\b|\\(?:left|right|displaystyle|limits|bf|rm|Large|large)(?![a-zA-Z])|~(?!~)")
SIGNS = (
    ("{,}", ","),
    ("\\$", "$"),
    ("\\%", "%"),
    ("\\times", "×"),
    ("\\cdot", "·"),
    ("\\#", "#"),
    ("\\&", "&"),
    ("\\(", " "),
    ("\\)", ""),
    ("\\[", " "),
    ("\\]", ""),
)
NESTED = 4
"""Wrappers within wrappers that are taken off."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked place: where it begins in the text, and what it holds from where to where."""

    start: int
    inside: str
    first: int
    last: int


def _mark(start: int, text: str, first: int, last: int) -> Mark:
    inside = text[first:last]
    first += len(inside) - len(inside.lstrip(" \t\n\"'"))
    return Mark(start, text[first:last].rstrip(" \t\n\"'"), first, first + len(text[first:last].rstrip(" \t\n\"'")))


def boxes(text: str) -> list[Mark]:
    r"""Every `\boxed{...}`, by where it opens, braces balanced; an unclosed box counts for nothing."""
    openings = {box.end() - 1: box.start() for box in BOX.finditer(text)}
    if not openings:
        return []
    open_braces: list[int] = []
    closed: list[Mark] = []
    for brace in BRACE.finditer(text):
        if brace.group() == "{":
            open_braces.append(brace.start())
        elif open_braces:
            start = open_braces.pop()
            if start in openings:
                closed.append(_mark(openings[start], text, start + 1, brace.start()))
    return sorted(closed, key=lambda mark: mark.start)[-MOST:]


def marks(text: str) -> list[Mark]:
    """Every marked place of a text in normal form, in order."""
    places = boxes(text) if "\\" in text else []
    if "<" in text:
        places += [_mark(m.start(), text, *m.span(2)) for m in TAGGED.finditer(text)]
        places += [_mark(m.start(), text, *m.span(1)) for m in TOKENS.finditer(text)]
    if ":" in text:
        places += [_mark(m.start(), text, *m.span(1)) for m in KEYED.finditer(text)]
    if "####" in text:
        places += [_mark(m.start(), text, *m.span(1)) for m in HASHES.finditer(text)]
    return sorted(places, key=lambda mark: mark.start)[-MOST:]


def without_tags(text: str) -> str:
    """The text with answer tags as blanks of their length."""
    return LOOSE_TAG.sub(lambda tag: " " * len(tag.group()), text) if "<" in text else text


def without_latex(text: str) -> str:
    r"""The text without LaTeX that only dresses it: `\textbf{(C)}` is `(C)`, `1{,}234` is `1,234`."""
    if "\\" not in text and "{,}" not in text:
        return text
    for _ in range(NESTED):
        text, count = WRAPPER.subn(r"\1", text)
        if not count:
            break
    for sign, plain in SIGNS:
        text = text.replace(sign, plain)
    return SPACING.sub(lambda gap: "" if gap.group() in ("\\!", "\\,") else " ", text)
