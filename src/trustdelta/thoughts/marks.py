"""Locates marks in a text: what each one opens or closes, and whether it is used or only mentioned."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from html import unescape
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from trustdelta.thoughts.formats import (
    ANSWER_NAMES,
    FORMATS,
    PERHAPS_THOUGHT_NAMES,
    THOUGHT_NAMES,
    ThoughtFormat,
)

Side = Literal["open", "close", "answer", "answer_end", "other"]

ZERO_WIDTH = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
BLANK = " \t\r" + ZERO_WIDTH


class Mark(NamedTuple):
    """A mark in a text."""

    start: int
    end: int
    side: Side
    key: str
    """The mark's format."""
    sure: bool = True
    """Whether its name alone identifies it."""

    @property
    def closes(self) -> bool:
        """Whether it ends a thought."""
        return self.side == "close"


class Kind(NamedTuple):
    """The classification of a mark by its name."""

    side: Side
    key: str
    sure: bool = True


_OTHER = Kind("other", "")
_TAGS = {
    "<": r" ?[/|｜]{0,2} ?[A-Za-z][^<>\s]{0,58} ?>",
    "&": r"lt;/?[A-Za-z][\w:-]{0,40}&gt;",
    "[": r"[/|]{0,2}[A-Za-z][\w|:]{0,30}\]",
    **{a: rf"/?[A-Za-z]\w{{0,28}}{b}" for a, b in ("◁▷", "‹›", "⟨⟩", "⟦⟧", "【】")},
}
"""Pattern of a mark behind its first bracket."""
_TAG = "|".join(re.escape(bracket) + behind for bracket, behind in _TAGS.items())
_ENDING = frozenset({"end", "stop", "close", "finish"})
_SIDES = _ENDING | {"begin", "start", "open"}
_WORD = re.compile(r"[A-Za-z]+|\d+")
_GLUED = re.compile(
    r"((?i:begin|start|open|end|stop|close)|[a-z]{2,12}(?=[A-Z]))(?:[oO]f)?((?i:think(?:ing)?|thoughts?|reasoning|monologue))"
)
"""A name of two words without a separator: "endofthought", "innerMonologue"."""
_IN_SENTENCE = ",;([{\"'`/\\=<>-–—*_&+|#$"
LONGEST_EXAMPLE = 12
"""Most words of a thought in an example."""
_QUOTES = {"`": "`", '"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "„": "“", "「": "」", "(": ")"}
_FENCE = re.compile(r"^[ \t]{0,3}(```|~~~)", re.MULTILINE)
_FENCE_HERE = re.compile(r"(```|~~~)")
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_TALK = re.compile(
    r"\b(?:tags?|formats?|templates?|examples?|instance|syntax|markup|markers?|tokens?|wrap\w*|enclos\w*|xml|"
    r"placeholders?|structure|follows|like this|beispiel|exemple|ejemplo|esempio)\b|标签|格式|例|示例",
    re.IGNORECASE,
)
_VERB = re.compile(r"[ \t]+(?:is|are|was|were|and|or|tags?|tokens?|marks?|blocks?|elements?|opens?|begins?|starts?)\b")
_PLACEHOLDER = re.compile(r"\s*(?:\.{2,}|…|and|or|und|oder|et|ou|y|o|/|,|\[[^\]\n]*\]|\{[^}\n]*\})?\s*")


def _literals() -> dict[str, Kind]:
    """Every mark of the table but opening words, with its classification."""
    kinds: dict[str, Kind] = {}
    for row in FORMATS:
        kinds |= dict.fromkeys((row.answer_open,), Kind("answer", row.name))
        kinds |= dict.fromkeys((row.answer_close,), Kind("answer_end", row.name))
        if not row.words:
            kinds |= dict.fromkeys(row.opening, Kind("open", row.name))
        kinds |= {
            c: Kind("close", row.name) for c in row.closing if not (row.words and (c[:1] not in "<[" or "\n" in c))
        }
    kinds.pop("", None)
    return kinds


LITERALS = _literals()
_LONG = [m for m in sorted(LITERALS, key=len, reverse=True) if not re.fullmatch(_TAG, m)]
_PATTERNS = {
    bracket: re.compile(
        re.escape(bracket) + f"(?:{'|'.join([*(re.escape(m[1:]) for m in _LONG if m[0] == bracket), behind])})"
    )
    for bracket, behind in _TAGS.items()
}
_ASCII, _WIDE = "<[&", "".join(_TAGS)[3:]
_DETAILS = re.compile(
    r"<details(?:\s[^<>]{0,200})?>\s{0,8}<summary>([^<>]{1,80})</summary>(?:(?=(.*?)(</details>)))?", re.DOTALL
)
"""A folded block (HTML details) with its title and close."""


def _core(token: str) -> tuple[str, tuple[str, ...], bool]:
    """Bracket, name without its side, and whether the token closes."""
    inner = token[1:-1]
    words = [w.lower() for w in _WORD.findall(inner)]
    if len(words) == 1 and (glued := _GLUED.fullmatch(inner.strip("/|｜ "))):
        words = [w.lower() for w in glued.groups() if w]
    name = tuple(w for w in words if w not in _SIDES and w != "of")
    return token[0], name, "/" in inner[:2] or not _ENDING.isdisjoint(words)


def special(token: str) -> bool:
    """Whether a token has the shape of a tokenizer's special token rather than of a tag in a text."""
    return token[1:2] in ("|", "｜") or token[-2:-1] in ("|", "｜") or token[0] in "◁⟦" or token[2:3] == "|"


_BY_CORE = {
    (bracket, name): row.name
    for row in reversed(FORMATS)
    if not row.words and re.fullmatch(_TAG, row.open)
    for bracket, name, _ in [_core(row.open)]
    if name
}


@lru_cache(4096)
def kind_of(token: str) -> Kind:
    """The classification of a mark: its row of the table, or by its name."""
    if token not in LITERALS and token[0] in "<&":
        token = unescape(token).replace(" ", "")
    if token in LITERALS and token[:1] in "<[◁":
        return LITERALS[token]
    bracket, name, closing = _core(token)
    words = frozenset(name)
    if bracket not in "<◁" and not special(token) and words & THOUGHT_NAMES:
        return Kind("close" if closing else "open", _BY_CORE.get((bracket, name)) or _named(token, name), sure=False)
    if words & THOUGHT_NAMES or (words & PERHAPS_THOUGHT_NAMES and special(token)):
        return Kind("close" if closing else "open", _BY_CORE.get((bracket, name)) or _named(token, name))
    if words & PERHAPS_THOUGHT_NAMES and len(name) == 1:
        return Kind("close" if closing else "open", _named(token, name), sure=False)
    if words & ANSWER_NAMES and len(name) <= 2:
        return Kind("answer_end" if closing else "answer", "-".join(name), sure=special(token))
    return _OTHER


def _named(token: str, name: tuple[str, ...]) -> str:
    """The key of a format that is not in the table."""
    return f"{token[0]}{'-'.join(name)}{token[-1]}"


def marks_in(text: str, start: int, end: int, row: ThoughtFormat | None = None) -> list[Mark]:
    """Every mark of thoughts and answers in a span, in order; only those of `row`, if passed."""
    if row is not None:
        pattern, kinds = _of_row(row)
        return [Mark(m.start(), m.end(), kinds[m.group()].side, row.name) for m in pattern.finditer(text, start, end)]
    marks = [
        Mark(m.start(), m.end(), *kind)
        for bracket in brackets_in(text)
        for m in _PATTERNS[bracket].finditer(text, start, end)
        if (kind := kind_of(m.group())).side != "other"
    ]
    return sorted(marks + _folded(text, start, end) if "<details" in text else marks)


def _folded(text: str, start: int, end: int) -> list[Mark]:
    """The ends of folded blocks whose title denotes a thought."""
    marks = []
    for block in _DETAILS.finditer(text, start, end):
        words = {w.lower() for w in _WORD.findall(block[1])}
        if words & THOUGHT_NAMES:
            marks.append(Mark(*block.span(), "open", "details"))
            marks += [Mark(*block.span(3), "close", "details")] if block[3] else []
    return marks


def brackets_in(text: str) -> str:
    """The brackets in the text with which a mark could start."""
    possible = _ASCII if text.isascii() else _ASCII + _WIDE
    return "".join(c for c in possible if c in text)


@lru_cache(64)
def _of_row(row: ThoughtFormat) -> tuple[re.Pattern[str], dict[str, Kind]]:
    """The pattern of one format's marks, and the classification of each."""
    kinds = dict.fromkeys(row.opening, Kind("open", row.name)) | dict.fromkeys(row.closing, Kind("close", row.name))
    if row.answer_open and special(row.answer_open):
        kinds[row.answer_open] = Kind("answer", row.name)
    return re.compile("|".join(re.escape(m) for m in sorted(kinds, key=len, reverse=True))), kinds


def quoted(text: str, marks: list[Mark], start: int, end: int, *, inline_code: bool) -> set[int]:
    """Indices of the marks between quotes or in code."""
    if not marks:
        return set()
    spans = _fenced(text, start, end)
    if inline_code:
        spans = sorted(spans + [m.span() for m in _INLINE_CODE.finditer(text, start, end)])
    begins = [s for s, _ in spans]
    indices = set()
    for i, mark in enumerate(marks):
        before, after = text[mark.start - 1 : mark.start] if mark.start > start else "", text[mark.end : mark.end + 1]
        k = bisect_right(begins, mark.start) - 1
        if (after and _QUOTES.get(before) == after) or (k >= 0 and mark.end <= spans[k][1]):
            indices.add(i)
    return indices


def _fenced(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of closed code fences."""
    spans, opened = [], None
    first = _FENCE_HERE.match(text, strip_span(text, start, end)[0], end)  # right behind a closing mark
    for m in chain([first] if first else [], _FENCE.finditer(text, first.end() if first else start, end)):
        if opened is None:
            opened = m
        elif m.group(1) == opened.group(1):
            spans.append((opened.start(), m.end()))
            opened = None
    return spans


def pairs(text: str, marks: list[Mark]) -> set[int]:
    """Indices of opening marks closed by the next mark on the same line, and of those closes."""
    indices = set()
    for i, (a, b) in enumerate(pairwise(marks)):
        if a.side == "open" and b.closes and a.key == b.key and text.find("\n", a.end, b.start) < 0:
            indices |= {i, i + 1}
    return indices


def strip_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space and zero-width characters at its ends; empty if it has no other characters."""
    while end > start and (text[end - 1].isspace() or text[end - 1] in ZERO_WIDTH):
        end -= 1
    while start < end and (text[start].isspace() or text[start] in ZERO_WIDTH):
        start += 1
    return start, end


def stripped(text: str) -> str:
    """A text without white space and zero-width characters at its ends."""
    start, end = strip_span(text, 0, len(text))
    return text[start:end]


def line_ends(text: str, at: int, end: int) -> bool:
    """Whether only blanks lie between `at` and the end of its line."""
    while at < end and text[at] in BLANK:
        at += 1
    return at >= end or text[at] == "\n"


def edge(text: str, mark: Mark, start: int, end: int) -> bool:
    """Whether a mark is first or last in its line."""
    return begins_line(text, mark.start, start) or line_ends(text, mark.end, end)


def _before(text: str, at: int, start: int) -> int:
    """Start of the blanks before `at`."""
    while at > start and text[at - 1] in BLANK:
        at -= 1
    return at


def begins_line(text: str, at: int, start: int) -> bool:
    """Whether only blanks precede `at` in its line."""
    at = _before(text, at, start)
    return at <= start or text[at - 1] == "\n"


def begins_sentence(text: str, at: int, start: int) -> bool:
    """Whether a new line or sentence begins at `at`; a line indented like code does not count."""
    behind = _before(text, at, start)
    if behind <= start or text[behind - 1] == "\n":
        return behind <= start or ("\t" not in text[behind:at] and at - behind < 4)
    char = text[behind - 1]
    return char in ".!?:。！？：…" or (behind < at and not char.isalnum() and char not in _IN_SENTENCE)


def sentence_follows(text: str, at: int, end: int) -> bool:
    """Whether a new line or sentence, not the current one, continues at `at`."""
    after = at
    while after < end and text[after] in BLANK:
        after += 1
    if after >= end or text[after] == "\n":
        return True
    char = text[after]
    if char in ",.;:)]}!?，。；：）" or (after == at and char == "<"):
        return False
    return after == at or not char.islower()


def begins_example(text: str, at: int, start: int, inside: str) -> bool:
    """Whether a mark at `at` begins an example: the line before mentions formats and ends in a colon."""
    before = text[max(start, at - 200) : at].rstrip(BLANK + "\n")
    if not before.endswith((":", "：")):
        return False
    line = before[before.rfind("\n") + 1 :]
    short = len(inside) < 200 and len(inside.split()) <= LONGEST_EXAMPLE
    return (short and bool(_TALK.search(line))) or (bool(inside) and placeholder(inside))


def is_subject(text: str, at: int, end: int) -> bool:
    """Whether a mark is the subject of a sentence: "<think> is the tag"."""
    return bool(_VERB.match(text, at, end))


def placeholder(inside: str) -> bool:
    """Whether the text between two marks cannot be a thought: "<think> and </think>"."""
    return bool(inside.strip()) and bool(_PLACEHOLDER.fullmatch(inside))
