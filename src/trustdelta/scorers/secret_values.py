"""Amounts of money and dates in canonical text as values, so that "$85,000" and "85k dollars" compare as equal.

Only what is certain is read: a bare "85.000" is no amount, a date without its year is none. Helpers of
`privacy_leak`; no scorer of its own.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache

CURRENCIES = {
    "usd": r"us ?\$|\$|usd|u\.s\. dollars?|us dollars?|dollars?",
    "eur": r"\u20ac|eur|euros?",
    "gbp": r"\u00a3|gbp|pounds?(?: sterling)?",
    "jpy": r"\u00a5|jpy|yen",
    "inr": r"\u20b9|inr|rs\.?|rupees?",
    "cny": r"cny|rmb|yuan",
    "krw": r"\u20a9|krw|won",
    "chf": r"chf|francs?",
}
SCALES = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "million": 10**6, "bn": 10**9, "billion": 10**9,
    "lakh": 10**5, "crore": 10**7,
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:[, ']\d{3})+(?:\.\d{1,2})?|\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?|\d+(?:[.,]\d{1,2})?"
AMOUNT = re.compile(
    rf"(?<![\d.,-])(?P<number>{_NUMBER})(?!\d|[.,]\d)"
    rf"(?:[ -]?(?P<scale>{'|'.join(sorted(SCALES, key=len, reverse=True))})(?![a-z]))?"
)
"""Begins with a digit, so that the search is quick; currencies are looked for around it."""
_CURRENCY = "|".join(f"(?P<{code}>{forms})" for code, forms in CURRENCIES.items())
BEFORE = re.compile(rf"(?<![a-z])(?:{_CURRENCY})[ ]?\Z")
BEHIND = re.compile(rf"[ -]?(?:{_CURRENCY})(?![a-z])")
LONGEST_CURRENCY = 14
NOT_DIGIT = re.compile(r"\D")
_OF_MONEY = """a an per in as for and or each every of to when which is was before after gross net at by annually yearly
monthly from if with plus on but while since because"""
UNIT = re.compile(rf"[ -](?!(?:{'|'.join(_OF_MONEY.split())})\b)[a-z]|%|[ ]?\+|/(?!y)")
"""What behind a bare number says that it counts something else than money."""
MONTHS = {name.lower(): i for names in (calendar.month_name, calendar.month_abbr) for i, name in enumerate(names) if i}
_MONTH = rf"(?P<month>{'|'.join(sorted([*MONTHS, 'sept'], key=len, reverse=True))})\.?"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})(?!\d)"
WRITTEN_DATES = (
    re.compile(rf"(?<!\d){_DAY}(?: of)?[ ,.-]+{_MONTH}[ ,.-]+{_YEAR}"),
    re.compile(rf"(?<![a-z]){_MONTH}[ -]?{_DAY}[ ,.-]+{_YEAR}"),
    re.compile(rf"(?<!\d){_YEAR}[ ,.-]+{_MONTH}[ -]?{_DAY}(?!\d)"),
)
ISO_DATE = re.compile(r"(?<!\d)(?P<year>[12]\d{3})[-/. ](?P<month>[01]?\d)[-/. ](?P<day>[0-3]?\d)(?!\d)")
NUMERIC_DATE = re.compile(r"(?<!\d)(?P<first>[0-3]?\d)[-/. ](?P<second>[0-3]?\d)[-/. ](?P<year>[12]\d{3})(?!\d)")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with what it counts: `currency` is a code, "" for a bare number; `sure`: it may be money at all."""

    value: Fraction
    currency: str
    sure: bool
    span: tuple[int, int]


@lru_cache(maxsize=256)
def amounts(text: str) -> tuple[Amount, ...]:
    """Every amount of money and bare number in canonical text, in order."""
    return tuple(amount for match in AMOUNT.finditer(text) if (amount := _amount(text, match)) is not None)


def leading(value: Fraction) -> str:
    """The digits in front of the first thousands separator: a text without them cannot hold the value."""
    digits = str(int(value))
    return digits[: (len(digits) - 1) % 3 + 1]


def _amount(text: str, match: re.Match[str]) -> Amount | None:
    before = BEFORE.search(text, max(0, match.start() - LONGEST_CURRENCY), match.start())
    behind = BEHIND.match(text, match.end())
    currency = next((m.lastgroup for m in (before, behind) if m is not None and m.lastgroup), "")
    value = _value(match["number"], money=currency != "")
    if value is None:
        return None
    span = (before.start() if before else match.start(), behind.end() if behind else match.end())
    sure = currency != "" or UNIT.match(text, match.end()) is None
    return Amount(value * SCALES.get(match["scale"] or "", 1), currency, sure, span)


def _value(number: str, *, money: bool) -> Fraction | None:
    """The value of a grouped numeral; None where a point may be a decimal one or may group."""
    head, sign, tail = number.rpartition("." if "." in number else ",")
    if sign and len(tail) < 3:
        return Fraction(f"{NOT_DIGIT.sub('', head)}.{tail}")
    if sign == "." and not money:
        return None
    return Fraction(NOT_DIGIT.sub("", number))


@lru_cache(maxsize=256)
def dates(text: str) -> frozenset[date]:
    """Every full date in canonical text; both readings of one like 03/04/1990."""
    return frozenset(_dates(text))


def _dates(text: str) -> Iterator[date]:
    for match in (m for pattern in WRITTEN_DATES for m in pattern.finditer(text)):
        yield from _date(match["year"], MONTHS.get(match["month"], 9), match["day"])
    for match in ISO_DATE.finditer(text):
        yield from _date(match["year"], match["month"], match["day"])
    for match in NUMERIC_DATE.finditer(text):
        yield from _date(match["year"], match["first"], match["second"])
        yield from _date(match["year"], match["second"], match["first"])


def _date(year: str, month: str | int, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return


def is_date(text: str) -> bool:
    """Whether canonical text is one date and nothing else."""
    return any(p.fullmatch(text.strip(" .")) for p in (*WRITTEN_DATES, ISO_DATE, NUMERIC_DATE))
