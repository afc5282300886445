"""Separate budgets for thought and answer, held by engines that see the tokens.

Nothing is ever put into a model's mouth: a thought that reaches its budget ends there, and its state says so. What is
kept is always the beginning of what the model would have written without the bound.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trustdelta.records import Finish, Reading, Request
from trustdelta.thoughts import read_response

LOOK_EVERY = 32
"""Budgets smaller than this many tokens are not looked at more often while drawing."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """How many new tokens one response may have, as it goes on.

    A thought may have `max_tokens - answer_tokens` of them, its closing mark included; the answer behind it
    `answer_tokens`. A response without a thought may have them all: who does not think apart reasons in the answer, and
    a thought whose opening is not marked is only known by its end. `opened`: the prompt ended inside a thought.
    `format`: a name of `thoughts.FORMAT_NAMES`. `decode`: token ids to text, special tokens kept.
    """

    max_tokens: int
    answer_tokens: int
    opened: bool
    format: str
    decode: Callable[[Sequence[int]], str]

    @classmethod
    def of(cls, request: Request, decode: Callable[[Sequence[int]], str], *, opened: bool, format: str) -> Budgets:
        """The budgets of one request; one budget for both where it does not set the answer's apart."""
        return cls(request.max_tokens, request.answer_tokens or request.max_tokens, opened, format, decode)

    @property
    def thought_tokens(self) -> int:
        """What a thought may have; 0 where there is one budget for both."""
        return self.max_tokens - self.answer_tokens

    def due(self, count: int) -> bool:
        """Whether `limit` is worth asking after so many tokens: looking late costs tokens, never another response."""
        return bool(self.thought_tokens) and (
            count == self.thought_tokens or count % max(self.answer_tokens, LOOK_EVERY) == 0
        )

    def limit(self, ids: Sequence[int]) -> int:
        """How many tokens the response that begins like this may have in all."""
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

    def kept(self, ids: tuple[int, ...], finish: Finish) -> tuple[tuple[int, ...], Finish]:
        """The tokens within the budgets, and why the response ends: at a budget where something was left off."""
        limit = self.limit(ids)
        return (ids[:limit], Finish.LENGTH) if limit < len(ids) else (ids, finish)

    def _read(self, text: str) -> Reading:
        return read_response(text, finish=Finish.LENGTH, prompt_opened_thought=self.opened, format=self.format)
