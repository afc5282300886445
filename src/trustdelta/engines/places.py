"""Where in its response the next token of a sample stands: the place by which two models share random numbers.

An answer's places are counted from its own beginning, whatever thought came before it: a model that thinks and one
that does not then draw their answers' first tokens with the same numbers. A blank or an opening mark at the head of an
answer takes no place where nothing else could be drawn. No place is ever used twice, and none depends on tokens still
to come, so that what is drawn is exactly distributed wherever the end of a thought is seen, or not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from trustdelta.engines.coupling import Stream
from trustdelta.thoughts.channels import BY_CHANNEL, CHANNEL_FORMATS, ChannelFormat
from trustdelta.thoughts.declared import SHOWN, format_of
from trustdelta.thoughts.formats import FORMATS, ThoughtFormat

Decode = Callable[[Sequence[int]], str]

HEAD_CHARACTERS = 64
"""A longer head has begun, whatever it holds."""


class Marks:
    """How one model's thoughts are opened and closed. `decode`: token ids to text, special tokens kept.

    `format`: a name of `thoughts.FORMAT_NAMES`; "auto" knows every format whose marks are no ordinary words.
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
        """Whether a token of this text may be the last of a closing mark; part of a character may be anything."""
        beginnings = tuple(piece[:n] for n in range(1, len(piece) + 1))
        within = any(mark in piece or mark.endswith(beginnings) for mark in self.closing)
        return within or "\N{REPLACEMENT CHARACTER}" in piece

    def opens(self, text: str) -> bool:
        """Whether a response that begins like this is in a thought."""
        return text.lstrip().startswith(self.opening)

    def only_marks(self, text: str) -> bool:
        """Whether a part that begins like this holds no word yet: a blank, or the beginning of an opening mark."""
        return any(mark.startswith(text.strip()) for mark in self._heads)


def formats_of(name: str) -> tuple[ThoughtFormat | ChannelFormat, ...]:
    """The rows of a declared format, or of every one whose marks are no ordinary words."""
    if name == "auto":
        return (*(f for f in FORMATS if not f.words), *CHANNEL_FORMATS)
    return () if name == "none" else (BY_CHANNEL[name] if name in BY_CHANNEL else format_of(name),)


def closing_of(row: ThoughtFormat | ChannelFormat) -> tuple[str, ...]:
    """What stands between a thought and its answer; of channels, what does so in the row's example."""
    return row.closing if isinstance(row, ThoughtFormat) else (row.example.partition("A")[2].rpartition("B")[0],)


NO_MARKS = Marks(lambda ids: "." * len(ids))
"""Of a model whose responses are answers from their first token on."""


@dataclass(slots=True)
class Place:
    """Place of the next token of one sample: its `stream`, and its number in it.

    `head`: where the part's tokens begin while there are only blanks and marks; None from its first word on.
    """

    marks: Marks
    stream: Stream = Stream.ANSWER
    head: int | None = 0
    counts: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def number(self) -> int:
        """The number of the place in its stream."""
        return self.counts[self.stream]

    def advance(self, ids: Sequence[int], *, forced: bool) -> None:
        """Go to the next place; `ids`: all tokens so far. `forced`: nothing but the last of them could be drawn."""
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
