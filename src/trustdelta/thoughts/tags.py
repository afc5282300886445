"""Splits texts with opening and closing marks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from trustdelta.records import Finish
from trustdelta.thoughts.formats import BY_NAME, FORMATS, ThoughtFormat
from trustdelta.thoughts.marks import (
    Mark,
    begins_example,
    begins_line,
    begins_sentence,
    edge,
    is_subject,
    line_ends,
    marks_in,
    pairs,
    placeholder,
    quoted,
    sentence_follows,
    strip_span,
    stripped,
)
from trustdelta.thoughts.split import ASSUMED_OPEN, EMPTY_THOUGHT, MENTIONED, REOPENED, REPEATED, Split, joined

__all__ = ["FORMATS", "split_by_marks", "split_by_words", "word_close", "word_format"]

Span = tuple[int, int]
LONG_THOUGHT = 8
"""Fewest words between marks on one line for them to mark a thought in the middle of a sentence."""


class Stretch(NamedTuple):
    """A stretch of text between marks, inside or outside a thought."""

    start: int
    end: int
    thought: bool


@dataclass(slots=True)
class _Walk:
    """The state of a pass over the marks of a text."""

    at: int
    """Start of the current stretch."""
    inside: str = ""
    """Format of the open thought, or empty."""
    fresh: bool = True
    """Whether the current stretch follows a thought's mark, without a mention since."""
    stretches: list[Stretch] = field(default_factory=list)
    """The stretches before the current one."""
    notes: list[str] = field(default_factory=list)
    first: str = ""
    """Format of the first thought."""
    mentioned: int = 0
    """Mentioned opening marks less mentioned closing marks."""

    def turn(self, mark: Mark, *, inside: str, note: str = "") -> None:
        """End the current stretch at a mark and start the next one behind it."""
        self.stretches.append(Stretch(self.at, mark.start, bool(self.inside)))
        self.at, self.inside, self.fresh = mark.end, inside, True
        self.first = self.first or mark.key
        self.notes += [note] if note else []

    def mention(self, mark: Mark) -> None:
        """Treat a mark as text."""
        self.fresh = False
        self.mentioned += {"open": 1, "close": -1}.get(mark.side, 0)
        self.notes.append(MENTIONED)


class MarkedText(NamedTuple):
    """A span of a raw text with its marks."""

    raw: str
    start: int
    end: int
    marks: list[Mark]
    quoted: set[int]
    """Indices of the marks between quotes or in code."""
    pairs: set[int]
    """Indices of the marks that form a pair on one line."""

    @classmethod
    def of(cls, raw: str, span: Span, marks: list[Mark], *, inline_code: bool = True) -> MarkedText:
        """The marks within a span, with those that are quoted or paired."""
        marks = [m for m in marks if span[0] <= m.start and m.end <= span[1]]
        return cls(raw, *span, marks, quoted(raw, marks, *span, inline_code=inline_code), pairs(raw, marks))


def word_format(text: str, span: Span, finish: Finish, declared: str = "") -> ThoughtFormat | None:
    """The format whose opening words begin the span, if they mark a thought.

    They do with closing words; in the model's `declared` format; and in a text that was or may have been truncated and
    continues like such a thought.
    """
    if text[span[0] : span[0] + 1] not in _WORD_HEADS:
        return None
    if text.startswith(_PLAIN.close, *span):
        return _PLAIN
    for row, opening in _WORD_OPENINGS:
        if not text.startswith(opening, *span):
            continue
        after = span[0] + len(opening)
        if row.name == declared or any(text.find(c, after, span[1]) >= 0 for c in row.closing):
            return row
        if (row.glued or finish is not Finish.STOP) and re.compile(row.cut).match(text, after, span[1]):
            return row
    return None


def word_close(text: str, span: Span) -> ThoughtFormat | None:
    """The format whose closing words are in a text that began inside a thought, if no answer has such words."""
    for row in _WORD_CLOSINGS:
        close = _closing(row).search(text, *span)
        if close and (row.glued or begins_line(text, close.start(), span[0]) or _ends_message(text, span, close)):
            return row
    return None


def _ends_message(text: str, span: Span, close: re.Match[str]) -> bool:
    """Whether closing words end one message and start the next, in a text without marks that close."""
    return close.group().startswith("<|") and not any(m.closes for m in marks_in(text, *span))


_PLAIN = BY_NAME["harmony-plain"]
_WORD_CLOSINGS = tuple(f for f in FORMATS if f.words and (f.glued or f.close[:1].isupper() or "<|" in f.close))
_WORD_OPENINGS = tuple((f, opening) for f in FORMATS if f.words for opening in f.opening)
_WORD_HEADS = frozenset(opening[0] for _, opening in _WORD_OPENINGS)


def split_by_words(text: str, span: Span, row: ThoughtFormat, opened: bool) -> Split:
    """Split by the opening words at the start and the closing words."""
    start, end = span
    opening = next((o for o in row.opening if text.startswith(o, start, end)), None)
    if opening is None and not opened and not text.startswith(row.close, start, end):
        return Split(span)
    start += len(opening or "")
    close = _word_close(text, (start, end), row)
    if close is None:
        return Split((end, end), stripped(text[start:end]), row.name, open_at_end=True)
    thought = stripped(text[start : close[0]])
    notes = () if thought else (EMPTY_THOUGHT,)
    return Split(strip_span(text, close[1], end), thought, row.name, notes, thought_end=close[1])


def _word_close(text: str, span: Span, row: ThoughtFormat) -> Span | None:
    """Span of the closing words; of the last ones if the thought continues behind the first."""
    close = next(iter(_closing(row).finditer(text, *span)), None)
    if close is None:
        return None
    if row.name == "harmony-plain":
        again = text.rfind("assistantanalysis", close.end(), span[1])
        later = text.rfind(row.close, again, span[1]) if again >= 0 else -1
        if later >= 0:
            return later, later + len(row.close)
    return close.span()


@lru_cache(64)
def _closing(row: ThoughtFormat) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(c) for c in row.closing))


def split_by_marks(text: str, span: Span, opened: bool, finish: Finish, row: ThoughtFormat | None = None) -> Split:
    """Split a text by its marks, of any format or only of `row`."""
    start, end = span
    marks = marks_in(text, start, end, row)
    if not marks and not opened:
        return Split(span)
    start, opens, first, rest = _opening(text, span, marks, row)
    opens += int(opened)
    if not opens:
        marked = MarkedText.of(text, (start, end), rest)
        return _assemble(text, _walk(marked, bare_close_counts=True, behind_thought=False), end, finish)
    key = first or _closing_key(rest) or (row.name if row else "think")
    notes = [REPEATED] if opens > 1 else []
    close = _first_close(text, (start, end), [m for m in rest if m.key == key or m.side == "answer"], finish)
    if close is None:
        return Split((end, end), stripped(text[start:end]), key, tuple(notes), open_at_end=True)
    behind = close.end if close.closes else close.start
    inline = not line_ends(text, close.end, end)
    walk = _walk(MarkedText.of(text, (behind, end), rest), bare_close_counts=inline, behind_thought=True)
    walk.stretches.insert(0, Stretch(start, close.start, thought=True))
    walk.notes, walk.first = notes + walk.notes, key
    return _assemble(text, walk, end, finish)


def _opening(text: str, span: Span, marks: list[Mark], row: ThoughtFormat | None) -> tuple[int, int, str, list[Mark]]:
    """Start of the text behind its opening marks, their number and format, and the marks that follow."""
    start, end = span
    n, first = 0, ""
    while n < len(marks) and marks[n].side == "open" and marks[n].start == start and first in ("", marks[n].key):
        if not n and row is None and _no_thought_at_head(text, end, marks):
            break
        first = marks[n].key
        start, _ = strip_span(text, marks[n].end, end)
        n += 1
    return start, n, first, marks[n:]


def _no_thought_at_head(text: str, end: int, marks: list[Mark]) -> bool:
    """Whether the mark at the start of a text is a subject ("<think> is a tag"), or possibly the answer's markup."""
    mark = marks[0]
    close = next((m for m in marks[1:] if m.closes and m.key == mark.key), None)
    if close is None:
        return not mark.sure or is_subject(text, mark.end, end)
    inside = text[mark.end : close.start]
    subject = placeholder(inside) and is_subject(text, close.end, end)
    return subject or (not mark.sure and not stripped(text[close.end : end]))


def _closing_key(marks: list[Mark]) -> str:
    """The format of the first mark that closes a thought."""
    return next((m.key for m in marks if m.closes and m.sure), "")


def _first_close(text: str, span: Span, marks: list[Mark], finish: Finish) -> Mark | None:
    """The mark that ends the thought at the start of `span`, or None.

    Mentions do not count, and an opening mark counts as nested only at the edge of a line. Without a balancing close,
    the mark that begins the answer ends the thought; otherwise the last close does, if the model stopped by itself. A
    truncated response is then truncated inside the thought.
    """
    marked = MarkedText.of(text, span, marks, inline_code=False)
    subjects = {i for i, m in enumerate(marked.marks) if is_subject(text, m.end, span[1]) and not edge(text, m, *span)}
    mentions = marked.quoted | marked.pairs | subjects
    depth = 1
    for i, mark in enumerate(marked.marks):
        if i in mentions or mark.side == "answer" or (not mark.closes and not edge(text, mark, *span)):
            continue
        depth += -1 if mark.closes else 1
        if depth == 0:
            return mark
    begun = next((m for i, m in enumerate(marked.marks) if m.side == "answer" and m.sure and i not in mentions), None)
    if begun is not None and _special_answer(text, begun):
        return begun
    closes = [i for i, m in enumerate(marked.marks) if m.closes]
    if finish is Finish.LENGTH or not closes:
        return None
    return marked.marks[max(closes, key=lambda i: (i not in mentions, edge(text, marked.marks[i], *span), i))]


def _special_answer(text: str, mark: Mark) -> bool:
    """Whether the mark that begins an answer is a special token, not a tag that a thought may contain."""
    return text[mark.start : mark.start + 2] in ("<|", "[B")


def _walk(text: MarkedText, *, bare_close_counts: bool, behind_thought: bool) -> _Walk:
    """Separate later thoughts from mentioned marks in the text outside the first thought.

    `bare_close_counts`: an unopened close inside a line closes a thought as well, because the first close was inside a
    line too, or because no thought was opened.
    """
    walk = _Walk(at=text.start, fresh=behind_thought)
    last_close = max((i for i, m in enumerate(text.marks) if m.closes and i not in text.quoted), default=-1)
    for i, mark in enumerate(text.marks):
        if mark.side in ("answer", "answer_end"):
            walk.fresh = walk.fresh and not walk.inside
        elif i in text.quoted or (walk.inside and mark.key != walk.inside) or (walk.inside and not mark.closes):
            walk.mention(mark)
        elif walk.inside:
            walk.turn(mark, inside="")
        elif mark.closes:
            _close(walk, text, i, bare_close_counts=bare_close_counts)
        else:
            _open(walk, text, i, later_close=i < last_close)
    return walk


def _close(walk: _Walk, text: MarkedText, i: int, *, bare_close_counts: bool) -> None:
    """Process an unopened close, which ends a thought or is a mention."""
    mark = text.marks[i]
    partner = walk.mentioned > 0 and not sentence_follows(text.raw, mark.end, text.end)
    partner = partner or is_subject(text.raw, mark.end, text.end)
    counts = bare_close_counts or edge(text.raw, mark, text.start, text.end)
    if i in text.pairs or not mark.sure or partner or not counts:
        walk.mention(mark)
    else:
        walk.turn(mark, inside="", note=REPEATED)


def _open(walk: _Walk, text: MarkedText, i: int, *, later_close: bool) -> None:
    """Process an opening mark outside a thought, which begins one or is a mention."""
    mark, raw = text.marks[i], text.raw
    if walk.fresh and not stripped(raw[walk.at : mark.start]):
        walk.turn(mark, inside=mark.key, note=REPEATED)
    elif not mark.sure or (i in text.pairs and not _is_block(text, i)):
        walk.mention(mark)
    elif (close := _example(text, i)) is not None:
        text.quoted.add(close)
        walk.mention(mark)
    elif i in text.pairs or _begins_thought(text, mark) or (later_close and edge(raw, mark, text.start, text.end)):
        walk.turn(mark, inside=mark.key, note=REOPENED)
    else:
        walk.mention(mark)


def _is_block(text: MarkedText, i: int) -> bool:
    """Whether a pair on one line is between sentences, like a thought, and not inside one or an example."""
    raw, a, b = text.raw, text.marks[i], text.marks[i + 1]
    inside = raw[a.end : b.start]
    begins = begins_sentence(raw, a.start, text.start) or len(inside.split()) >= LONG_THOUGHT
    answer_next = i + 2 < len(text.marks) and text.marks[i + 2].side == "answer" and text.marks[i + 2].start == b.end
    return begins and not placeholder(inside) and (answer_next or sentence_follows(raw, b.end, text.end))


def _example(text: MarkedText, i: int) -> int | None:
    """Index of the mark that closes an opening one, if the two enclose an example; else None."""
    mark = text.marks[i]
    close = next((j for j in range(i + 1, min(i + 9, len(text.marks))) if text.marks[j].key == mark.key), None)
    if close is None or not text.marks[close].closes:
        return None
    inside = text.raw[mark.end : text.marks[close].start]
    return close if begins_example(text.raw, mark.start, text.start, inside) else None


def _begins_thought(text: MarkedText, mark: Mark) -> bool:
    """Whether an opening mark without a close on its line begins a thought."""
    raw = text.raw
    if line_ends(raw, mark.end, text.end):
        return True
    starts = begins_sentence(raw, mark.start, text.start) and not is_subject(raw, mark.end, text.end)
    return starts and (mark.end >= text.end or sentence_follows(raw, mark.end, text.end))


def _assemble(text: str, walk: _Walk, end: int, finish: Finish) -> Split:
    """The last non-blank stretch outside thoughts is the answer, all other stretches are the thought."""
    if not walk.stretches:  # no thought at all
        return Split(strip_span(text, walk.at, end), None, "none", tuple(walk.notes))
    stretches = [*walk.stretches, Stretch(walk.at, end, bool(walk.inside))]
    notes, inside = list(walk.notes), bool(walk.inside)
    if not stretches[0].thought and not stretches[1].thought:  # it begins with an unopened close
        stretches[0] = stretches[0]._replace(thought=True)
        notes.remove(REPEATED)
        notes.append(ASSUMED_OPEN)
    outside = [i for i, s in enumerate(stretches) if not s.thought and stripped(text[s.start : s.end])]
    if inside and outside and finish in (Finish.STOP, Finish.UNKNOWN) and not stripped(text[walk.at : end]):
        inside = False  # an opening mark without text behind it
    last = outside[-1] if outside and not inside else -1
    thought = joined(text[s.start : s.end] for i, s in enumerate(stretches) if i != last)
    answer = strip_span(text, *stretches[last][:2]) if last >= 0 else (end, end)
    notes += [] if thought else [EMPTY_THOUGHT]
    first = next(i for i, s in enumerate(stretches) if s.thought)
    closed = stretches[first + 1].start if first + 1 < len(stretches) else None
    return Split(answer, thought, walk.first, tuple(notes), open_at_end=inside, thought_end=closed)
