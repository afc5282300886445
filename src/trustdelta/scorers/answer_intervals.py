r"""Inequalities of one variable as intervals: `-2 \le x \le 7` is `[-2,7]`."""

from __future__ import annotations

import re

RELATED = re.compile(r"[<>]|\\[lg]e")
RELATION = r"(<|>|\\le|\\ge)"
BETWEEN = re.compile(rf"([^<>\\]+?){RELATION}([a-z]|\\[a-z]+){RELATION}([^<>]+)")
BOUND = re.compile(rf"(?:([a-z]){RELATION}([^<>]+)|([^<>]+?){RELATION}([a-z]))")
OR = re.compile(r"\\(?:lor|vee|cup)(?![a-z])|(?<![a-z\\])or(?![a-z]{2})")


def as_interval(text: str) -> str:
    r"""Inequalities of one variable, without spaces and with `\le`, as intervals; any other text as it is."""
    if RELATED.search(text) is None:
        return text
    parts = [_interval(part) for part in OR.split(text)]
    return "\\cup".join(part for part in parts if part) if all(parts) else text


def _interval(text: str) -> str | None:
    between, bound = BETWEEN.fullmatch(text), BOUND.fullmatch(text)
    if between:
        return _between(*between.group(1, 2, 4, 5))
    if bound is None:
        return None
    sign, value = bound[2] or bound[5], bound[3] or bound[4]
    if _rises(sign) == bool(bound[1]):
        return f"(-\\infty,{value}{']' if 'e' in sign else ')'}"
    return f"{'[' if 'e' in sign else '('}{value},\\infty)"


def _between(low: str, first: str, second: str, high: str) -> str | None:
    """The interval of `low first x second high`; None where the signs point at each other."""
    if _rises(first) != _rises(second):
        return None
    if not _rises(first):
        low, first, second, high = high, second, first, low
    return f"{'[' if 'e' in first else '('}{low},{high}{']' if 'e' in second else ')'}"


def _rises(sign: str) -> bool:
    return sign in ("<", "\\le")
