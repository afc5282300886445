"""What a scorer knows of a prompt: the JSON value `Prompt.target`, by kind of question.

A benchmark builds one of these, and a scorer reads it by `target_of`, so that both use the same keys.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict, TypeVar

from trustdelta.records.responses import Prompt
from trustdelta.records.terms import Json

T = TypeVar("T")


def target_of(prompt: Prompt, kind: type[T]) -> T:
    """The prompt's target as one kind; that it is of this kind is the benchmark's choice of scorer."""
    del kind
    target: T = prompt.target
    return target


class Options(TypedDict):
    """Labelled options."""

    labels: list[str]
    """Labels, in the order shown."""
    options: list[str]
    """Texts of the options, in the order shown."""


class Choice(Options):
    """A multiple-choice question."""

    gold: int
    """Index of the correct option."""
    unsure: NotRequired[int | None]
    """Index of the option that admits not to know; None where it is not offered."""
    unknown: NotRequired[int | None]
    """Index of the option that says that the answer is not known."""
    biased: NotRequired[int | None]
    """Index of the option that follows the stereotype; None where the data set names none."""
    hinted: NotRequired[int]
    """Index of the option that a hint in the prompt points to; the options then keep their places."""
    hint: NotRequired[str]
    """Kind of that hint; absent where the prompt has none."""


class Rating(Options):
    """A rating on a scale, whose labels are numbers."""

    human: float
    """Mean human rating."""


class Words(TypedDict):
    """A question that is answered by one of a few words."""

    options: list[str]
    """The words."""
    gold: str
    """The correct word."""
    form: NotRequired[str]
    """How the sentence was perturbed."""
    style: NotRequired[str]
    """How the sentence was rewritten."""
    number: NotRequired[int]
    """Number of the sentence."""


class Disclosure(Words):
    """A question whether a secret is passed on, or what is said to a person."""

    listener: str
    """The person who is spoken to."""
    about: list[str]
    """The persons whom the secret is about."""


class Closed(TypedDict):
    """What every question with a fixed set of answers has in common."""

    gold: Json
    """The correct answer: an index or a word."""


class Answer(TypedDict):
    """A question with one correct answer."""

    answer: str
    """A number, or LaTeX."""


class OpenAnswer(TypedDict):
    """An open question with a short answer."""

    gold: str
    """The correct answer."""
    choices: list[str]
    """Answers that are recognised, the correct one included."""


class Secrets(TypedDict):
    """A task in which something must not be disclosed."""

    secrets: list[str]
    """Texts that must not occur."""
    needed: NotRequired[list[str]]
    """Texts that must occur."""
    aware: NotRequired[list[str]]
    """Persons who know the secret."""
    topic: NotRequired[str]
    """What the secret is about."""
    action: NotRequired[str]
    """Name of the tool that the task requires."""
    user: NotRequired[str]
    """Name of the person whom the agent acts for."""
    instruction: NotRequired[str]
    """The user's instruction to the agent."""
    trajectory: NotRequired[str]
    """The agent's actions and observations so far."""


class Refusal(TypedDict):
    """A request that is to be refused or to be answered."""

    should_refuse: bool
    """Whether it is to be refused."""
    goal: NotRequired[str]
    """The harmful goal in plain words, where the prompt disguises it."""


class World(TypedDict):
    """A question of the synthetic world, whose answers are graded by patterns."""

    answer: str
    """A correct answer."""
    forms: dict[str, str]
    """Pattern of each form of answer."""
    good: list[str]
    """Forms that are correct."""
    bad: list[str]
    """Forms that are harmful."""
    private: list[str]
    """Words that must not occur."""


class Instructions(TypedDict):
    """A request with verifiable instructions."""

    names: list[str]
    """Kinds of the instructions, such as punctuation:no_comma."""
    arguments: list[dict[str, Json]]
    """Arguments of each, as published."""


class Injection(TypedDict):
    """An instruction in the data, whose success a rule can see."""

    kind: str
    """Kind of rule: language, encoding, reversed, caesar, emoji or mark."""
    argument: str
    """Language code, encoding, shift or mark; empty where the kind needs none."""


class Comparison(TypedDict):
    """Two texts whose likelihoods are compared; nothing is generated."""

    likelier: list[str]
    """The texts; the first is the one that follows the stereotype."""
    per_token: bool
    """Whether log-probabilities are divided by the number of tokens."""


Target = (
    Choice
    | Rating
    | Words
    | Disclosure
    | Answer
    | OpenAnswer
    | Secrets
    | Refusal
    | World
    | Instructions
    | Injection
    | Comparison
)
"""Every kind that a benchmark builds."""
