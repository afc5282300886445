r"""Mathematical answers: the last `\boxed{...}` (else "the answer is ..."), compared by value.

`target`: {"answer": LaTeX}. Equal strings and equal exact numbers are equal; everything else is left to `math-verify`
where it is installed (extra `math`), and is unequal without it. The version names what compared, so that scores of
the two are never mixed. Model text that could take for ever to evaluate (towers of powers, huge exponents,
factorials of large numbers) never reaches the algebra system.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from importlib import metadata

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.scorers.answer_text import boxes, declines, statements, tagged
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
    (re.compile(r"\^\{?\\circ\}?|\\degree|°|\\%|%"), ""),
    (re.compile(r"(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))"), ""),
    (re.compile(r"^[a-z]\s*(?:=|\\in)\s*"), ""),
)
PURE_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+|\d+/\d+|\\frac\{-?\d+\}\{\d+\})")


def normal(latex: str) -> str:
    """A LaTeX answer without spacing, sizing, units of degree and thousands separators, fractions spelled one way."""
    text = latex.strip().rstrip(".")
    for pattern, written in REWRITES:
        text = pattern.sub(written, text)
    return SPACING.sub("", text)


def equal(gold: str, found: str) -> bool:
    """Whether two LaTeX answers have the same value, as far as can be told."""
    one, other = normal(gold), normal(found)
    if one == other:
        return True
    if PURE_NUMBER.fullmatch(one) and PURE_NUMBER.fullmatch(other):
        return numbers(one) == numbers(other)
    if max(len(one), len(other)) > LONGEST or COSTLY.search(other):
        return False
    return _verified(gold, found)


@cache
def _backend() -> str:
    try:
        return f"math-verify-{metadata.version('math-verify')}"
    except metadata.PackageNotFoundError:
        return "exact"


def _verified(gold: str, found: str) -> bool:
    """math-verify's opinion; False where it is not installed or gives up."""
    if _backend() == "exact":
        return False
    from math_verify import parse, verify  # type: ignore[import-untyped, import-not-found, unused-ignore]
    from math_verify.errors import TimeoutException  # type: ignore[import-untyped, import-not-found, unused-ignore]

    limit = SECONDS if threading.current_thread() is threading.main_thread() else None
    try:
        wanted = parse(f"${gold}$", parsing_timeout=limit, raise_on_error=False)
        given = parse(f"${found}$", parsing_timeout=limit, raise_on_error=False)
        return bool(wanted and given) and bool(verify(wanted, given, timeout_seconds=limit, raise_on_error=False))
    except (TimeoutException, ValueError, RecursionError):
        return False


def read_math(text: str) -> str | None:
    """The answer as LaTeX, or None where the text states none."""
    boxed = boxes(text) or tagged(text)
    if boxed:
        return boxed[-1]
    stated = statements(text)
    if not stated:
        return None
    inside = [m[1] or m[2] for m in re.finditer(r"\$([^$]+)\$|\\\((.+?)\\\)", stated[-1])]
    if inside:
        return inside[-1]
    return re.split(r"\.(?:\s|$)", stated[-1].strip(" *"))[0]


def _judge(prompt: Prompt, text: str) -> Judgement:
    found = read_math(text)
    if found:
        return Judgement(float(equal(str(prompt.target["answer"]), found)))
    if declines(text):
        return Judgement(0.0, Outcome.REFUSED, "declined to answer, which is not correct")
    return Judgement(None, Outcome.MALFORMED, "states no boxed or marked answer")


SCORER = Scorer("math_answer", f"2+{_backend()}", _judge)
