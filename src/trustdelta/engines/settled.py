"""Ends a response during decoding once its answer is settled. Lines are read when they are complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trustdelta.records import Finish, Outcome
from trustdelta.thoughts import read_response

Rule = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Settling:
    """The rule of one response, and how its tokens are read."""

    rule: Rule
    """Whether an answer that so far consists of these complete lines needs no continuation."""
    decode: Callable[[Sequence[int]], str]
    """Token ids to text, including special tokens."""
    opened: bool
    """Whether the prompt ended inside a trace."""
    format: str
    """A name of `thoughts.FORMAT_NAMES`."""
    breaks_line: Callable[[int], bool]
    """Whether a token's text has a line break."""

    def ends(self, ids: Sequence[int]) -> bool:
        """Whether the last of these tokens completes a line of the answer with which it is settled."""
        if not self.breaks_line(ids[-1]):
            return False
        text = self.decode(ids)
        return not text.rpartition("\n")[2].strip() and self._holds(text)

    def _holds(self, text: str) -> bool:
        reading = read_response(text, finish=Finish.LENGTH, prompt_opened_thought=self.opened, format=self.format)
        return reading.state is Outcome.TRUNCATED_IN_ANSWER and bool(reading.answer) and self.rule(reading.answer)
