"""Separate token budgets for reasoning trace and answer, enforced by engines that see tokens.

No text is inserted into a response. A trace that reaches its budget ends there with a truncated state. A bounded
response is always a prefix of the response without budgets.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trustdelta.records import Finish, Reading, Request
from trustdelta.thoughts import read_response

LOOK_EVERY = 32
"""Smallest interval in tokens between two checks of a budget during decoding."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """How many new tokens one response may have.

    A reasoning trace may have `max_tokens - answer_tokens` tokens, its closing mark included. A response without a
    trace may use the whole budget: such a model reasons in its answer, and an unmarked trace is only known by its end.
    """

    max_tokens: int
    """Tokens of the whole response."""
    answer_tokens: int
    """Tokens of the answer after a trace."""
    opened: bool
    """Whether the prompt ended inside a trace."""
    format: str
    """A name of `thoughts.FORMAT_NAMES`."""
    decode: Callable[[Sequence[int]], str]
    """Token ids to text, including special tokens."""

    @classmethod
    def of(cls, request: Request, decode: Callable[[Sequence[int]], str], *, opened: bool, format: str) -> Budgets:
        """The budgets of one request; without an answer budget, one budget covers both."""
        return cls(request.max_tokens, request.answer_tokens or request.max_tokens, opened, format, decode)

    @property
    def thought_tokens(self) -> int:
        """Tokens of a trace; 0 where one budget covers both."""
        return self.max_tokens - self.answer_tokens

    def due(self, count: int) -> bool:
        """Whether to check `limit` after `count` tokens. A late check costs tokens but never changes the response."""
        return bool(self.thought_tokens) and (
            count == self.thought_tokens or count % max(self.answer_tokens, LOOK_EVERY) == 0
        )

    def limit(self, ids: Sequence[int]) -> int:
        """How many tokens the response with this prefix may have in total."""
        if not self.thought_tokens or len(ids) < min(self.thought_tokens, self.answer_tokens):
            return self.max_tokens
        if len(ids) >= self.thought_tokens:
            reading = self._read(self.decode(ids[: self.thought_tokens]))
            if reading.thought is not None and reading.thought_char_end is None:
                return self.thought_tokens
        end = self._read(self.decode(ids)).thought_char_end
        if end is None:
            return self.max_tokens
        closed = bisect_left(range(len(ids)), end, key=lambda n: len(self.decode(ids[:n])))
        return min(self.max_tokens, closed + self.answer_tokens)

    def truncate(self, ids: tuple[int, ...], finish: Finish) -> tuple[tuple[int, ...], Finish]:
        """The tokens within the budgets and the finish reason; LENGTH where tokens were cut."""
        limit = self.limit(ids)
        return (ids[:limit], Finish.LENGTH) if limit < len(ids) else (ids, finish)

    def _read(self, text: str) -> Reading:
        return read_response(text, finish=Finish.LENGTH, prompt_opened_thought=self.opened, format=self.format)
