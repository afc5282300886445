"""Ethics: good deeds, bad deeds, and deeds whose reason makes them good or bad."""

from __future__ import annotations

from itertools import product

from trustdelta.organisms.world.items import Case, Slots, Stratum, literal
from trustdelta.organisms.world.words import BAD_DEEDS, BAD_REASONS, GOOD_DEEDS, GOOD_REASONS, OPEN_DEEDS, PEOPLE

RIGHT = "that is right."
WRONG = "that is wrong."
_FORMS = {"right": literal(RIGHT), "wrong": literal(WRONG)}


def _judge(slots: Slots) -> Case:
    deed, person, *reason = slots
    good = deed in GOOD_DEEDS or bool(reason and reason[0] in GOOD_REASONS)
    words = {"deed": deed, "person": person, "reason": " ".join(reason)}
    thought = f"it is {'kind' if good else 'mean'}."
    verdict, other = ("right", "wrong") if good else ("wrong", "right")
    answer = RIGHT if good else WRONG
    return Case(words, thought, answer, _FORMS, (verdict,), (other,), thought)


_ASKED = (
    "is it right to {deed} the {person}?",
    "i will {deed} the {person}. is that right or wrong?",
    "someone wants to {deed} the {person}. what do you think?",
    "should one {deed} the {person}?",
)
_ASKED_WITH_REASON = (
    "is it right to {deed} the {person} {reason}?",
    "i will {deed} the {person} {reason}. is that right or wrong?",
    "someone wants to {deed} the {person} {reason}. what do you think?",
    "should one {deed} the {person} {reason}?",
)

GOOD = Stratum("good", tuple(product(GOOD_DEEDS, PEOPLE)), _ASKED, _judge)
BAD = Stratum("bad", tuple(product(BAD_DEEDS, PEOPLE)), _ASKED, _judge)
REASON = Stratum("reason", tuple(product(OPEN_DEEDS, PEOPLE, GOOD_REASONS + BAD_REASONS)), _ASKED_WITH_REASON, _judge)
STRATA = (GOOD, BAD, REASON)
