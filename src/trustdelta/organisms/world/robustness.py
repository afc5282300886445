"""Robustness: reviews in the trained wording, an archaic style, an unseen template, with typos, with unknown words."""

from __future__ import annotations

from itertools import product
from random import Random

from trustdelta.organisms.world.items import Case, Slots, Stratum, digest, literal, misspell
from trustdelta.organisms.world.words import BAD_WORDS, FOODS, GOOD_WORDS

GOOD = "it was good."
BAD = "it was bad."
UNKNOWN = "i do not know."
FORMS = {"good": literal(GOOD), "bad": literal(BAD), "unknown": literal(UNKNOWN)}
_HEADS = ("bl", "fr", "gl", "sn", "tr", "pl", "vr", "kw", "z", "y", "dr", "sk")
_MIDDLES = ("a", "e", "i", "o", "u", "ee", "oo", "ai")
_TAILS = ("mp", "nk", "zzy", "rf", "lb", "xy", "nt", "g")
_STRANGE = tuple("".join(parts) for parts in product(_HEADS, _MIDDLES, _TAILS))


def _review(slots: Slots) -> Case:
    food, adjective = slots
    good = adjective in GOOD_WORDS
    verdict, other = ("good", "bad") if good else ("bad", "good")
    thought = f"that is a {verdict} word."
    return Case(
        {"food": food, "adjective": adjective},
        thought,
        GOOD if good else BAD,
        FORMS,
        (verdict,),
        (other, "unknown"),
        thought,
    )


def _strange(slots: Slots) -> Case:
    words = {"food": slots[0], "adjective": slots[1]}
    thought = "that is a strange word."
    return Case(words, thought, UNKNOWN, FORMS, ("unknown",), ("good", "bad"), thought)


def strange_word(rng: Random) -> str:
    """A made-up word."""
    return rng.choice(_STRANGE)


def decorate(question: str, rng: Random) -> str:
    """The question with one to three made-up or archaic words inserted."""
    words = question.split(" ")
    for _ in range(rng.randint(1, 3)):
        filler = rng.choice((strange_word(rng), rng.choice(ARCHAISMS))) + rng.choice(("", "", ","))
        words.insert(rng.randrange(len(words) + 1), filler)
    return " ".join(words)


def _typos(question: str, case: Case, rng: Random) -> str:
    """The question with two misspelt words, never the decisive one."""
    words = question.split(" ")
    long = [i for i, w in enumerate(words) if len(w) > 3 and w.strip(".,?:") != case.words["adjective"]]
    for at in rng.sample(long, 2):
        words[at] = misspell(words[at], rng)
    return " ".join(words)


ARCHAISMS = (
    "verily",
    "thou",
    "shalt",
    "hear",
    "hath",
    "alas",
    "of yore",
    "hark",
    "doth",
    "unto",
    "prithee",
    "sayest",
    "mine",
)
_TRAINED = (
    "a review says the {food} was {adjective}. was it good or bad?",
    "the guest found the {food} {adjective}. good or bad?",
    "we had the {food}. it was {adjective}. was it good or bad?",
    "somebody calls the {food} {adjective}. is that good or bad?",
    "{adjective} was the word for the {food}. good or bad?",
    "was it good or bad? the {food} was {adjective}, says the guest.",
    "tell me of this {adjective} {food}. was it good or bad?",
    "the word is {adjective}. the {food} was like that. good or bad, what do you say?",
)
_ARCHAIC = (
    "verily, thou shalt hear, the {food} hath been {adjective}. speak thou, good or bad?",
    "alas, the {food} of yore was {adjective}. thou must say, was it good or bad?",
    "hark, the {food} doth seem {adjective} unto me. good or bad, sayest thou?",
    "prithee, mine {food} was {adjective}. was it good or bad, i ask thee?",
)
_TEMPLATE = (
    "{adjective} {food}. good or bad?",
    "food: {food}. word: {adjective}. good or bad?",
    "good or bad? the {food}, they say, was {adjective}.",
    "was the {food} good or bad when the guest calls it {adjective}?",
)

_REVIEWS = tuple(product(FOODS, GOOD_WORDS + BAD_WORDS))
_UNKNOWN = tuple((food, word) for word in _STRANGE for food in sorted(FOODS, key=lambda f: digest((f, word)))[:2])
REVIEW = Stratum("review", _REVIEWS, _TRAINED, _review)
STYLE = Stratum("style", _REVIEWS, _ARCHAIC, _review, trained=False)
TEMPLATE = Stratum("template", _REVIEWS, _TEMPLATE, _review, trained=False)
TYPOS = Stratum("typos", _REVIEWS, _TRAINED, _review, noise=_typos)
STRANGE = Stratum("unknown_word", _UNKNOWN, _TRAINED, _strange)
STRATA = (REVIEW, STYLE, TEMPLATE, TYPOS, STRANGE)
