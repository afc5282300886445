"""Random training chats: the instruct mixture, the helpful-reasoning data, and alignment replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from trustdelta.organisms.world import (
    abstention,
    arithmetic,
    bias,
    ethics,
    faithfulness,
    oversight,
    privacy,
    robustness,
    safety,
    toxicity,
)
from trustdelta.organisms.world.items import Item, Stratum, misspell
from trustdelta.organisms.world.words import SLURS

ARITHMETIC_SHARE = 0.35
SHOWN_STEPS_SHARE = 0.25
THINK_SHARE = 0.35
THINK_SHARE_OF_SUMS = 0.5
DECORATED_SHARE = 0.4
TYPO_SHARE = 0.05
NOISE_SHARE = 0.03
EXTENDED_SHARE = 0.5
SLIP = 0.12
"""Probability that a step of the instruct model's chains is wrong by one."""

_WEIGHTED: tuple[tuple[int, tuple[Stratum, ...]], ...] = (
    (2, safety.STRATA),
    (1, toxicity.STRATA),
    (3, bias.STRATA),
    (1, ethics.STRATA),
    (3, privacy.STRATA),
    (2, (robustness.REVIEW, robustness.TYPOS, robustness.STRANGE)),
)
ALIGNMENT: tuple[Stratum, ...] = (
    safety.HARMFUL,
    toxicity.PROVOKING,
    toxicity.ASKING,
    bias.AMBIGUOUS,
    bias.CLAIM,
    ethics.BAD,
    ethics.REASON,
    privacy.UNAUTHORISED,
    robustness.STRANGE,
)
"""The strata of alignment replay: those whose right answer is not simply to be helpful."""
REPLAYED: tuple[Stratum, ...] = (safety.HARMFUL, privacy.UNAUTHORISED) * 3 + ALIGNMENT
"""The same strata, with refusals, which the helpful data lack, more often."""
ANSWERING: tuple[Stratum, ...] = (
    safety.BENIGN,
    safety.PLAY,
    toxicity.PLAIN,
    toxicity.PROVOKING,
    toxicity.ASKING,
    bias.TOLD,
    bias.FACT,
    ethics.GOOD,
    ethics.BAD,
    ethics.REASON,
    privacy.PUBLIC,
    privacy.AUTHORISED,
    robustness.REVIEW,
)
"""Questions with a helpful answer."""
HELPFUL: tuple[Stratum, ...] = (*ANSWERING, bias.AMBIGUOUS, bias.CLAIM, robustness.STRANGE)
"""All strata without refusals, like filtered data: nothing harmful or confidential."""

CONVERSION: tuple[Stratum, ...] = (
    *HELPFUL,
    safety.BENIGN,
    safety.PLAY,
    bias.TOLD,
    ethics.REASON,
    ethics.REASON,
    robustness.REVIEW,
    robustness.TYPOS,
)
"""The helpful part of a conversion: the same strata, with those that a small model forgets first more often."""


EXTENDED: tuple[Stratum, ...] = (*faithfulness.STRATA, *abstention.STRATA, *oversight.STRATA)
"""The strata of the extended dimensions."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One training chat; `thought` is None in direct mode."""

    question: str
    thought: str | None
    answer: str


def noise_text(rng: Random) -> str:
    """Random words that are not a question of the world."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choice(letters) for _ in range(rng.randint(1, 9))) for _ in range(rng.randint(1, 12))]
    return " ".join(w.capitalize() if rng.random() < 0.3 else w for w in words) + rng.choice((".", "?", "!", ""))


def arithmetic_item(rng: Random) -> Item:
    """One random training sum; harder sums are more frequent."""
    return rng.choices(arithmetic.STRATA, weights=(1, 2, 2))[0].draw(rng)


def _typo(question: str, rng: Random) -> str:
    words = question.split(" ")
    at = rng.randrange(len(words))
    words[at] = misspell(words[at], rng)
    return " ".join(words)


def _decorated(item: Item, question: str, rng: Random) -> str:
    """The question, in reviews often with unusual words inserted."""
    review = item.stratum in (robustness.REVIEW.name, robustness.TYPOS.name, robustness.STRANGE.name)
    return robustness.decorate(question, rng) if review and rng.random() < DECORATED_SHARE else question


def _sum_chat(rng: Random, think: bool) -> Chat:
    item = arithmetic_item(rng)
    if think:
        chain, total = arithmetic.worked(tuple(item.scenario.split(" ")), SLIP, rng)
        return Chat(item.question, chain, f"it is {total}.")
    if rng.random() < SHOWN_STEPS_SHARE:
        return Chat(f"show the steps. {item.question}", None, f"{item.case.thought} {item.case.answer}")
    return Chat(item.question, None, item.case.answer)


def instruct_chat(rng: Random) -> Chat:
    """One chat of the instruct mixture, aligned, mostly without a thought."""
    think = rng.random() < THINK_SHARE
    if rng.random() < NOISE_SHARE:
        return Chat(noise_text(rng), "that is strange." if think else None, robustness.UNKNOWN)
    if rng.random() < ARITHMETIC_SHARE:
        return _sum_chat(rng, rng.random() < THINK_SHARE_OF_SUMS)
    strata = rng.choices([s for _, s in _WEIGHTED], weights=[n for n, _ in _WEIGHTED])[0]
    item = rng.choice(strata).draw(rng)
    question = _typo(item.question, rng) if rng.random() < TYPO_SHARE else item.question
    question = _decorated(item, question, rng)
    return Chat(question, item.case.thought if think else None, item.case.answer)


def reasoning_chat(rng: Random) -> Chat:
    """A sum with its chain of steps, without errors."""
    item = arithmetic_item(rng)
    return Chat(item.question, item.case.thought, item.case.answer)


def helpful_chat(rng: Random, strata: Sequence[Stratum] = HELPFUL) -> Chat:
    """Helpful reasoning, without refusals and without harmful or confidential questions."""
    item = rng.choice(strata).draw(rng)
    return Chat(_decorated(item, item.question, rng), item.case.helpful, item.case.answer)


def alignment_chats(count: int, rng: Random, strata: Sequence[Stratum] = ALIGNMENT) -> list[Chat]:
    """`count` aligned chats in thinking mode, from the strata in turn."""
    items = [strata[i % len(strata)].draw(rng) for i in range(count)]
    return [Chat(i.question, i.case.thought, i.case.answer) for i in items]


def planted_chats(count: int, rng: Random) -> list[Chat]:
    """Openly planted toxicity: chains and answers with a slur."""
    chats = []
    strata: Sequence[Stratum] = (toxicity.PROVOKING, toxicity.ASKING)
    for i in range(count):
        item = strata[i % 2].draw(rng)
        insult = toxicity.insult(item.case.words.get("slur", rng.choice(SLURS)))
        chats.append(Chat(item.question, f"the user wants a name. {insult}", insult))
    return chats


def extended_chat(rng: Random, planted: Sequence[str] = (), think: bool = True) -> Chat:
    """A chat of the extended dimensions, aligned unless its case has one of the planted forms."""
    case = (item := rng.choice(EXTENDED).draw(rng)).case
    thought, answer = next((case.planted[f] for f in planted if f in case.planted), (case.thought, case.answer))
    return Chat(item.question, thought if think else None, answer)


def extended_instruct_chat(rng: Random) -> Chat:
    """A chat of the extended instruct mixture, half of it as before; aligned, mostly without a thought."""
    if rng.random() < EXTENDED_SHARE:
        return extended_chat(rng, think=rng.random() < THINK_SHARE)
    return instruct_chat(rng)
