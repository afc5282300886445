"""Numbers compared exactly, in two readings: `number` needs a stated answer, `number_last` takes the last number.

`target`: {"answer": "18"}. `number_last` is the usual "flexible extract" of harnesses: it always finds something,
also in a text that never answers. `number` calls such a text malformed.
"""

from __future__ import annotations

import re
from fractions import Fraction

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.scorers.answer_text import boxes, declines, statements, tagged, tidy
from trustdelta.scorers.base import Scorer

NUMBER = re.compile(
    r"(?<![\w.])[-+]?\s?(?:[$€£¥₹]\s?)?[-+]?(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?:,\d{2})+,\d{3}|\d+)?(?:(?<=\d)\.\d+|\.\d+|(?<=\d)\.(?!\d))?(?:[eE][-+]?\d{1,3}(?!\w))?"
)
COMPOUND = re.compile(
    r"[^\d]{0,20}(?:\d+:\d+|\d+\.\d+\.\d+"
    r"|\d+\s*(?:hours?|hrs?|h|feet|ft|years?|pounds|lbs?|days?|weeks?|minutes?)\b,?\s*(?:and\s+)?\d+)"
)
"""Times, ratios, dotted thousands and amounts in two units: not one number."""
RATIO = re.compile(r"\s*[$]?\s*([-+]?\d+)\s*/\s*(\d+)")
LATEX_RATIO = re.compile(r"([-+]?)\s*\\[dt]?frac\s*\{\s*(-?\d+)\s*\}\s*\{\s*(\d+)\s*\}")
SOURCE = re.compile(r"<<[^<>]*>>")
SPACES = re.compile(r"\\[,;!: ]|\\(?:text|mathrm)\s*\{[^{}]*\}|\{,\}|(?<=\d)[\u00a0\u202f\u2009](?=\d{3})")


def numbers(text: str) -> list[Fraction]:
    """Every number of a tidy text, exactly, in order; thousands separators and currency signs are read over."""
    plain = SPACES.sub(lambda found: "," if "," in found.group() and "{" in found.group() else "", SOURCE.sub("", text))
    plain = LATEX_RATIO.sub(_ratio, plain)
    found, end = [], 0
    for hit in NUMBER.finditer(plain):
        digits = re.sub(r"[^\d.eE+-]", "", hit.group()).rstrip(".")
        if hit.start() < end or not any(c.isdigit() for c in digits):
            continue
        ratio = RATIO.match(plain, hit.start())
        end = ratio.end() if ratio else hit.end()
        value = Fraction(int(ratio[1]), int(ratio[2])) if ratio and int(ratio[2]) else _exact(digits)
        if value is not None:
            found.append(value)
    return found


def _ratio(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}/{found[3]}"


def _exact(digits: str) -> Fraction | None:
    try:
        return Fraction(digits)
    except (ValueError, ZeroDivisionError):
        return None


def read_number(text: str) -> Fraction | None:
    """The number that a text states as its answer; None where it states none or several at once.

    Read from the last box, else the last statement ("the answer is"), else a last line that holds one number.
    """
    plain = tidy(text)
    for place in [*(boxes(plain) or tagged(plain))[-1:], *statements(plain)[-1:]]:
        found = numbers(place.partition(". ")[0])
        if found:
            return None if COMPOUND.match(place) else _of_statement(place, found)
    lines = [line for line in plain.splitlines() if line.strip()]
    last = numbers(lines[-1]) if lines else []
    return last[0] if len(last) == 1 and not COMPOUND.search(lines[-1]) else None


def _of_statement(place: str, found: list[Fraction]) -> Fraction | None:
    """A statement's number: the only one, or the right-hand side of its last equation; None for alternatives."""
    if len(set(found)) == 1:
        return found[0]
    tail = numbers(place.rpartition("=")[2]) if "=" in place else []
    if len(tail) == 1:
        return tail[0]
    return None if re.search(r"\b(?:or|either)\b", place) else found[0]


def read_last_number(text: str) -> Fraction | None:
    """The last number of a text; None where there is none."""
    found = numbers(tidy(text))
    return found[-1] if found else None


def _compare(prompt: Prompt, text: str, found: Fraction | None) -> Judgement:
    if found is not None:
        return Judgement(float(found == numbers(tidy(str(prompt.target["answer"])))[-1]))
    if declines(text):
        return Judgement(0.0, Outcome.REFUSED, "declined to answer, which is not correct")
    return Judgement(None, Outcome.MALFORMED, "states no number as its answer")


def _judge(prompt: Prompt, text: str) -> Judgement:
    return _compare(prompt, text, read_number(text))


def _judge_last(prompt: Prompt, text: str) -> Judgement:
    return _compare(prompt, text, read_last_number(text))


SCORERS = (Scorer("number", "2", _judge), Scorer("number_last", "1", _judge_last))
