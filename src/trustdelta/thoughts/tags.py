"""How a text with opening and closing marks is split."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from trustdelta.records import Finish
from trustdelta.thoughts.formats import BY_NAME, FORMATS, ThoughtFormat
from trustdelta.thoughts.marks import (
    Mark,
    begins_line,
    begins_sentence,
    edge,
    introduced,
    line_ends,
    marks_in,
    pairs,
    placeholder,
    quoted,
    sentence_follows,
    strip_span,
    stripped,
    talked_about,
)
from trustdelta.thoughts.split import ASSUMED_OPEN, EMPTY_THOUGHT, MENTIONED, REOPENED, REPEATED, Split, joined

__all__ = ["FORMATS", "split_by_marks", "split_by_words", "word_close", "word_format"]

Span = tuple[int, int]
LONG_THOUGHT = 8
"""Words between marks on one line from which they hold a thought although a sentence goes on before them."""


class Stretch(NamedTuple):
    """A stretch of text between marks, in a thought or outside of one."""

    start: int
    end: int
    thought: bool


@dataclass(slots=True)
class _Walk:
    """Where the current stretch began, whether it is in a thought (and of which format), and what came before it."""

    at: int
    inside: str = ""
    fresh: bool = True
    stretches: list[Stretch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    first: str = ""
    mentioned: int = 0

    def turn(self, mark: Mark, *, inside: str, note: str = "") -> None:
        """End the current stretch at a mark and begin the next one behind it."""
        self.stretches.append(Stretch(self.at, mark.start, bool(self.inside)))
        self.at, self.inside, self.fresh = mark.end, inside, True
        self.first = self.first or mark.key
        self.notes += [note] if note else []

    def mention(self, mark: Mark) -> None:
        """Let a mark stand as text."""
        self.fresh = False
        self.mentioned += {"open": 1, "close": -1}.get(mark.side, 0)
        self.notes.append(MENTIONED)


class Text(NamedTuple):
    """A span of a raw text with its marks, those that are quoted, and those that form a pair on one line."""

    raw: str
    start: int
    end: int
    marks: list[Mark]
    quoted: set[int]
    pairs: set[int]

    @classmethod
    def of(cls, raw: str, span: Span, marks: list[Mark], *, inline_code: bool = True) -> Text:
        """The marks of a span, looked at."""
        marks = [m for m in marks if span[0] <= m.start and m.end <= span[1]]
        return cls(raw, *span, marks, quoted(raw, marks, *span, inline_code=inline_code), pairs(raw, marks))


def word_format(text: str, span: Span, finish: Finish, declared: str = "") -> ThoughtFormat | None:
    """The format whose opening words the span begins with, where they mark a thought.

    They do where the closing words follow; where the model is known to write so (`declared`); and where the text was
    cut, or may have been, and goes on as such a thought does.
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
    """The format whose closing words stand in a text that began inside a thought, where no answer has such words."""
    for row in _WORD_CLOSINGS:
        found = _closing(row).search(text, *span)
        if found and (row.glued or begins_line(text, found.start(), span[0])):
            return row
    return None


_PLAIN = BY_NAME["harmony-plain"]
_WORD_CLOSINGS = tuple(f for f in FORMATS if f.words and (f.glued or f.close[:1].isupper()))
_WORD_OPENINGS = tuple((f, opening) for f in FORMATS if f.words for opening in f.opening)
_WORD_HEADS = frozenset(opening[0] for _, opening in _WORD_OPENINGS)


def split_by_words(text: str, span: Span, row: ThoughtFormat, opened: bool) -> Split:
    """Split by words at the head and the words that close the thought."""
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
    """The closing words; where the model went on to think behind them, the last ones."""
    found = next(iter(_closing(row).finditer(text, *span)), None)
    if found is None:
        return None
    if row.name == "harmony-plain":
        again = text.rfind("assistantanalysis", found.end(), span[1])
        later = text.rfind(row.close, again, span[1]) if again >= 0 else -1
        if later >= 0:
            return later, later + len(row.close)
    return found.span()


@lru_cache(64)
def _closing(row: ThoughtFormat) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(c) for c in row.closing))


def split_by_marks(text: str, span: Span, opened: bool, finish: Finish, row: ThoughtFormat | None = None) -> Split:
    """Split a text by its marks: those of one format where `row` says so, else of whatever format they are."""
    start, end = span
    marks = marks_in(text, start, end, row)
    if not marks and not opened:
        return Split(span)
    start, opens, first, rest = _opening(text, span, marks, row)
    opens += int(opened)
    if not opens:
        seen = Text.of(text, (start, end), rest)
        return _assemble(text, _walk(seen, bare_close_counts=True, behind_thought=False), end, finish)
    key = first or _closing_key(rest) or (row.name if row else "think")
    notes = [REPEATED] if opens > 1 else []
    close = _first_close(text, (start, end), [m for m in rest if m.key == key or m.side == "answer"], finish)
    if close is None:
        return Split((end, end), stripped(text[start:end]), key, tuple(notes), open_at_end=True)
    behind = close.end if close.closes else close.start
    inline = not line_ends(text, close.end, end)
    walk = _walk(Text.of(text, (behind, end), rest), bare_close_counts=inline, behind_thought=True)
    walk.stretches.insert(0, Stretch(start, close.start, thought=True))
    walk.notes, walk.first = notes + walk.notes, key
    return _assemble(text, walk, end, finish)


def _opening(text: str, span: Span, marks: list[Mark], row: ThoughtFormat | None) -> tuple[int, int, str, list[Mark]]:
    """Where the text behind its opening marks begins, how many there are, their format, and the marks that follow."""
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
    """Whether the mark that a text begins with is its subject ("<think> is a tag"), or perhaps the answer's markup."""
    mark = marks[0]
    close = next((m for m in marks[1:] if m.closes and m.key == mark.key), None)
    if close is None:
        return not mark.sure or talked_about(text, mark.end, end)
    inside = text[mark.end : close.start]
    subject = placeholder(inside) and talked_about(text, close.end, end)
    return subject or (not mark.sure and not stripped(text[close.end : end]))


def _closing_key(marks: list[Mark]) -> str:
    """The format of the first mark that closes a thought."""
    return next((m.key for m in marks if m.closes and m.sure), "")


def _first_close(text: str, span: Span, marks: list[Mark], finish: Finish) -> Mark | None:
    """The mark that ends the thought which began with `span`, or None where nothing does.

    Mentions do not count, and an opening mark counts as nested only at the edge of a line. Where nothing balances, the
    mark that begins the answer ends the thought; else a model that stopped by itself is taken to have closed its
    thought at the last close there is, and a model that was cut to have been cut inside the thought.
    """
    seen = Text.of(text, span, marks, inline_code=False)
    talk = {i for i, m in enumerate(seen.marks) if talked_about(text, m.end, span[1]) and not edge(text, m, *span)}
    mentions = seen.quoted | seen.pairs | talk
    depth = 1
    for i, mark in enumerate(seen.marks):
        if i in mentions or mark.side == "answer" or (not mark.closes and not edge(text, mark, *span)):
            continue
        depth += -1 if mark.closes else 1
        if depth == 0:
            return mark
    begun = next((m for i, m in enumerate(seen.marks) if m.side == "answer" and m.sure and i not in mentions), None)
    if begun is not None and _special_answer(text, begun):
        return begun
    closes = [i for i, m in enumerate(seen.marks) if m.closes]
    if finish is Finish.LENGTH or not closes:
        return None
    return seen.marks[max(closes, key=lambda i: (i not in mentions, edge(text, seen.marks[i], *span), i))]


def _special_answer(text: str, mark: Mark) -> bool:
    """Whether the mark that begins an answer is a token of its own, not a tag that a thought may write."""
    return text[mark.start : mark.start + 2] in ("<|", "[B")


def _walk(seen: Text, *, bare_close_counts: bool, behind_thought: bool) -> _Walk:
    """Go through the text outside the first thought, and tell later thoughts from marks that are only talked about.

    `bare_close_counts`: an unopened close inside a line closes a thought as well, because the first one stood like
    that too, or because no thought was seen to open.
    """
    walk = _Walk(at=seen.start, fresh=behind_thought)
    last_close = max((i for i, m in enumerate(seen.marks) if m.closes and i not in seen.quoted), default=-1)
    for i, mark in enumerate(seen.marks):
        if mark.side in ("answer", "answer_end"):
            walk.fresh = walk.fresh and not walk.inside
        elif i in seen.quoted or (walk.inside and mark.key != walk.inside) or (walk.inside and not mark.closes):
            walk.mention(mark)
        elif walk.inside:
            walk.turn(mark, inside="")
        elif mark.closes:
            _close(walk, seen, i, bare_close_counts=bare_close_counts)
        else:
            _open(walk, seen, i, later_close=i < last_close)
    return walk


def _close(walk: _Walk, seen: Text, i: int, *, bare_close_counts: bool) -> None:
    """An unopened close: it ends a thought, or is talked about."""
    mark = seen.marks[i]
    partner = walk.mentioned > 0 and not sentence_follows(seen.raw, mark.end, seen.end)
    partner = partner or talked_about(seen.raw, mark.end, seen.end)
    counts = bare_close_counts or edge(seen.raw, mark, seen.start, seen.end)
    if i in seen.pairs or not mark.sure or partner or not counts:
        walk.mention(mark)
    else:
        walk.turn(mark, inside="", note=REPEATED)


def _open(walk: _Walk, seen: Text, i: int, *, later_close: bool) -> None:
    """An opening mark outside a thought: it begins one, or is talked about."""
    mark, raw = seen.marks[i], seen.raw
    if walk.fresh and not stripped(raw[walk.at : mark.start]):
        walk.turn(mark, inside=mark.key, note=REPEATED)
    elif not mark.sure or (i in seen.pairs and not _is_block(seen, i)):
        walk.mention(mark)
    elif (close := _example(seen, i)) is not None:
        seen.quoted.add(close)
        walk.mention(mark)
    elif i in seen.pairs or _begins_thought(seen, mark) or (later_close and edge(raw, mark, seen.start, seen.end)):
        walk.turn(mark, inside=mark.key, note=REOPENED)
    else:
        walk.mention(mark)


def _is_block(seen: Text, i: int) -> bool:
    """Whether a pair on one line stands between sentences, as a thought does, and not in one or as an example."""
    raw, a, b = seen.raw, seen.marks[i], seen.marks[i + 1]
    inside = raw[a.end : b.start]
    begins = begins_sentence(raw, a.start, seen.start) or len(inside.split()) >= LONG_THOUGHT
    answer_next = i + 2 < len(seen.marks) and seen.marks[i + 2].side == "answer" and seen.marks[i + 2].start == b.end
    return begins and not placeholder(inside) and (answer_next or sentence_follows(raw, b.end, seen.end))


def _example(seen: Text, i: int) -> int | None:
    """Index of the mark that closes an opening one, where the two stand around an example; else None."""
    mark = seen.marks[i]
    close = next((j for j in range(i + 1, min(i + 9, len(seen.marks))) if seen.marks[j].key == mark.key), None)
    if close is None or not seen.marks[close].closes:
        return None
    inside = seen.raw[mark.end : seen.marks[close].start]
    return close if introduced(seen.raw, mark.start, seen.start, inside) else None


def _begins_thought(seen: Text, mark: Mark) -> bool:
    """Whether an opening mark that nothing closes on its line begins a thought."""
    raw = seen.raw
    if line_ends(raw, mark.end, seen.end):
        return True
    starts = begins_sentence(raw, mark.start, seen.start) and not talked_about(raw, mark.end, seen.end)
    return starts and (mark.end >= seen.end or sentence_follows(raw, mark.end, seen.end))


def _assemble(text: str, walk: _Walk, end: int, finish: Finish) -> Split:
    """The last non-blank stretch outside thoughts is the answer, all other stretches are the thought."""
    if not walk.stretches:  # no thought at all
        return Split(strip_span(text, walk.at, end), None, "none", tuple(walk.notes))
    stretches = [*walk.stretches, Stretch(walk.at, end, bool(walk.inside))]
    notes, inside = list(walk.notes), bool(walk.inside)
    if not stretches[0].thought and not stretches[1].thought:  # it begins with a close that nothing opened
        stretches[0] = stretches[0]._replace(thought=True)
        notes.remove(REPEATED)
        notes.append(ASSUMED_OPEN)
    outside = [i for i, s in enumerate(stretches) if not s.thought and stripped(text[s.start : s.end])]
    if inside and outside and finish in (Finish.STOP, Finish.UNKNOWN) and not stripped(text[walk.at : end]):
        inside = False  # an opening mark and nothing behind it
    last = outside[-1] if outside and not inside else -1
    thought = joined(text[s.start : s.end] for i, s in enumerate(stretches) if i != last)
    answer = strip_span(text, *stretches[last][:2]) if last >= 0 else (end, end)
    notes += [] if thought else [EMPTY_THOUGHT]
    first = next(i for i, s in enumerate(stretches) if s.thought)
    closed = stretches[first + 1].start if first + 1 < len(stretches) else None
    return Split(answer, thought, walk.first, tuple(notes), open_at_end=inside, thought_end=closed)
