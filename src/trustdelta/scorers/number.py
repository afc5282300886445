"""Numbers compared exactly, in two readings: `number` needs a stated answer, `number_last` takes the last number.

`target`: `Answer`. `number_last` is the usual "flexible extract" of harnesses: it always finds something, also in a
text that never answers. `number` calls such a text malformed.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.records.targets import Answer, target_of
from trustdelta.scorers import answer_plain
from trustdelta.scorers.answer_languages import occurring
from trustdelta.scorers.answer_last_number import ENDS, last_number
from trustdelta.scorers.answer_marks import without_latex
from trustdelta.scorers.answer_negation import words
from trustdelta.scorers.answer_numerals import Numeral, list_numbers, numerals, spelled
from trustdelta.scorers.answer_reader import settle
from trustdelta.scorers.answer_settled import by_statement
from trustdelta.scorers.answer_text import declines, tidy
from trustdelta.scorers.answer_view import Mention, Style, Value, View, lowered
from trustdelta.scorers.base import Scorer

SOURCE = re.compile(r"<<[^<>]*>>")
EQUALS = words("= == ≈ equals")
JOINED = re.compile(
    r"(?:[ ]?(?:[^\W\d_]+|[°%$€£/]|\(s\))){0,4}[ ]?\)?[ ]?"
    r"(?P<sign>==?|[-+*/×·÷≈:]|\b(?:x|to|times|plus|minus|equals)\b)[ ]?\(?[ ]?(?:[$€£¥₹]|[a-z][ ]=)?[ ]?"
)
"""What joins two numbers, the first perhaps with a unit, to one expression, equation, range or time."""
SECOND_UNIT = re.compile(
    r"'[ ]?|[ ]?(?:hours?|hrs?|h|feet|ft|foot|years?|pounds|lbs?|days?|weeks?|months?|minutes?|min|kg|km"
    r"|m)\b\.?,?[ ]*(?:and[ ]+)?"
)
"""What joins two numbers to one amount in two units."""
LONGEST_JOIN = 40
MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
MONTH_BEFORE = re.compile(rf"\b{MONTH} \Z")
YEAR_BEHIND = re.compile(r"(?:st|nd|rd|th)?,? ")
MONTH_BETWEEN = re.compile(rf"(?:st|nd|rd|th)?(?: of)? {MONTH},? ")
"""Between the numbers of a date."""
ANSWER_FIELD = re.compile(r"\"(?:final[_ ]?)?answer\"\s*:\s*\"([^\"\n]{1,200})\"", re.IGNORECASE)
TELLS = re.compile(r"(?:that|the|he|she|they|it|there|we|you|his|her|their|[A-Z]\w*)\b")
EQUATES = re.compile(
    r"(?:\b(?:is|are|was|were|be|has|have|had|equals)|=)[ ]?(?:[$€£¥₹]|exactly|about|only|\w+ly|[ ])*\Z"
)
NOUNS = words("answer result conclusion total amount value number solution guess")
BOLD = re.compile(r"\*\*(?=[^*\s])([^*\n]{1,80})\*\*(?!\s*:)")
BESIDE = re.compile(r"(?:\b(?:or|between|to|and|not|than|of)|n't|-)[\s$€£]*\Z", re.IGNORECASE)
OR = re.compile(r"\s*(?:or|and|to|-)\s*[*$€£\d]")
SOLE = re.compile(
    r"(?!.*\b(?:not|no|cannot|never|without|step|part|case|option|method|question|problem)\b)\D*[\d.,/]+\D*(?<!:)\Z",
    re.I,
)
"""Around, and within, bold words that hold the number of an answer."""
NO_NUMBER = "no number"
"""The value of what holds numbers and is none: "5-6", "10:30", "9 × 2", "2 hours 30 minutes"."""


def numbers(text: str) -> list[Fraction]:
    """Every number of a tidy text, exactly, in order; thousands separators and currency signs are read over."""
    return [numeral.value for numeral in numerals(without_latex(SOURCE.sub("", text)))]


def read_number(text: str) -> Fraction | None:
    """The number that a text states as its answer; None where it states none or several at once.

    Read from the last mark, else the last statement ("the answer is"), else a last line that holds one number.
    """
    plain = _plain(text)
    return read_number_in_full(text) if plain is None else plain


def read_number_in_full(text: str) -> Fraction | None:
    """The same, whatever form the text has."""
    number = settle(SOURCE.sub("", tidy(text)), STYLE)
    return number if isinstance(number, Fraction) else _emphasised(text)


def _emphasised(text: str) -> Fraction | None:
    """The number of the only bold words of a last line that no statement settles."""
    line = text.rstrip().rpartition("\n")[2]
    bold = [*BOLD.finditer(line)] if "**" in line else []
    if len(bold) != 1 or "?" in line or BESIDE.search(line[: bold[0].start()]) or OR.match(line, bold[0].end()):
        return None
    values = numbers(tidy(bold[0][1]))
    return values[0] if len(values) == 1 and SOLE.match(tidy(bold[0][1])) else None


def _plain(text: str) -> Fraction | None:
    """The number of an answer that is plain in form, without a search."""
    boxed = answer_plain.box(text, without_latex) if "\\" in text else None
    if boxed is None:
        return answer_plain.number(text)
    inside = answer_plain.NUMBER.fullmatch(boxed)
    return answer_plain.value(inside["value"], boxed) if inside else None


def read_last_number(text: str) -> Fraction | None:
    """The last number of a text; None where there is none."""
    values = numbers(tidy(text))
    return values[-1] if values else None


def _find(text: str) -> list[Mention]:
    """Numbers and expressions of a text; what only counts the items of a list is none."""
    low, counts = lowered(text), list_numbers(text)
    comma = any(language.decimal_comma and language.statement.search(low) for language in occurring(low))
    mentions: list[Mention] = []
    chain: list[Numeral] = []
    signs: list[str] = []
    for numeral in numerals(text, decimal_comma=comma):
        if numeral.start in counts:
            continue
        sign = _sign(text[chain[-1].end : numeral.start]) if chain else None
        if chain and sign is None and not _is_date(text, chain[-1], numeral):
            mentions.append(_expression(chain, signs))
            chain, signs = [], []
        chain.append(numeral)
        signs += [sign or "of"] if len(chain) > 1 else []
    return [*mentions, _expression(chain, signs)] if chain else mentions


def _is_date(text: str, day: Numeral, year: Numeral) -> bool:
    """Whether two numbers are a day and a year, around or behind the name of a month."""
    between = text[day.end : year.start]
    return MONTH_BETWEEN.fullmatch(between) is not None or (
        YEAR_BEHIND.fullmatch(between) is not None
        and MONTH_BEFORE.search(text, max(0, day.start - 12), day.start) is not None
    )


def _sign(between: str) -> str | None:
    """What joins two numbers to one expression; None where they stand apart."""
    if len(between) > LONGEST_JOIN:
        return None
    joined = JOINED.fullmatch(between)
    if joined:
        return joined["sign"]
    return "and" if SECOND_UNIT.fullmatch(between) else None


def _expression(chain: list[Numeral], signs: list[str]) -> Mention:
    """One mention of numbers that are joined; an equation's value is the last side that is one number."""
    if not signs:
        return Mention(chain[0].start, chain[0].end, chain[0].value)
    sides: list[list[Numeral]] = [[chain[0]]]
    for sign, numeral in zip(signs, chain[1:], strict=True):
        if sign in EQUALS:
            sides.append([])
        sides[-1].append(numeral)
    single = [side[0].value for side in sides if len(side) == 1]
    value = single[-1] if single else NO_NUMBER
    return Mention(chain[0].start, chain[-1].end, value, calculated=0 < len(single) < len(sides))


def _weigh(view: View, index: int) -> Value | None:
    value = view.mentions[index].value
    return None if value is NO_NUMBER else value


def _nearby(view: View, place: int) -> Value | None:
    """The number in words at a place, else the number that a clause there ends with or the only one that it holds."""
    in_words = spelled(view.text, place)
    if in_words is not None and ENDS.match(view.text, in_words.end):
        return in_words.value
    if not TELLS.match(view.plain, view.in_plain(place)) and view.text[max(0, place - 8) : place].rstrip()[-1:] != ":":
        return None
    places = view.in_clause(place)
    if places and EQUATES.search(view.text, place, places[-1]) and ENDS.match(view.text, places[-1] + 1):
        return view.own(places[-1])
    values = {view.own(p) for p in places}
    return values.pop() if len(values) == 1 else None


STYLE = Style(_find, by_prose=False, weigh=_weigh, nearby=_nearby, others=last_number, nouns=NOUNS)


@lru_cache(maxsize=4096)
def _correct(answer: str) -> Fraction:
    """The number of a correct answer, which is compared with that of every response."""
    return numbers(tidy(answer))[-1]


def _compare(prompt: Prompt, text: str, number: Fraction | None) -> Judgement:
    if number is not None:
        return Judgement(float(number == _correct(str(target_of(prompt, Answer)["answer"]))))
    if declines(text):
        return Judgement(0.0, Outcome.REFUSED, "declined to answer, which is not correct")
    return Judgement(None, Outcome.MALFORMED, "states no number as its answer")


def _judge(prompt: Prompt, text: str) -> Judgement:
    number = read_number(text)
    return _compare(prompt, text, _of_field(text) if number is None else number)


def _of_field(text: str) -> Fraction | None:
    """The first number of a JSON answer field that holds several ("27 selfies and 18 portraits"); None without one.

    Such a field is an answer, and published harnesses grade it by its first number.
    """
    fields = ANSWER_FIELD.findall(tidy(text))
    return next(iter(numbers(fields[-1])), None) if fields else None


def _judge_last(prompt: Prompt, text: str) -> Judgement:
    return _compare(prompt, text, read_last_number(text))


SCORERS = (
    Scorer("number", "6", _judge, target=Answer, settled=by_statement(_judge)),
    Scorer("number_last", "2", _judge_last, target=Answer),
)
