"""What is asked, answered, read and scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from unicodedata import normalize

from trustdelta.records.terms import Arm, Finish, Json, Outcome, Part, content_hash


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question put to both models. Its id is the hash of its content, so pairing cannot slip.

    `target` is what the scorer needs to know (gold answer, options, named secrets). `cluster` is the unit that
    repeats (template, scenario, source document); `stratum` is a fixed category of the benchmark's design. `groups`: by
    kind (topic, language, the group that a question is about), the group of prompts that this one belongs to.
    """

    benchmark: str
    messages: tuple[Message, ...]
    target: Json = None
    cluster: str = ""
    stratum: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> Json:
        """The JSON value whose hash is the id."""
        return [self.benchmark, [[m.role, m.content] for m in self.messages], self.target]

    @property
    def id(self) -> str:
        """First 24 hex digits of the hash of benchmark, messages and target."""
        return content_hash(self.content)[:24]

    @property
    def join_key(self) -> str:
        """Hash of the messages alone, composed and decomposed characters alike: recorded responses are joined by it."""
        return content_hash([[m.role, normalize("NFC", m.content.strip())] for m in self.messages])[:24]


@dataclass(frozen=True, slots=True)
class Request:
    """One response wanted from one model: prompt, draw, the seed of its sampling, and its budgets in new tokens.

    `max_tokens`: in all. `answer_tokens`: once a thought is closed, the answer may have so many, and the thought the
    rest; None: one budget for both.
    """

    prompt: Prompt
    draw: int
    seed: int
    max_tokens: int
    answer_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What a model wrote, raw. Thought and answer are derived from it, never stored in its place.

    `prompt_opened_thought`: the rendered prompt ended inside an open thought. `reasoning`: the server's separate
    thinking field, or None where there is none. `recorded`: scores that came with a recorded response. `moderated`: a
    filter outside the model withheld the response or part of it; `finish` is then ERROR and `error` names the filter.
    `asked`: what the model was sent, as recorded, where that is not the prompt's own messages.
    """

    prompt_id: str
    draw: int
    text: str
    finish: Finish
    prompt_opened_thought: bool = False
    reasoning: str | None = None
    prompt_token_ids: tuple[int, ...] = ()
    token_ids: tuple[int, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seed: int | None = None
    seconds: float = 0.0
    error: str = ""
    recorded: Mapping[str, Json] = field(default_factory=dict)
    moderated: bool = False
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A response split into thought and answer.

    `state` is ANSWERED or one of the failures a parser can see. `notes` names what was odd (stray role header,
    repeated tag, quoted tag in the answer). `answer_char_start` is where the answer begins in the raw text, or None
    where the answer is not a slice of it. `thought_char_end`: where the first thought ends in it, behind its closing
    mark; None where there is none or nothing closes it.
    """

    thought: str | None
    answer: str
    state: Outcome
    format: str = "none"
    notes: tuple[str, ...] = ()
    answer_char_start: int | None = None
    thought_char_end: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a scorer says of one text: a number, or None with the reason why there is none."""

    value: float | None
    outcome: Outcome = Outcome.ANSWERED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """A judgement on one (prompt, model, draw, scorer, part)."""

    prompt_id: str
    arm: Arm
    draw: int
    scorer: str
    part: Part
    value: float | None
    outcome: Outcome
    reason: str = ""
