"""What a split text is."""

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
    """A split text. `answer` is a span of the raw text; `open_at_end`: the text ends inside a thought.

    `thought_end`: behind the mark that closes the first thought.
    """

    answer: tuple[int, int]
    thought: str | None = None
    format: str = "none"
    notes: tuple[str, ...] = ()
    open_at_end: bool = False
    thought_end: int | None = None


def joined(parts: Iterable[str]) -> str:
    """Thought parts as one text: stripped, blank ones dropped, a blank line between them."""
    return "\n\n".join(s for p in parts if (s := stripped(p)))
