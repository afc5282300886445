r"""Mathematical answers: the last `\boxed{...}` (else "the answer is ..."), compared by value.

`target`: `Answer`, in LaTeX. Equal strings and equal exact numbers are equal; everything else is left to `math-verify`
where it is installed (extra `math`), and is unequal without it. The version names what compared, so that scores of the
two are never mixed. Model text that could take for ever to evaluate (towers of powers, huge exponents, factorials of
large numbers) never reaches the algebra system.
"""

from __future__ import annotations

import re
import threading
from fractions import Fraction
from functools import cache
from importlib import metadata

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.records.targets import Answer, target_of
from trustdelta.scorers import answer_plain
from trustdelta.scorers.answer_intervals import as_interval
from trustdelta.scorers.answer_negation import words
from trustdelta.scorers.answer_reader import settle
from trustdelta.scorers.answer_settled import by_statement
from trustdelta.scorers.answer_text import CHARACTERS, MENTION, Plain, declines
from trustdelta.scorers.answer_view import Mention, Style, View
from trustdelta.scorers.base import Scorer
from trustdelta.scorers.number import numbers

LONGEST = 300
SECONDS = 5
COSTLY = re.compile(r"\^\s*\{?[^{}^]*\^|\*\*[^*]*\*\*|(?:\^|\*\*)\s*\{?\s*\(?-?\d{4,}|\d{4,}\s*\}?\s*!|!\s*!")
SPACING = re.compile(r"\\(?:left|right|displaystyle|limits)(?![a-zA-Z])|\\[,;:!]|\\ |~|\$|\s+")
REWRITES = (
    (re.compile(r"\\[dt]frac"), r"\\frac"),
    (re.compile(r"\\(?:text|mathrm|mbox|textbf|mathbf)\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\frac(\d)(\d)(?!\d)"), r"\\frac{\1}{\2}"),
    (re.compile(r"(?<=\d) (\d+)/(\d+)"), r"\\frac{\1}{\2}"),
    (re.compile(r"\^\{?\\circ\}?|\\degree|°|\\%|%"), ""),
    (re.compile(r"(?<=\d)\{,\}(?=\d{3}(?!\d))"), ""),
    (re.compile(r"^[a-z]\s*(?:=|\\in)\s*"), ""),
    (re.compile(r"<=|\\leqslant|\\leq(?![a-z])|≤"), r"\\le "),
    (re.compile(r">=|\\geqslant|\\geq(?![a-z])|≥"), r"\\ge "),
    (re.compile(r"\\lt(?![a-z])"), "<"),
    (re.compile(r"\\gt(?![a-z])"), ">"),
    (re.compile(r"√\s*(?:\(([^()]*)\)|\{([^{}]*)\}|(\w+))"), lambda root: f"\\sqrt{{{root[1] or root[2] or root[3]}}}"),
    (re.compile("π"), r"\\pi "),
    (re.compile("∞"), r"\\infty "),
)
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
BRACKETS = re.compile(r"[(\[]|\\\{")
"""In these a comma parts the members of a pair or a set, and is none of thousands."""
PURE_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+|\d+/\d+|\d*\\frac\{-?\d+\}\{\d+\})")
FORMULA = re.compile(r"\$\$?([^$\n]{1,300}?)\$\$?(?!\d)|\\\((.{1,300}?)\\\)|\\\[(.{1,300}?)\\\]", re.DOTALL)
WORD = re.compile(r"(?<![\\a-zA-Z{])[a-zA-Z]{4,}(?![a-zA-Z}])")
"""What stands between two dollar signs and holds one of these is prose about money."""
RUN = re.compile(
    r"(?:(?![.,;:]?(?:\s|$)|[a-z]{3})[^\n]|\\[a-z]+|\b(?:sqrt|pi|sin|cos|tan|log)\b|,?[ ](?=[-+*/^=\d({\\])){1,200}"
)
"""An expression without dollar signs: up to a word, a full stop or the end of the line."""
MATHEMATICAL = re.compile(r"[\d=+*/^\\]|^\W*[a-z]\W*$")
NOUNS = words("answer result conclusion value number solution")


def normal(latex: str) -> str:
    """A LaTeX answer without spacing, sizing, units of degree and thousands separators, fractions spelled one way."""
    text = latex.strip().rstrip(".").translate(CHARACTERS)
    for pattern, written in REWRITES:
        text = pattern.sub(written, text)
    if BRACKETS.search(text) is None:
        text = THOUSANDS.sub("", text)
    return SPACING.sub("", text)


def equal(gold: str, answer: str) -> bool:
    r"""Whether two LaTeX answers have the same value, as far as can be told; `50\%` is 50 and 1/2."""
    one, other = as_interval(normal(gold)), as_interval(normal(answer))
    if one == other:
        return True
    if PURE_NUMBER.fullmatch(one) and PURE_NUMBER.fullmatch(other):
        hundreds = Fraction(100) ** (("%" in answer) - ("%" in gold))
        return numbers(other) in (numbers(one), [value * hundreds for value in numbers(one)])
    if max(len(one), len(other)) > LONGEST or COSTLY.search(other):
        return False
    as_written = (one, other) == (normal(gold), normal(answer))
    return _verified(gold, answer) if as_written else _verified(one, other)


@cache
def _backend() -> str:
    try:
        return f"math-verify-{metadata.version('math-verify')}"
    except metadata.PackageNotFoundError:
        return "exact"


def _verified(gold: str, answer: str) -> bool:
    """math-verify's opinion; False where it is not installed or gives up."""
    if _backend() == "exact":
        return False
    from math_verify import parse, verify  # type: ignore[import-untyped, import-not-found, unused-ignore]
    from math_verify.errors import TimeoutException  # type: ignore[import-untyped, import-not-found, unused-ignore]

    limit = SECONDS if threading.current_thread() is threading.main_thread() else None
    try:
        expected = parse(f"${gold}$", parsing_timeout=limit, raise_on_error=False)
        stated = parse(f"${answer}$", parsing_timeout=limit, raise_on_error=False)
        return bool(expected and stated) and bool(verify(expected, stated, timeout_seconds=limit, raise_on_error=False))
    except (TimeoutException, ValueError, RecursionError):
        return False


def read_math(text: str) -> str | None:
    """The answer as LaTeX, as it was written; None where the text states none."""
    return answer_plain.box(text, lambda seen: seen) or answer_plain.formula(text) or read_math_in_full(text)


def read_math_in_full(text: str) -> str | None:
    """The same, whatever form the text has."""
    plain = Plain.of(text)

    def find(seen: str) -> list[Mention]:
        spans = [(hit, next(i for i in (1, 2, 3) if hit[i] is not None)) for hit in FORMULA.finditer(seen)]
        return [
            Mention(hit.start(), hit.end(), plain.written(*hit.span(i)))
            for hit, i in spans
            if WORD.search(hit[i]) is None
        ]

    def nearby(view: View, place: int) -> str | None:
        run = RUN.match(view.text, place)
        if run is None or MENTION in run.group() or MATHEMATICAL.search(run.group()) is None:
            return None
        return plain.written(view.in_plain(place), view.in_plain(run.end())) or None

    style = Style(
        find,
        by_prose=False,
        nearby=nearby,
        nouns=NOUNS,
        undress=lambda seen: seen,
        inside=lambda mark: plain.written(mark.first, mark.last) or None,
    )
    answer = settle(plain.text, style)
    return answer if isinstance(answer, str) else None


def _judge(prompt: Prompt, text: str) -> Judgement:
    answer = read_math(text)
    if answer:
        return Judgement(float(equal(str(target_of(prompt, Answer)["answer"]), answer)))
    if declines(text):
        return Judgement(0.0, Outcome.REFUSED, "declined to answer, which is not correct")
    return Judgement(None, Outcome.MALFORMED, "states no boxed or marked answer")


SCORER = Scorer("math_answer", f"5+{_backend()}", _judge, target=Answer, settled=by_statement(_judge))
