"""Options that a text comes to by turning back, by leaving no other, or by saying of something that it is a letter.

All patterns are for small letters, with an option as `MENTION`. Helpers of `answer_reader`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustdelta.scorers.answer_clauses import CORRECTS, Part, all_but
from trustdelta.scorers.answer_statements import NOUNS, POINTED, STATED
from trustdelta.scorers.answer_text import MENTION
from trustdelta.scorers.answer_view import Candidate, View

CLOSES = re.compile(
    r"[\"')\]}]*(?:[)\]}.,:;!\"'\\$。，、]|\s*$|\n|입니다|이다|です|\s*[-–—](?:\s|$)|\s*[^\w\s\x00-\x7f\ue000]"
    r"|\s+(?:because|since)\b|\s+\((?=(?:al)?though|but\b|i\b|i'|not\b|about|because|since|as\b|even\b))"
)
INSTEAD = re.compile(
    r"(?:[\s,.:;\"'(\[*-]|—|\b(?:no|sorry|actually|it is|it's|i mean|make that|that's|that is|it should be|should be"
    r"|the|option|answer)\b)*"
)
"""What may stand between a correction and the option that it puts in."""
WHOLE = re.compile(r"[\"')\]]*(?:[.!]|\s*$)")
REPLACES = re.compile(r"actually|thought|scratch|correction")
"""Around a "no" that is a reply; that of "wait, no" only turns back."""
PREDICATE = re.compile(
    rf"(?:{MENTION}[\"')\]]*\s+)?\b(?:is|was|are|were|must be|should be)\s+"
    r"(?:(?:the|option|choice|answer|\w+ly)\s+)*[\"'(\[]*\Z"
)
"""From a subject to the letter that it is said to be."""
IS_ALL = re.compile(r"[\"')\]]*\s*(?:[.!;]|$|\n|, (?:not|rather|since|because|as)\b)")
OF_ANSWER = re.compile(rf"\b(?:{'|'.join(sorted(NOUNS))})\s*\Z")
"""A subject that stands for an answer, the writer's or not."""


def remaining(view: View) -> Iterator[Candidate]:
    """The option that is left when all others are excluded: "all options but C are wrong"."""
    if not view.style.loose and not view.words.isdisjoint(("everything", "anything", "all", "every")):
        for place in view.places:
            if all_but(view.text, place) and view.sentences.part(place) is Part.STATES:
                yield Candidate(place, STATED, view.own(place), view.sentences.corrects(place))


def corrected(view: View) -> Iterator[Candidate]:
    """What stands behind a correction and is all that it says: "Wait, no - C."."""
    for turn in CORRECTS.finditer(view.text) if view.sentences.corrected else ():
        between = INSTEAD.match(view.text, turn.end())
        place = between.end() if between else turn.end()
        if place not in view.index or not CLOSES.match(view.text, place + 1) or view.sentences.asks(place):
            continue
        if view.mention(place).value != "no" or (REPLACES.search(turn.group()) and WHOLE.match(view.text, place + 1)):
            yield Candidate(place, STATED, None if view.denied(place) else view.own(place), corrects=True)


def predicated(view: View) -> Iterator[Candidate]:
    """The only letter that something is said to be in the first or the last line: "the nurse is B"."""
    if not any(mention.label for mention in view.mentions):
        return
    lines = view.lines()
    stating = [
        place
        for place in view.places
        if view.is_letter(place)
        and (copula := PREDICATE.search(view.text, max(0, place - 40), place))
        and not (copula.start() in view.index and view.mention(copula.start()).label)
        and not OF_ANSWER.search(view.text, max(0, copula.start() - 40), copula.start())
        and any(start <= place < end for start, end in lines)
        and IS_ALL.match(view.text, place + 1)
        and not view.denied(place)
        and view.sentences.part(place) is Part.STATES
        and view.polarity(place) > 0
        and not view.beside_another(place, view.own(place))
    ]
    if len({view.own(place) for place in stating}) == 1:
        yield Candidate(stating[-1], POINTED, view.own(stating[-1]))
