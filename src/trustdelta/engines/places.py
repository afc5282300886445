"""The position of a sample's next token in its response, by which two models share random numbers.

Positions of an answer start at its beginning, after any reasoning trace. A model with a trace and one without draw the
first tokens of their answers with the same random numbers. A forced blank or opening mark before an answer takes no
position. No position is used twice, and none depends on later tokens, so that samples have the exact distribution
wherever the end of a trace is detected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from trustdelta.engines.coupling import Stream
from trustdelta.thoughts.channels import BY_CHANNEL, CHANNEL_FORMATS, ChannelFormat
from trustdelta.thoughts.declared import SHOWN, format_of
from trustdelta.thoughts.formats import FORMATS, ThoughtFormat
from trustdelta.thoughts.headings import HEADINGS

Decode = Callable[[Sequence[int]], str]

HEAD_CHARACTERS = 64
"""Longest head of an answer without a word."""


class Marks:
    """Delimiters of one model's reasoning traces. `decode`: token ids to text, including special tokens.

    `format`: a name of `thoughts.FORMAT_NAMES`; "auto" is every format whose marks are no ordinary words.
    """

    def __init__(self, decode: Decode, format: str = "none") -> None:
        rows = formats_of(format.removeprefix(SHOWN))
        self.decode = decode
        self.opening = tuple(mark for row in rows for mark in row.opening)
        self.closing = tuple(mark for row in rows for mark in closing_of(row))
        self._heads = (*self.opening, *(row.answer_open for row in rows if isinstance(row, ThoughtFormat)), "")
        self._longest = max((len(closing.encode()) for closing in self.closing), default=0)
        self._may_close: dict[int, bool] = {}

    def closes(self, ids: Sequence[int]) -> bool:
        """Whether the last of these tokens completes a closing mark."""
        last = ids[-1]
        if last not in self._may_close:
            self._may_close[last] = self._may_complete(self.decode([last]))
        if not self._may_close[last]:
            return False
        tail = self.decode(ids[-self._longest :])
        return any(closing in tail for closing in self.closing)

    def _may_complete(self, piece: str) -> bool:
        """Whether a token with this text may end a closing mark; a partial character may be anything."""
        beginnings = tuple(piece[:n] for n in range(1, len(piece) + 1))
        within = any(mark in piece or mark.endswith(beginnings) for mark in self.closing)
        return within or "\N{REPLACEMENT CHARACTER}" in piece

    def opens(self, text: str) -> bool:
        """Whether a response with this prefix is inside a trace."""
        return text.lstrip().startswith(self.opening)

    def only_marks(self, text: str) -> bool:
        """Whether a part with this prefix has no word yet: a blank, or a prefix of an opening mark."""
        return any(mark.startswith(text.strip()) for mark in self._heads)


def formats_of(name: str) -> tuple[ThoughtFormat | ChannelFormat, ...]:
    """Rows of a declared format, or of every format whose marks are no ordinary words."""
    if name == "auto":
        return (*(f for f in FORMATS if not f.words), *CHANNEL_FORMATS)
    return () if name in ("none", HEADINGS) else (BY_CHANNEL[name] if name in BY_CHANNEL else format_of(name),)


def closing_of(row: ThoughtFormat | ChannelFormat) -> tuple[str, ...]:
    """The delimiter between trace and answer; for channels, that of the row's example."""
    return row.closing if isinstance(row, ThoughtFormat) else (row.example.partition("A")[2].rpartition("B")[0],)


NO_MARKS = Marks(lambda ids: "." * len(ids))
"""Marks of a model without reasoning traces."""


@dataclass(slots=True)
class Place:
    """Position of the next token of one sample."""

    marks: Marks
    stream: Stream = Stream.ANSWER
    head: int | None = 0
    """Index of the part's first token while the part has no word; None from its first word on."""
    counts: list[int] = field(default_factory=lambda: [0, 0])
    """Positions used in each stream."""

    @property
    def number(self) -> int:
        """Number of the position in its stream."""
        return self.counts[self.stream]

    def advance(self, ids: Sequence[int], *, forced: bool) -> None:
        """Go to the next position. `ids`: all tokens so far; `forced`: the last one had no alternative."""
        self.counts[self.stream] += 1
        if self.stream is Stream.THOUGHT:
            if self.marks.closes(ids):
                self.stream, self.head = Stream.ANSWER, len(ids)
        elif self.head is not None:
            self._read_head(ids, forced=forced)

    def _read_head(self, ids: Sequence[int], *, forced: bool) -> None:
        text = self.marks.decode(ids[self.head :])
        opened = not self.counts[Stream.THOUGHT] and self.marks.opens(text)
        at_head = opened or (len(text) < HEAD_CHARACTERS and self.marks.only_marks(text))
        if at_head and forced:
            self.counts[Stream.ANSWER] -= 1
        if opened:
            self.stream = Stream.THOUGHT
        self.head = self.head if at_head and not opened else None


def answer_start(marks: Marks, ids: Sequence[int], *, in_thought: bool) -> int | None:
    """Index of a response's first answer token; None where its trace does not end. `in_thought`: as the prompt ends."""
    place, start = Place(marks, Stream.THOUGHT if in_thought else Stream.ANSWER), 0
    for count in range(1, len(ids) + 1):
        before = place.stream
        place.advance(ids[:count], forced=False)
        if before is Stream.THOUGHT and place.stream is Stream.ANSWER:
            start = count
    return start if place.stream is Stream.ANSWER else None
