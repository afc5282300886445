"""What the last steps of an audit need of every response beside its scores: columns, and counts of thought marks."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from trustdelta.pipeline.scoring.texts import Read
from trustdelta.records import Finish, Outcome, Prompt
from trustdelta.thoughts import ASSUMED_OPEN
from trustdelta.thoughts.marks import stripped
from trustdelta.thoughts.undeclared import MarkCounts, is_plain

STATES = tuple(Outcome)
_CODES = {state: code for code, state in enumerate(STATES)}
SOME, LEAST = 0.05, 3
"""Minimum share and number of responses for closed and for unmarked ones to count."""


class PageOutline(NamedTuple):
    """The outline of one page of responses, in plain values, which a worker can send."""

    states: bytes
    """Index of each state in STATES."""
    tokens: list[int]
    """Completion tokens."""
    counts: tuple[int, int, int]
    """`written`, `closed` and `unmarked` of `Outline`."""
    plain: dict[str, int]
    """Answers without any mark, by benchmark."""
    marked: list[tuple[str, str, str]]
    """Of each other answer, the prompt's id, the answer, and the text sent where it differs from the prompt."""


def outlined(page: Iterable[Read]) -> PageOutline:
    """The outline of one page of responses."""
    states, tokens, plain = bytearray(), [], Counter[str]()
    marked: list[tuple[str, str, str]] = []
    written = closed = unmarked = 0
    for prompt, response, reading in page:
        states.append(_CODES[reading.state])
        tokens.append(response.completion_tokens)
        written += bool(response.text) and not response.text.isspace()
        closed += ASSUMED_OPEN in reading.notes
        cut = response.finish in (Finish.UNKNOWN, Finish.LENGTH) and response.reasoning is None
        unmarked += cut and reading.thought is None and not response.prompt_opened_thought
        answer = stripped(reading.answer)
        if not is_plain(answer):
            marked.append((prompt.id, answer, response.asked))
        elif answer:
            plain[prompt.benchmark] += 1
    return PageOutline(bytes(states), tokens, (written, closed, unmarked), dict(plain), marked)


@dataclass(slots=True)
class Outline:
    """One model's stored responses, in the order of the store."""

    prompts: Mapping[str, Prompt]
    """Prompts of the run by id."""
    prompt_ids: list[str] = field(default_factory=list)
    draws: array[int] = field(default_factory=lambda: array("q"))
    states: bytearray = field(default_factory=bytearray)
    tokens: array[int] = field(default_factory=lambda: array("q"))
    marks: MarkCounts = field(default_factory=MarkCounts)
    """Undeclared marks in answers."""
    written: int = 0
    """Responses that are not blank."""
    closed: int = 0
    """Responses that close a thought which nothing opened."""
    unmarked: int = 0
    """Responses without a thought or mark that may be cut."""

    @property
    def half_opened(self) -> bool:
        """Whether some responses close a thought that nothing opened, and others, perhaps cut, have no mark."""
        return min(self.closed, self.unmarked) >= max(LEAST, SOME * self.written)

    def add(self, keys: Sequence[tuple[str, int]], page: PageOutline) -> None:
        """Add one page, whose responses have these prompt ids and draws."""
        self.prompt_ids += [self.prompts[prompt_id].id for prompt_id, _ in keys]  # one text for all draws
        self.draws.extend(draw for _, draw in keys)
        self.states += page.states
        self.tokens.extend(page.tokens)
        written, closed, unmarked = page.counts
        self.written, self.closed, self.unmarked = (
            self.written + written,
            self.closed + closed,
            self.unmarked + unmarked,
        )
        for benchmark, answers in page.plain.items():
            self.marks.add_plain(benchmark, answers)
        for prompt_id, answer, sent in page.marked:
            prompt = self.prompts[prompt_id]
            question = "\n".join(m.content for m in prompt.messages)
            self.marks.add(prompt.benchmark, answer, f"{question}\n{sent}")
