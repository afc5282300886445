"""How a prompt wants to be put where it is more than a chat for the model's own template: judges need that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.records import Json, Prompt

KEY = "how"
"""The key of a prompt's target that holds the fields of `How`."""


@dataclass(frozen=True, slots=True)
class How:
    """`as_is`: the only message is the whole text, without a template. `template`: arguments of the chat template.

    `parts`: the template wants contents as lists of parts. `words`: not a response is wanted but the probabilities of
    these words as its first token; an engine that cannot tell them responds.
    """

    as_is: bool = False
    template: Mapping[str, Json] = field(default_factory=dict)
    parts: bool = False
    words: tuple[str, ...] = ()

    def json(self) -> Json:
        """The fields that differ from a plain chat, for a prompt's target."""
        given = {"as_is": self.as_is, "template": dict(self.template), "parts": self.parts, "words": list(self.words)}
        return {key: value for key, value in given.items() if value}


PLAIN = How()


def how_of(prompt: Prompt) -> How:
    """How this prompt wants to be put."""
    if not isinstance(prompt.target, dict) or KEY not in prompt.target:
        return PLAIN
    given = prompt.target[KEY]
    return How(**{**given, "words": tuple(given.get("words", ()))})
