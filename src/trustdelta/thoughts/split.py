"""The result of splitting a text into thought and answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trustdelta.thoughts.marks import stripped

ASSUMED_OPEN = "assumed_prompt_opened_thought"
REPEATED = "repeated_thought"
REOPENED = "thought_reopened"
MENTIONED = "tag_mentioned"
EMPTY_THOUGHT = "empty_thought"
ANSWER_TAGS = "answer_tags"


@dataclass(frozen=True, slots=True)
class Split:
    """A split text."""

    answer: tuple[int, int]
    """Span of the answer in the raw text."""
    thought: str | None = None
    format: str = "none"
    notes: tuple[str, ...] = ()
    open_at_end: bool = False
    """Whether the text ends inside a thought."""
    thought_end: int | None = None
    """Index behind the mark that closes the first thought."""


def joined(parts: Iterable[str]) -> str:
    """Thought parts as one text: stripped, without blank parts, separated by a blank line."""
    return "\n\n".join(s for p in parts if (s := stripped(p)))
