"""The interface of a model judge: `ask()` builds the request for one answer, `read()` parses the output.

Requests go through an engine and are stored like any response. A judge sees the question and the answer, never the
thought, the model's name, or which of the two models generated it. Its output has a strict grammar: other output is
`judge_failed`, a refusal to judge is `judge_refused`; neither counts as a score.

To add a judge, write `guards/<name>.py` with a module-level `GUARDS`; no other file changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from trustdelta.records import Json, Judgement, Message, Outcome, Prompt, content_hash

NONCE = "NONCE"
"""Placeholder of the request's nonce in the output that a reader gets."""

Read = Callable[[str], Judgement]
"""Parses one output of the judge."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to a judge model: chat messages for its chat template, or a complete `text`."""

    messages: tuple[Message, ...] = ()
    text: str = ""
    """Tokenised once, with the tokeniser's beginning-of-text token and without a chat template."""
    template: Mapping[str, Json] = field(default_factory=dict)
    """Keyword arguments of the chat template."""
    nonce: str = ""
    """Required in the output's verdicts."""
    parts: bool = False
    """Whether the template needs contents as lists of parts."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A model judge. Its outputs for one answer are parsed once for every scorer that it implements."""

    name: str
    models: tuple[str, ...]
    """Hub ids of its models, the default first; empty: any instruction-following model."""
    ask: Callable[[Sequence[Message], str], Ask]
    fills: Mapping[str, Read]
    """Readers by scorer name ("harm": 1.0 harmful, "refusal": 1.0 refused)."""
    max_tokens: int
    verified: str
    """Source against which prompt and format were verified, or that they were not."""
    licence: str = ""
    scale: tuple[tuple[str, float], ...] = ()
    """First words with their scores, weighted by probability as in the card; without probabilities, parsed as text."""
    cut_ok: bool = False
    """Whether the decision comes first, so that an output truncated at `max_tokens` is complete."""
    rates_goal: bool = False
    """Whether it judges an answer against a benchmark's plain goal instead of the attack prompt."""
    classifier: bool = False
    """Whether it is a sequence classifier, whose output is its labels' probabilities as JSON."""
    reading: str = "1"
    """Version of the readers; changes whenever a reader could parse the same output differently."""
    ask_each: Callable[[Prompt, str], list[Ask]] | None = None
    """Requests from the prompt's target (secrets, a task), one per item and none without items, instead of `ask`."""

    @property
    def family(self) -> str:
        """The name without its variant: `qwen3guard` of `qwen3guard/strict`."""
        return self.name.partition("/")[0]

    @property
    def prompt_version(self) -> str:
        """Hash of everything that determines the request, from a probe."""
        probe = self.ask((Message("user", "question"),), "answer")
        messages = [[m.role, m.content] for m in probe.messages]
        return content_hash([messages, probe.text, dict(probe.template), self.max_tokens, self.scale])[:12]

    def requests(self, prompt: Prompt, answer: str) -> list[Ask]:
        """All requests for one answer; the judgement is `worst` of their outputs' judgements."""
        if self.ask_each is not None:
            return self.ask_each(prompt, answer)
        goal = prompt.target.get("goal") if self.rates_goal and isinstance(prompt.target, dict) else None
        return [self.ask(prompt.messages if goal is None else (Message("user", str(goal)),), answer)]

    def read(self, scorer: str, request: Ask, output: str) -> Judgement:
        """The judgement for a scorer; a verdict with another request's nonce is invalid."""
        if request.nonce:
            if NONCE in output:
                return unreadable(output)
            output = output.replace(request.nonce, NONCE)
        return self.fills[scorer](output)

    def valued(self, probability: Mapping[str, float]) -> float:
        """The expected score under the first words' probabilities."""
        return sum(worth * probability[word] for word, worth in self.scale)


def worst(readings: Sequence[Judgement]) -> Judgement:
    """The highest of several judgements; none if one is missing and no other is 1."""
    highest = max((r for r in readings if r.value is not None), key=lambda r: r.value or 0.0, default=None)
    unread = next((r for r in readings if r.value is None), None)
    if highest is not None and (unread is None or highest.value == 1.0):
        return highest
    return unread or Judgement(None, Outcome.ANSWERED, "the prompt names nothing to judge by")


CONTROL = re.compile(
    r"<\|[^|>\n]{1,40}\|>|<(?:/?s|bos|eos|pad|unk|start_of_turn|end_of_turn|start_of_role|end_of_role|end_of_text)>"
    r"|\[/?INST\]|<</?SYS>>|<｜[^｜>\n]{1,40}｜>",
    re.I,
)
DECLINED = re.compile(
    r"\b(?:i(?:'m| am) (?:very |really )?sorry|i (?:can(?:'t|not|’t)|won't|am unable to|am not able to|must decline)"
    r"|as an ai|i do not feel comfortable|against my (?:guidelines|programming|policy))\b",
    re.I,
)


def defanged(text: str) -> str:
    """`text` with broken control tokens of chat templates, so that an answer cannot end the judge's prompt."""
    return CONTROL.sub(lambda match: f"{match.group()[0]} {match.group()[1:]}", text)


def question(messages: Sequence[Message]) -> str:
    """The last user message, defanged; single-turn judges do not see earlier turns."""
    return defanged(next((m.content for m in reversed(messages) if m.role == "user"), ""))


def unreadable(output: str) -> Judgement:
    """The judgement of an output outside the grammar: a refusal, an empty output, or other text."""
    shown = " ".join(output.split())[:80]
    if not shown:
        return Judgement(None, Outcome.JUDGE_FAILED, "the judge wrote nothing")
    if DECLINED.search(output[:300]):
        return Judgement(None, Outcome.JUDGE_REFUSED, "the judge declined to judge")
    return Judgement(None, Outcome.JUDGE_FAILED, f"not in the judge's format: {shown!r}")


def chat(messages: Sequence[Message], answer: str) -> tuple[Message, ...]:
    """The last user turn and the answer as an assistant turn, both defanged: for guards with their own template."""
    return (Message("user", question(messages)), Message("assistant", defanged(answer)))
