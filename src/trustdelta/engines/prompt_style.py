"""Rendering of prompts that are more than a chat in the model's template; judges need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.records import Json, Prompt

KEY = "how"
"""The key of a prompt's target that holds the fields of `PromptStyle`."""


@dataclass(frozen=True, slots=True)
class PromptStyle:
    """How one prompt is rendered, and what is requested of the model."""

    as_is: bool = False
    """The only message is the whole input, without a template."""
    template: Mapping[str, Json] = field(default_factory=dict)
    """Arguments of the chat template."""
    parts: bool = False
    """The template needs contents as lists of parts."""
    words: tuple[str, ...] = ()
    """Requested are the probabilities of these words as the first token; engines without them generate a response."""

    def json(self) -> Json:
        """The fields that differ from a plain chat, for a prompt's target."""
        fields = {"as_is": self.as_is, "template": dict(self.template), "parts": self.parts, "words": list(self.words)}
        return {key: value for key, value in fields.items() if value}


PLAIN = PromptStyle()


def style_of(prompt: Prompt) -> PromptStyle:
    """The style of this prompt."""
    if not isinstance(prompt.target, dict) or KEY not in prompt.target:
        return PLAIN
    fields = prompt.target[KEY]
    return PromptStyle(**{**fields, "words": tuple(fields.get("words", ()))})
