"""A text with its right reading, as the tests of thoughts share it."""

from __future__ import annotations

from dataclasses import dataclass

from trustdelta.records import Finish, Outcome
from trustdelta.thoughts import read_response

STOP, LENGTH, UNKNOWN = Finish.STOP, Finish.LENGTH, Finish.UNKNOWN
CUT, WHOLE, BAD, EMPTY = Outcome.TRUNCATED_IN_THOUGHT, Outcome.ANSWERED, Outcome.MALFORMED, Outcome.EMPTY
SHORT = Outcome.TRUNCATED_IN_ANSWER


@dataclass(frozen=True)
class Case:
    """A raw text, how it was made, and its right reading; `thought` None: there is none."""

    text: str
    answer: str
    thought: str | None = "weigh it"
    finish: Finish = STOP
    state: Outcome = WHOLE
    opened: bool = False
    reasoning: str | None = None


def check(case: Case) -> None:
    """Read a case and compare answer, thought and state."""
    found = read_response(case.text, finish=case.finish, prompt_opened_thought=case.opened, reasoning=case.reasoning)
    assert (found.answer, found.state) == (case.answer, case.state)
    if case.thought is None:
        assert found.thought is None
    else:
        assert case.thought in (found.thought or "")
    assert not any(mark in (found.thought or "") for mark in ("<|", "|>", "think>"))
