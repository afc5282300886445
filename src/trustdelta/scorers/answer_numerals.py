r"""Numerals of a text in normal form, exactly: every locale's separators, fractions, powers, words of scale.

`1,234.5`, `1.234,5`, `1 234,5`, `1'234.5` and `12,34,567` are one number each; `3 1/2`, `\frac{7}{2}`, `3\frac12`,
`2 × 10^3`, `1e6`, `20k`, `1.5 million` too. Where a mark could be of thousands or of decimals, the language decides; in
English `18,5` is two numbers, but for a metric unit behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from trustdelta.scorers.answer_number_words import SCALES, scaled, spelled_out

LONGEST = 4000
"""Digits of one numeral, also of a power; a longer one is none."""
NUMERAL = re.compile(
    r"(?=[\\.\d])(?:(?P<latex>\\[dt]?frac(?![a-zA-Z]))|(?<![\w.,])\.\d+"
    r"|(?:(?<![A-Za-z0-9_.])|(?<=[a-z]\.))"
    r"(?:\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+(?![\d.,]*\d))?|\d+(?:[.,'_]\d+)*))"
)
GROUPS = re.compile(r"\d{1,3}(?:[,.'_ ]\d{3})+|\d{1,2}(?:,\d{2})*,\d{3}")
BEHIND = re.compile(r"[,.;:!?)\]}$%\"'=]|\Z| (?:[(=+$]|(?P<word>[A-Za-z]+)\b)")
"""Signs and words behind a number that make no fraction, power or scale of it, but for these words:"""
EXTENDING = SCALES.keys() | {"x", "and"}
PART = r"\s*(?:\{\s*(-?[\d,.]{1,30})\s*\}|(\d))"
LATEX = re.compile(rf"\\[dt]?frac{PART}{PART}")
MIXED = re.compile(rf"(?: and | {{1,2}})(\d{{1,9}}) ?/ ?(\d{{1,9}})(?![\d/])|(?: and | ?)(?={LATEX.pattern})")
FRACTION = re.compile(r" ?/ ?(\d{1,30})(?![\d/]|[.,]\d)")
EXPONENT = r"\s?(?:\^|\*\*)\s?[{(]?\s?([-+]?\d{1,4})\s?[})]?"
POWER = re.compile(EXPONENT)
SCIENTIFIC = re.compile(rf"\s?(?:×|x|\*|·|⋅)\s?10{EXPONENT}|[eE]([-+]?\d{{1,4}})(?!\w)")
CURRENCY = r"(?:[$€£¥₹]\s?)?"
SIGN = re.compile(rf"(?:\b(?:negative|minus|menos|moins|meno)\s+|(?P<loose>[-+]\s)|[-+]){CURRENCY}\Z", re.IGNORECASE)
SIGNS = ("-", "+", "$", "€", "£", "¥", "₹", "negative", "minus", "menos", "moins", "meno")
"""Without one of these at the end of what stands before it a number has no sign."""
OPERAND = re.compile(r"(?:\d|[)\]}°%]|(?<![A-Za-z])[A-Za-z])\s*\Z|\w\Z")
"""Before a minus that is none of its number: an operand, or a word that it joins ("COVID-19")."""
UNARY = re.compile(r"(?:[=:(\[{,≈\n]\s*|^\s*)\Z")
METRIC = re.compile(r"\s?(?:€|°C\b|(?:[kcm]?m|k?g|mg|[cm]?l|kWh|km/h)(?![\w/]))")
"""Behind a run of digits with one comma it shows a decimal comma; English would list "3, 5 and 7 kg"."""
LISTED = re.compile(r"^[ \t]*(\d{1,2})[.)][ \t]+(?=[^\W\d])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number and where it stands, sign and scale included; currency signs and units are not."""

    start: int
    end: int
    value: Fraction


def list_numbers(text: str) -> set[int]:
    """The places of numbers that only count the items of a list: one before or behind them does, too."""
    heads = [(int(head[1]), head.start(1)) for head in LISTED.finditer(text)]
    counts = {count for count, _ in heads}
    return {place for count, place in heads if count + 1 in counts or count - 1 in counts}


def numerals(text: str, *, decimal_comma: bool = False) -> list[Numeral]:
    """Every numeral of a text, in order."""
    result: list[Numeral] = []
    end = 0
    for hit in NUMERAL.finditer(text):
        if hit.start() >= end:
            result += _latex(text, hit.start()) if hit["latex"] else _plain(text, hit, decimal_comma)
            end = result[-1].end if result else 0
    return result


def spelled(text: str, start: int = 0) -> Numeral | None:
    """The number that English words spell from a place on ("one hundred and twenty-five", "three and a half")."""
    words = spelled_out(text, start)
    return None if words is None else Numeral(*words)


def _latex(text: str, start: int) -> list[Numeral]:
    fraction = LATEX.match(text, start)
    value = _ratio(*_parts(fraction)) if fraction else None
    return [] if value is None or fraction is None else [_signed(text, start, fraction.end(), value)]


def _parts(fraction: re.Match[str]) -> tuple[str, str]:
    """Numerator and denominator of a LaTeX fraction."""
    return (fraction[1] or fraction[2]).replace(",", ""), (fraction[3] or fraction[4]).replace(",", "")


def _plain(text: str, hit: re.Match[str], decimal_comma: bool) -> list[Numeral]:
    run, start = hit.group(), hit.start()
    if len(run) > LONGEST:
        return []
    if not run.isdecimal() and not decimal_comma:
        decimal_comma = "€" in text[max(0, start - 2) : start] or METRIC.match(text, hit.end()) is not None
    value = read(run, decimal_comma=decimal_comma)
    if value is not None:
        return [_signed(text, start, *extended(text, hit.end(), value))]
    return _pieces(text, run, start) if "," in run else []


def _pieces(text: str, run: str, start: int) -> list[Numeral]:
    """The numbers of a run that is not one number ("3,5"); a date or a version number has none."""
    pieces = [(piece, read(piece.group())) for piece in re.finditer(r"[^,]+", run)]
    return [_signed(text, start + p.start(), start + p.end(), value) for p, value in pieces if value is not None]


def read(run: str, *, decimal_comma: bool = False) -> Fraction | None:
    """The number that digits with separators are; None where they are not one."""
    if run.isdecimal():
        return Fraction(int(run))
    plain = re.sub(r"['_ ]", "", run)
    if plain != run and not GROUPS.match(run):
        return None
    mark = _decimal_mark(plain, decimal_comma=decimal_comma, grouped=plain != run)
    if mark is None:
        return None
    whole, _, decimals = plain.rpartition(mark) if mark else (plain, "", "")
    if not whole.isdecimal() and whole and not GROUPS.fullmatch(whole):
        return None
    return Fraction(f"{re.sub('[.,]', '', whole) or 0}.{decimals or 0}")


def _decimal_mark(run: str, *, decimal_comma: bool, grouped: bool) -> str | None:
    """The mark of a run's decimals, "" where it has none; None where the run is no number."""
    marks = re.findall(r"[.,]", run)
    if not marks:
        return ""
    last, others = marks[-1], set(marks[:-1])
    if last not in others and others:
        return str(last)
    if others:
        return "" if others == {last} else None
    whole, _, rest = run.partition(last)
    could_be_thousands = len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0") and not grouped
    if could_be_thousands:
        return "" if (last == ",") != decimal_comma else str(last)
    certain = last == "." or decimal_comma or grouped or len(whole) > 3 or whole == "0"
    return str(last) if certain else None


def extended(text: str, end: int, value: Fraction) -> tuple[int, Fraction]:
    """The number with what belongs to it behind its digits, and where that ends: fraction, power, scale."""
    behind = BEHIND.match(text, end)
    if behind and (behind["word"] is None or behind["word"].lower() not in EXTENDING):
        return end, value
    return extended_in_full(text, end, value)


def extended_in_full(text: str, end: int, value: Fraction) -> tuple[int, Fraction]:
    """The same, whatever stands behind the digits."""
    fraction = _with_fraction(text, end, value) if value.denominator == 1 else None
    return fraction or _with_power(text, end, value) or scaled(text, end, value)


def _with_fraction(text: str, end: int, value: Fraction) -> tuple[int, Fraction] | None:
    mixed = MIXED.match(text, end)
    if mixed:
        latex = None if mixed[1] else LATEX.match(text, mixed.end())
        part = _ratio(*_parts(latex)) if latex else _ratio(mixed[1], mixed[2])
        if part is not None and 0 < part < 1:
            return (latex or mixed).end(), value + part
    ratio = FRACTION.match(text, end)
    return (ratio.end(), value / int(ratio[1])) if ratio and int(ratio[1]) else None


def _with_power(text: str, end: int, value: Fraction) -> tuple[int, Fraction] | None:
    scientific = SCIENTIFIC.match(text, end)
    power = scientific or POWER.match(text, end)
    if power is None:
        return None
    exponent = int(power[1] or power[2])
    base = Fraction(10) if scientific else value
    digits = max(len(str(base.numerator)), len(str(base.denominator)))
    if digits * abs(exponent) > LONGEST or not base:
        return None
    return power.end(), Fraction(base**exponent) * (value if scientific else 1)


def may_be_signed(before: str) -> bool:
    """Whether what stands before a number ends as a sign does."""
    return before.rstrip().lower().endswith(SIGNS)


def _signed(text: str, start: int, end: int, value: Fraction) -> Numeral:
    """The number with the sign before it; a minus between two operands is none."""
    before = text[max(0, start - 12) : start]
    sign = SIGN.search(before) if may_be_signed(before) else None
    if sign is None:
        return Numeral(start, end, value)
    earlier, mark = before[: sign.start()], sign.group().strip()[0]
    if mark in "-+" and (OPERAND.search(earlier) or (sign["loose"] and not UNARY.search(earlier))):
        return Numeral(start, end, value)
    return Numeral(start - len(sign.group()), end, value if mark == "+" else -value)


def _ratio(over: str, under: str) -> Fraction | None:
    try:
        return Fraction(over) / Fraction(under)
    except (ValueError, ZeroDivisionError):
        return None
