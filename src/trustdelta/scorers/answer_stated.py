"""Options behind a lead: "the answer is C", "so it must be C", "not A but C", in English and in the other languages.

Helpers of `answer_reader`; all patterns are for small letters, with an option as `MENTION`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustdelta.scorers.answer_clauses import Part, past_coordinated
from trustdelta.scorers.answer_languages import Language
from trustdelta.scorers.answer_statements import (
    CONCLUDED,
    CONTRAST,
    FILLER,
    HYPOTHETICAL,
    POINTED,
    STATED,
    Lead,
    leads,
)
from trustdelta.scorers.answer_view import SEVERAL, Candidate, View

MOST = 100
"""Mentions that are weighed one by one, from either end of a text."""
OPENING, NAMED = 4, 1
"""Firmness of what a line opens with, and of what is merely named."""
CONCLUSION = re.compile(
    r"[\s\"')\]}*]*(?:[.;:!?\n。]|$|,(?! (?:which|who|whose|where)\b)|-\s|—"
    r"|\b(?:because|since|as|for|that|who|not|rather)\b|\b(?:is|was) (?:the )?(?:correct|right|best|answer|most|only)"
    r"|[^\x00-\x7f\ue000])"
)
"""What may follow an option that is a conclusion; "so London is larger" concludes something else."""
HEADING = re.compile(r"[:=\n]\s*\Z")
"""Ends a lead that may head the steps to an answer."""
BLANK = re.compile(r"\n\s*\n")
OPENS_DENIED = re.compile(
    r"[\s\"'(\[*-]*(?:(?:it|this|that|he|she|they|the (?:correct |right )?answer)(?: is|'s| was| are| were)\s+)?"
    r"(?:\w+ly\s+)?(?:not|neither)\b"
)
"""How a line opens with a denial; what stands behind that is contrasted with it."""


def stated(view: View) -> Iterator[Candidate]:
    """What stands behind the leads, in English and in the other languages."""
    least = POINTED if not view.style.loose else CONCLUDED
    least = least if view.style.by_prose or view.sentences.corrected else HYPOTHETICAL
    for lead in leads(view.text, view.words, least):
        if _counts(lead, view):
            yield from _in_clause(view, lead) if view.style.loose else _behind(view, lead)
    for language in view.languages:
        for statement in language.statement.finditer(view.text):
            negated = any(group is not None for group in statement.groups())
            yield from _behind(view, Lead(statement.start(), statement.end(), STATED, negated, "answer"), language)


def contrasted(view: View) -> Iterator[Candidate]:
    """What is set against an option with whose denial the first or the last line opens: "Not A, but C"."""
    for start, _ in view.lines() if not view.style.loose or view.languages else ():
        denial = OPENS_DENIED.match(view.text, start) if view.denies and not view.style.loose else None
        if denial:
            yield from _behind(view, Lead(start, denial.end(), OPENING, True))
        for language in view.languages:
            foreign = language.opens_denied.match(view.text, start)
            if foreign or _opens_and_denies(view, start, language):
                end = foreign.end() if foreign else start
                yield from _behind(view, Lead(start, end, OPENING, foreign is not None), language)


def _opens_and_denies(view: View, start: int, language: Language) -> bool:
    """Whether a line opens with an option that is denied behind it, as Japanese and Korean do."""
    between = language.before.match(view.text, start)
    place = between.end() if between else start
    return place in view.index and view.denied(place)


def _counts(lead: Lead, view: View) -> bool:
    """Whether a lead counts in this style: without prose, conclusions count as corrections only."""
    style = view.style
    if lead.noun:
        return style.nouns is None or lead.noun in style.nouns
    if lead.firmness > CONCLUDED:
        return True
    if style.loose and view.text.startswith("but", lead.start):
        return False  # a verdict on another act: "I was wrong to steal, but it is not wrong to give"
    if not style.by_prose:
        return view.sentences.corrects(lead.end)
    return lead.firmness == CONCLUDED or not style.loose


def _behind(view: View, lead: Lead, language: Language | None = None) -> Iterator[Candidate]:
    """The option directly behind a lead, or the one that is contrasted with a denied one there."""
    before = language.before if language else FILLER
    between = before.match(view.text, lead.end)
    if between is None or between.end() not in view.index:
        yield from _nearby(view, lead, between.end() if between else lead.end)
        return
    place, negated = between.end(), lead.negated or between["no"] is not None
    while negated or view.denied(place):
        contrast = (language.to_other if language else CONTRAST).match(view.text, past_coordinated(view.text, place))
        between = before.match(view.text, contrast.end()) if contrast else None
        if between is None or between.end() not in view.index:
            return
        place, negated = between.end(), between["no"] is not None
    if lead.firmness > CONCLUDED or _is_conclusion(view, lead, place):
        yield from _candidate(view, lead, place)


def _is_conclusion(view: View, lead: Lead, place: int) -> bool:
    """Whether the clause ends with the option; a mere "it is" needs a letter."""
    firm = lead.firmness == CONCLUDED or view.mention(place).label or not view.style.by_prose
    return firm and CONCLUSION.match(view.text, place + 1) is not None


def _nearby(view: View, lead: Lead, place: int) -> Iterator[Candidate]:
    nearby = view.style.nearby if lead.noun and not lead.negated else None
    value = None if nearby is None else nearby(view, place)
    if value is not None and view.sentences.part(place) is Part.STATES:
        yield Candidate(place, lead.firmness, value, view.sentences.corrects(place))


def _candidate(view: View, lead: Lead, place: int) -> Iterator[Candidate]:
    part, value = view.sentences.part(place), view.own(place)
    if part is Part.NONE or value is None:
        return
    if view.mention(place).calculated and _heads_steps(view, lead, place):
        return
    firmness = lead.firmness if part is Part.STATES else NAMED - 0.5 + int(part) / 10
    value = SEVERAL if view.beside_another(place, value) else value
    yield Candidate(place, firmness, value, view.sentences.corrects(place))


def _heads_steps(view: View, lead: Lead, place: int) -> bool:
    """Whether a lead only heads calculations: another one follows in the paragraph, or behind "solution" anywhere."""
    if not HEADING.search(view.text, lead.start, lead.end):
        return False
    later = next((other for other in view.places if other > place and view.mention(other).calculated), None)
    return later is not None and (lead.noun == "solution" or BLANK.search(view.text, place, later) is None)


def _in_clause(view: View, lead: Lead) -> Iterator[Candidate]:
    """What the clause behind a lead says, if it says one thing."""
    between = FILLER.match(view.text, lead.end)
    places = view.in_clause(between.end() if between else lead.end)
    values = {view.value(place) for place in places[:MOST]} - {None}
    if len(values) == 1 and view.sentences.part(places[0]) is Part.STATES:
        yield Candidate(places[0], lead.firmness, values.pop(), view.sentences.corrects(places[0]))
