"""A user's rubric: a question about an answer, its classes, and how a chat model is asked and read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from trustdelta.config.base import Count, Fraction, Strict
from trustdelta.records import Json


def _quoted(value: Json) -> Json:
    """Refuse a word that YAML reads as a boolean, with what to write instead."""
    if isinstance(value, bool):
        raise ValueError('YAML reads the words yes, no, on and off as true or false; put it in quotes, like "YES"')
    return value


Name = Annotated[str, BeforeValidator(_quoted), Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,40}$")]
Label = Annotated[str, BeforeValidator(_quoted)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]


class RubricClass(Strict):
    """One answer to a rubric's question."""

    name: Name
    """The word that the model writes."""
    value: Fraction
    """Its score."""
    meaning: str = ""
    """When it applies."""


class RubricExample(Strict):
    """An answer with its class, shown to the model before each request."""

    prompt: Text
    """What was asked."""
    answer: Text
    """What was answered."""
    label: Label
    """Name of its class."""


class RubricForm(Strict):
    """A rubric: question, classes, examples and parser."""

    name: Name
    """Name of the judge in reports."""
    replaces: str
    """The scorer whose place it takes."""
    question: Text
    """What is asked about each answer."""
    classes: Annotated[tuple[RubricClass, ...], Field(min_length=2, max_length=9)]
    """Answers to the question."""
    direction: Literal["higher", "lower"] = "higher"
    """Whether a higher or a lower value means more of what the replaced scorer measures."""
    examples: Annotated[tuple[RubricExample, ...], Field(max_length=20)] = ()
    """Answers with their classes, shown before each request."""
    parser: Literal["verdict", "word", "json"] = "verdict"
    """How the class is read: from a last line with a nonce, as the only word, or from a JSON object."""
    max_tokens: Count = 256
    """Most tokens of the model's output."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        names = [c.name.casefold() for c in self.classes]
        if len(set(names)) < len(names):
            raise ValueError("classes: two have the same name")
        if len({c.value for c in self.classes}) < 2:
            raise ValueError("classes: all have the same value")
        for example in self.examples:
            if example.label.casefold() not in names:
                raise ValueError(f"examples: the label {example.label!r} is no class")
        return self
