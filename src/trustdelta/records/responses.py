"""Prompts, requests, responses, readings and scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple
from unicodedata import normalize

from trustdelta.records.terms import Arm, Finish, Json, Outcome, Part, content_hash


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: str
    content: str


@dataclass(frozen=True)
class Prompt:
    """One prompt for both models. Its id is the hash of its content, by which responses are paired."""

    benchmark: str
    messages: tuple[Message, ...]
    target: Json = None
    """The scorer's information: gold answer, options, named secrets."""
    cluster: str = ""
    """The sampling unit: template, scenario or source document; empty: the prompt itself."""
    stratum: str = ""
    """A fixed category of the benchmark's design."""
    metadata: Mapping[str, Json] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    """By kind (topic, language, target group), the prompt's group."""

    @property
    def content(self) -> Json:
        """The JSON value that is hashed for the id."""
        return [self.benchmark, [[m.role, m.content] for m in self.messages], self.target]

    @cached_property
    def id(self) -> str:
        """First 24 hex digits of the hash of benchmark, messages and target."""
        return content_hash(self.content)[:24]

    @property
    def characters(self) -> int:
        """Characters of all messages."""
        return sum(len(m.content) for m in self.messages)

    @property
    def question(self) -> str:
        """The last user message; empty where there is none."""
        return next((m.content for m in reversed(self.messages) if m.role == "user"), "")

    @cached_property
    def join_key(self) -> str:
        """Hash of the messages alone, after Unicode normalisation, by which recorded responses are joined."""
        return content_hash([[m.role, normalize("NFC", m.content.strip())] for m in self.messages])[:24]


@dataclass(frozen=True, slots=True)
class Request:
    """A request for one response of one model."""

    prompt: Prompt
    draw: int
    seed: int
    """Seed of the sampling."""
    max_tokens: int
    """Most new tokens in all."""
    answer_tokens: int | None = None
    """Most tokens of the answer after a closed thought, which gets the rest; None: one budget for both."""
    settled: Callable[[str], bool] | None = field(default=None, compare=False)
    """Whether an answer of these complete lines needs no continuation; None: it is generated whole."""
    options: tuple[str, ...] = ()
    """Labels of a multiple choice, of which the most likely first token is the answer; empty: a text is generated."""


@dataclass(frozen=True, slots=True)
class Response:
    """A model's raw response. Thought and answer are derived from it, never stored in its place."""

    prompt_id: str
    draw: int
    text: str
    finish: Finish
    prompt_opened_thought: bool = False
    """Whether the rendered prompt ended inside an open thought."""
    reasoning: str | None = None
    """The server's separate reasoning field; None if there is none."""
    prompt_token_ids: tuple[int, ...] = ()
    token_ids: tuple[int, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seed: int | None = None
    seconds: float = 0.0
    error: str = ""
    """The error of a failed request, or the filter of a moderated one."""
    recorded: Mapping[str, Json] = field(default_factory=dict)
    """Scores of a recorded response."""
    moderated: bool = False
    """Whether an external filter withheld the response or a part of it; `finish` is then ERROR."""
    asked: str = ""
    """The text sent to the model, as recorded, if it differs from the prompt's messages."""
    taken_over: int = 0
    """Tokens of the baseline's response that maximal coupling took over; the others were decoded."""
    settled: bool = False
    """Whether generation ended because the scores of the answer were settled."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A response split into thought and answer."""

    thought: str | None
    answer: str
    state: Outcome
    """ANSWERED, or a failure that the parser detects."""
    format: str = "none"
    notes: tuple[str, ...] = ()
    """Irregularities: stray role header, repeated tag, quoted tag in the answer."""
    answer_char_start: int | None = None
    """Index of the answer in the raw text; None if the answer is not a slice of it."""
    thought_char_end: int | None = None
    """Index behind the closing mark of the first thought; None without one."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A scorer's result for one text."""

    value: float | None
    """The score; None if the text cannot be scored."""
    outcome: Outcome = Outcome.ANSWERED
    reason: str = ""
    """Why there is no score."""


class Score(NamedTuple):
    """The score of one (prompt, model, draw, scorer, part); a tuple, since a large audit has millions."""

    prompt_id: str
    arm: Arm
    draw: int
    scorer: str
    part: Part
    value: float | None
    outcome: Outcome
    reason: str = ""
