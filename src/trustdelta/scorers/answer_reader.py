"""What a text settles on: the one reader behind choices, labels, numbers, mathematics and open answers.

A reader first finds the places where an option is named (`Mention`). Then, whatever the options are:

1. A marked place counts most (`answer_marks`); what stands in it is read as a text of its own.
2. Leads ("the answer is", `answer_statements`, `answer_languages`) count if an option stands directly behind them;
   after a denied one ("is not A but"), the next that is contrasted with it.
3. Then how the first or the last line opens, then a conclusion ("so it is"), then the only option that is named at all.

A sentence that asks, supposes, or tells what others think states nothing (`answer_clauses`); a denied or excluded
option is none (`answer_negation`). Of equals the last counts; a correction ("wait, ...") beats what stood before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import attrgetter

from trustdelta.scorers.answer_clauses import (
    CORRECTS,
    TICKS,
    Part,
    confirmed_after,
    may_confirm,
    may_correct,
    ticked_after,
)
from trustdelta.scorers.answer_marks import Mark, marks, without_tags
from trustdelta.scorers.answer_negation import any_of
from trustdelta.scorers.answer_stated import MOST, NAMED, OPENING, contrasted, stated
from trustdelta.scorers.answer_statements import CONCLUDED, POINTED, STATED
from trustdelta.scorers.answer_text import MENTION
from trustdelta.scorers.answer_turns import CLOSES, corrected, predicated, remaining
from trustdelta.scorers.answer_view import SEVERAL, Candidate, Style, Value, View, lowered

VERSION = "4"
"""Part of what stored scores are known by: raise it with every change of what any text is read as."""
MARKED = 7
PLACE = attrgetter("place")
SURELY = r"(?:(?:most |very )?(?:probably|likely|presumably|definitely|certainly|surely|clearly|obviously),?)"
OPENS = re.compile(
    rf"[\s\"'(\[{{$>•=→✅✔✓☑*-]*(?:{SURELY}\s+)?(?:(?:the|an?|la|el|it is|it was|this is|this was|that is)\s+)?"
    rf"(?:option|choice|answer|response|letter|number|label)?\s*[:#]?\s*[\"'(\[{{]*(?={MENTION})"
)
CLOSES_WEAKLY = re.compile(r"\s+(?:is|was|as|for|due|given|would|seems|must|has)\b")
EXCLUDED_MARK = re.compile(
    r"(?:(?:\bnot|n't|\bthan|\binstead of)[^\w\n]+|\b(?:mistakes?|errors?|traps?) (?:\w+ ){0,3}?(?:leads? to|gives?"
    r"|yields?|results? in|produces?|would (?:give|be|yield|lead to))[^\w\n]+)\Z"
)
BEFORE_MARK = 80
"""Characters before a mark in which it may be excluded."""
LAST = re.compile(rf"(?:[^\W\d]|{MENTION})[.!?]\s+[\"'(\[]*({MENTION})[\"')\]]*[.!]?\s*\Z")
ENDS = re.compile(r"[\"')\]]*[.!]?\s*\Z")
ELLIPSIS = re.compile(
    rf"({MENTION})[\"')\]]*[,;.]? *(?:but|yet|however,?) (?:it|this|that)(?: \w+ly| really)*"
    r"(?: (?:is|was)|'s)(?:(?P<no>n't| not))?(?: \w+ly)?(?=\s*(?:[.!;]|\n|$))"
)
ELLIPTICAL = ("but", "yet", "however")
REPLY = re.compile(
    r"[\s\"'(]*(?:(?P<yes>yes|yeah|indeed|correct|certainly|of course|absolutely|definitely"
    r"|i (?:\w+ )?(?:think|believe) so"
    r"|i(?:'d| would) say so|(?:it|that|this) (?:\w+ )?is(?=[.!,]))|no|nope|not at all|hardly|i doubt it|i think not"
    r"|i (?:do not|don't|would not|wouldn't) (?:think|believe|say) so"
    r"|(?:it|that|this) (?:\w+ )?(?:isn't|is not)(?=[.!,]))(?!\w)(?!\s+(?:one|doubt))"
)


def settle(text: str, style: Style) -> Value | None:
    """The value that a text in normal form settles on; None where it settles on none or on several."""
    best = _last_mark(text, style)
    plain = without_tags(text)
    if best is None or may_correct(lowered(style.undress(plain))):
        view, first = View.of(plain, style), 0 if best is None else best.place
        stating = list(candidates(view)) if view.mentions or style.nearby else []
        for candidate in sorted(stating, key=PLACE):
            if candidate.place >= first and (best is None or _beats(candidate, best)):
                best = candidate
    return None if best is None or best.value is SEVERAL else best.value


def _last_mark(text: str, style: Style) -> Candidate | None:
    """The last marked place that holds an option; only a correction behind it could count for more."""
    for mark in reversed(marks(text)):
        excluded = EXCLUDED_MARK.search(text, max(0, mark.start - BEFORE_MARK), mark.start)
        inside = None if excluded else _inside(mark, style)
        if inside is not None:
            return inside
    return None


def _beats(later: Candidate, best: Candidate) -> bool:
    if later.corrects and later.firmness >= POINTED:
        return True
    return later.firmness > best.firmness or (later.firmness == best.firmness and best.firmness != OPENING)


def _inside(mark: Mark, style: Style) -> Candidate | None:
    """What a marked place holds; None where it holds no option."""
    if style.inside is not None:
        value = style.inside(mark)
        return None if value is None else Candidate(mark.start, MARKED, value)
    view = View.of(without_tags(mark.inside), style)
    if not view.mentions and not style.nearby:
        return None
    ranked = sorted(candidates(view), key=lambda c: (c.firmness, c.place))
    if not ranked and not view.mentions:
        return None
    return Candidate(mark.start, MARKED, ranked[-1].value if ranked else SEVERAL)


def candidates(view: View) -> Iterator[Candidate]:
    """Every place of a view that states an option."""
    yield from stated(view)
    yield from confirmed(view)
    yield from view.style.others(view)
    yield from corrected(view)
    if view.style.by_prose:
        yield from contrasted(view)
        yield from remaining(view)
        yield from predicated(view)
        yield from elliptical(view)
        yield from opened(view)
        yield from named(view)


def confirmed(view: View) -> Iterator[Candidate]:
    """Options that are called the answer: "C is correct"."""
    label = any(mention.label for mention in view.mentions)
    may_be = not view.style.loose and may_confirm(view.words, label=label)
    ticks = view.style.by_prose and not view.style.loose and any_of(TICKS, view.text)
    for place in view.places if may_be or ticks or view.languages else ():
        english = (may_be and confirmed_after(view.text, place, label=view.mention(place).label)) or (
            ticks and ticked_after(view.text, place)
        )
        if not english and not any(lang.after_confirmed.match(view.text, place + 1) for lang in view.languages):
            continue
        if view.denied(place) or view.sentences.part(place) is not Part.STATES or view.polarity(place) < 1:
            continue
        yield Candidate(place, STATED, view.own(place), view.sentences.corrects(place))


def elliptical(view: View) -> Iterator[Candidate]:
    """What is taken back, or held to, without its word: "it looks wrong, but it is not"."""
    for short in () if view.words.isdisjoint(ELLIPTICAL) else ELLIPSIS.finditer(view.text):
        place = short.start(1)
        if place not in view.index or view.polarity(place) == 0 or view.mention(place).label:
            continue
        own = view.own(place)
        value = view.style.opposite(own) if short["no"] and own is not None else own
        if value is not None and not view.sentences.asks(place):
            yield Candidate(place, CONCLUDED, value)


def opened(view: View) -> Iterator[Candidate]:
    """The options with which the first and the last line open, and a letter that is the last sentence."""
    for start, end in view.lines():
        opening = OPENS.match(view.text, start)
        if opening is None or opening.end() >= end:
            continue
        place = opening.end()
        firmly = CLOSES.match(view.text, place + 1) or view.mention(place).whole
        if not (firmly or CLOSES_WEAKLY.match(view.text, place + 1)):
            continue
        if not view.denied(place) and view.sentences.part(place) is not Part.NONE:
            value = view.own(place)
            firmness = OPENING if firmly else NAMED + 0.5
            if value is not None:
                yield Candidate(place, firmness, SEVERAL if view.beside_another(place, value) else value)
    last = view.places[-1]
    corrects = view.sentences.corrected and CORRECTS.search(view.text, 0, last) is not None
    if (view.mention(last).label or corrects) and ENDS.match(view.text, last + 1) and LAST.search(view.text):
        yield Candidate(last, CONCLUDED, view.own(last), corrects)


def named(view: View) -> Iterator[Candidate]:
    """The only option that the text names by its words and does not exclude."""
    firmest, values = Part.ASIDE, set[Value]()
    for _, part, value in asserted(view):
        if part > firmest:
            firmest, values = part, set()
        values |= {value} if part >= firmest else set()
    if len(values) == 1:
        yield Candidate(view.places[-1], NAMED, values.pop())


def asserted(view: View) -> Iterator[tuple[int, Part, Value]]:
    """Every option that a sentence asserts by its words, or whose question is answered, with its place and part."""
    places = view.places if len(view.places) <= 2 * MOST else [*view.places[:MOST], *view.places[-MOST:]]
    for place in places:
        if view.mention(place).label:
            continue
        asks = view.sentences.asks(place)
        value = answered(view, place) if asks else view.value(place)
        part = Part.STATES if asks else view.sentences.part(place)
        if value is not None and part >= Part.ASIDE:
            yield place, part, value


def answered(view: View, place: int) -> Value | None:
    """What a question about one option comes to by the "yes" or "no" behind it."""
    start, end = view.sentences.around(place)
    reply = REPLY.match(view.text, end)
    if reply is None or sum(start <= other < end for other in view.places) != 1:
        return None
    value = view.own(place)
    return value if reply["yes"] else None if value is None else view.style.opposite(value)
