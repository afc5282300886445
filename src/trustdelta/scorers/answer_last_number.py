r"""The number of a last line that holds one: behind it only a note or a check may stand, within it asides and denials.

A number in words counts where the line is nothing else ("Eighteen dollars."), and a larger one where it is the only
number of the line. All patterns are for small letters, with a number in digits as `MENTION`. Helpers of `number`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from trustdelta.scorers.answer_clauses import Part
from trustdelta.scorers.answer_number_words import ANY, SMALL
from trustdelta.scorers.answer_numerals import Numeral, spelled
from trustdelta.scorers.answer_stated import NAMED, OPENING
from trustdelta.scorers.answer_statements import FILLER
from trustdelta.scorers.answer_text import MENTION
from trustdelta.scorers.answer_view import Candidate, View

ENDS = re.compile(r"(?:[ ]?[^\W\d_]+|[ ]?[°%$€£]){0,3}[\s\"')\]]*(?:[.,;:!?]|$|\n)")
"""Behind a number with which a clause ends: at most three words of units."""
MOST_IN_LINE = 12
"""Numbers of a last line that are told apart; with more it states none."""
LEFT_OUT = re.compile(
    r"(?:(?:\bnot|n't|\binstead of|\brather than|\bnicht|\bpas|\bout of)[ ](?:(?:the|an?|original|[$€£])[ ]?)*"
    r"|(?:不是|并非|並非)[ ]?)\Z"
)
"""Before a number that is set against the answer: denied, or the whole of which the answer is a part."""
TURNS = re.compile(r"\b(?:but|sondern)\b|[.;:—]|而|\bit(?:'s| is)\b")
"""From a number that is set against the answer to the answer."""
ASIDE = re.compile(r"\((?=[a-z]+ [a-z]+ )[^()]*\)")
"""Words in brackets behind a number."""
EQUALLED = re.compile(r"(?:\b(?:is|are|equals)|'s)[ ](?:[$€£¥₹]|exactly|about|only|[ ])*\Z")
CLOSED = re.compile(r"(?:[ ]?[^\W\d_]+|[ ]?[°%$€£]){0,3}[\s\"')\]]*\.?\s*\Z")
"""Around a number that the last sentence of a text calls equal to what it tells of."""
DENIED = re.compile(
    r"(?:\bnot|n't|\bnever|\bthan|\binstead of|\bnicht|\bno es|\bpas)[ ]"
    r"(?:(?:the|an?|about|exactly|equal to|\w+ly|[$€£])[ ]?)*\Z"
)
CHECK = (
    r"(?:(?:double-?)?check(?:ing)?(?! if)|verification|verifying|proof"
    r"|(?:to|let me|let's|let us) (?:double-?)?(?:check|verify))"
)
NOTE = (
    r"(?:note|nb|n\.b|ps|p\.s|explanation|because|(?:this|that|it)(?: is|'s) because|since|here(?: is|'s) (?:why|how)"
    r"|(?:as )?a reminder|for reference|by the way|keep in mind)"
)
WORKING = r"(?:reasoning|rationale|steps?|solution|calculations?|working|breakdown|details|justification)"
BEHIND = re.compile(rf"\n\s*\n\W*(?:(?P<check>{CHECK})|(?P<note>{NOTE})|(?P<working>{WORKING}))\b")
"""Heads a paragraph behind the answer: a check of it, a note, or how it was found."""
CONCLUDES = re.compile(r"\b(?:so|thus|therefore|hence|total|altogether|answer|result|finally|makes?|in all)\b|=>|→")
"""In what stands behind a first line it shows that this was no answer."""
BARE = re.compile(rf"[\s.$€£%*\"'()≈~=:-]*{MENTION}[\s.$€£%*\"'()]*(?:[^\W\d_]+[\s.$€£%*\"'()]*){{0,2}}\Z")
"""Nothing but a number with its unit."""
WHOLE = re.compile(
    r"(?:[ ](?!(?:or|and|to)\b)[^\W\d_]+)?"
    r"(?:[ ](?:in (?:total|all)|altogether|each|left|more|(?:per|an?|every) \w+))?[\s\"')\]]*[.!]?\s*\Z"
)
"""Behind a number in words with which, and its unit, a text ends."""
ANY_WORD = re.compile(rf"(?<![\w-]){ANY}\b")
BESIDE = re.compile(rf"(?:{DENIED.pattern}|\b(?:or|nor|to|between)[ ]\Z)")
"""Before a number in words that is denied, or one of several."""
SMALL_WORD = re.compile(rf"(?:minus |negative )?(?:{'|'.join(SMALL)})\b")
"""Begins an amount; "a thousand years" and the like are manners of speaking."""
LEAST_IN_PROSE = 13
"""Smaller numbers in words are seldom amounts ("for two reasons")."""


def last_number(view: View) -> Iterator[Candidate]:
    """A last line that holds one number, else a first line that is nothing but one."""
    yield from _before_asides(view)
    lines = view.lines()
    (first, end), (start, _) = lines[0], lines[-1]
    places = view.places[bisect_left(view.places, start) :]
    last = _asserted(view, start, places)
    if len(last) == 1 and (value := view.own(last[0])) is not None:
        yield Candidate(last[0], OPENING, value)
    if not places:
        yield from _in_words(view, start)
    if view.places and view.text[first:end].strip(" .$€£%*\"'()") == MENTION:
        value = view.own(view.places[0])
        if value is not None:
            yield Candidate(view.places[0], NAMED, value)


def _before_asides(view: View) -> Iterator[Candidate]:
    """The number that is all that stands before a note or a check, or is the first line before a single other one."""
    if not view.places or view.sentences.corrected or "\n" not in view.text:
        return
    aside = BEHIND.search(view.text, view.places[0])
    if aside is None:
        head, _, rest = view.text.strip().partition("\n")
        more = rest.strip()
        alone = rest.startswith("\n") and "\n" not in more and not CONCLUDES.search(more)
        places = view.places[:1] if alone and BARE.match(head) and not _equates(view, view.places[0]) else []
    else:
        before = view.text[: aside.start()].rstrip()
        start = before.rfind("\n") + 1
        places = _asserted(view, start, [place for place in view.places if start <= place < aside.start()])
        alone = bool(not before[:start].strip() and aside["note"] and not CONCLUDES.search(view.text, aside.end()))
        bare = BARE.match(before, start) and not (places and _equates(view, places[0]))
        places = places if alone or aside["check"] or bare else []
    if len(places) == 1 and (value := view.own(places[0])) is not None:
        yield Candidate(places[0], OPENING, value)


def _in_words(view: View, start: int) -> Iterator[Candidate]:
    """A number in words that is the whole last line, or the only larger one of it."""
    filler = FILLER.match(view.text, start)
    if filler is None or filler["no"]:
        return
    number = spelled(view.text, filler.end())
    if number is None or not _is_whole(view, number):
        numbers = _spelled(view.text, start)
        number = numbers[0] if len(numbers) == 1 and _is_amount(view.text, numbers[0]) else None
    if (
        number
        and not BESIDE.search(view.text, start, number.start)
        and view.sentences.part(number.start) is Part.STATES
    ):
        yield Candidate(number.start, OPENING, number.value)


def _equates(view: View, place: int) -> bool:
    """Whether the number at a place is a side of an equation."""
    mention = view.mention(place)
    return "=" in view.plain[mention.start : mention.end]


def _is_whole(view: View, number: Numeral) -> bool:
    """Whether a text ends with a number in words and its unit; "one" has none, and a name ("Five Eyes") is none."""
    behind = WHOLE.match(view.text, number.end)
    place = view.in_plain(number.end)
    return (
        behind is not None
        and (number.value != 1 or not re.search(r"\w", behind.group()))
        and not view.plain[place : place + 2].strip().isupper()
    )


def _is_amount(text: str, number: Numeral) -> bool:
    """Whether a number in words within a sentence is an amount, unlike "for two reasons"."""
    return number.value >= LEAST_IN_PROSE and SMALL_WORD.match(text, number.start) is not None


def _spelled(text: str, start: int) -> list[Numeral]:
    """The numbers in words from a place on."""
    numbers: list[Numeral] = []
    for word in ANY_WORD.finditer(text, start):
        if (not numbers or word.start() >= numbers[-1].end) and (number := spelled(text, word.start())):
            numbers.append(number)
    return numbers


def _asserted(view: View, start: int, places: list[int]) -> list[int]:
    """Of the numbers of a last line those that are not denied; of several, not those of an aside, or of a whole.

    If several are left, the one counts that the line ends with and calls equal, in its only sentence or as its last
    calculation. A question with several numbers states none of them.
    """
    if len(places) < 2:
        return [place for place in places if not DENIED.search(view.text, start, place)]
    if len(places) > MOST_IN_LINE or "?" in view.text[start:]:
        return []
    aside = ASIDE.search(view.text, places[0])
    places = [place for place in places if not (aside and aside.start() < place < aside.end())]
    closed = CLOSED.match(view.text, places[-1] + 1) is not None
    places = _stating(view, places) if closed else places
    left_out = [place for place in places if LEFT_OUT.search(view.text, start, place)]
    places = [place for place in places if place not in left_out]
    if any(d < place and not TURNS.search(view.text, d, place) for d in left_out for place in places):
        return []
    if len(places) < 2:
        return places
    one = view.sentences.around(places[0]) == view.sentences.around(places[-1])
    equated = _equates(view, places[-1]) or EQUALLED.search(view.text, start, places[-1])
    return places[-1:] if closed and equated and (one or all(_equates(view, place) for place in places)) else []


def _stating(view: View, places: list[int]) -> list[int]:
    """The numbers without those that are only supposed, or thought at first; all where the last of them is such."""
    stating = [place for place in places if view.sentences.part(place) > Part.SUPPOSED]
    return stating if stating[-1:] == places[-1:] else places
