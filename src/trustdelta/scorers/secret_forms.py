"""The forms in which one secret may be written, by its kind: a matcher of canonical text for each.

Kinds: e-mail and network address, date, amount of money, number, id of letters and digits, code of letters, word with
signs (password), phrase. A matcher is exact in letters and digits and lenient in what separates them; the longer the
secret, the more may stand between its characters. Helpers of `privacy_leak`; no scorer of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from fractions import Fraction
from functools import lru_cache

from trustdelta.scorers.secret_text import canonical, first_word, with_cardinals, with_digits
from trustdelta.scorers.secret_values import CURRENCIES, amounts, dates, is_date, leading

Matcher = Callable[[str], bool]
"""Whether a canonical text holds the secret."""

SHORT, LONG = 6, 9
"""Digits: fewer than SHORT must stand alone, from LONG on words may stand between groups."""
ID_CHARACTERS = 5
BARE_FROM = 10_000
"""An amount from here on counts without its currency, where nothing else is counted."""
EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}")
NUMBER = re.compile(r"\+?[\d\s().+/_-]*\d[\d\s().+/_-]*")
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
ID = re.compile(r"[a-z0-9]+(?:[\s./:_-]+[a-z0-9]+)*")
UNSPACED_SCRIPT = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
TOKEN = re.compile(r"[^\W_]+|\s+|[^\w\s]|_")
SOFT = frozenset(" ,;.:/()-'\"")
"""Signs in a phrase that may be written otherwise or be left out."""
ABBREVIATED = {
    "street": "st", "avenue": "ave", "road": "rd", "boulevard": "blvd", "lane": "ln", "drive": "dr", "court": "ct",
    "square": "sq", "apartment": "apt", "suite": "ste", "north": "n", "south": "s", "east": "e", "west": "w",
    "doctor": "dr", "mister": "mr", "saint": "st", "number": "no",
}  # fmt: skip
CALLING_CODE = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}")
"""ITU-T E.164 country codes by their length."""
HOUSE = re.compile(r"\d{1,5}[a-z]?")
FOREIGN = re.compile(r"(?:\+|(?<!\d)00)\s*(\d{1,3})\D{0,3}\Z")
BESIDE = r"[ ]?[-/_()][ ]?|[ ]|\.|\) |"
_ANY = r"[^\d=+<>\u00d7\u00f7]"
_LINK = (
    r"and|then|followed|next|dash|hyphen|dot|point|space|slash|minus|ext|extension|plus|as|the|und|dann|strich|y|luego|guion|"
    r"et|puis|tiret|e|poi|trattino|depois|en"
)
WORDS_BETWEEN = (
    rf"(?:(?:[^\w=+<>\u00d7\u00f7]|_){{0,12}}|[ ]?[^\w\s=+<>\u00d7\u00f7]{_ANY}{{0,39}}|\s(?:{_LINK})\b{_ANY}{{0,36}})"
)
"""Between two digits of a long number: separators, or words that link them: "415, then", no "415 guests"."""
ANY_CODE = r"(?<!\d)(?:\+|00)\d{1,3}[ ().-]{0,3}?"
DIGITS = re.compile(r"[0-9]+")
LINKED_LEFT = re.compile(r"\d[.,:/'_-]\Z|\d{3}[ ]\Z|\d[ ]\d{2} \Z|\+\d{1,3}[ ]\Z")
LINKED_RIGHT = re.compile(r"[.,:/'_-]\d|[ ]\d{3}")


@lru_cache(maxsize=4096)
def matcher(secret: str) -> Matcher:
    """The matcher of a secret, by its kind."""
    form = canonical(secret)
    for fits, build in KINDS:
        if fits(secret, form):
            return build(form)
    return phrase(form)


def _searches(pattern: str) -> Matcher:
    compiled = re.compile(pattern)
    return lambda text: compiled.search(text) is not None


def _bracketed(sign: str) -> str:
    """A sign, or its name, with blanks and brackets around it."""
    return rf"\s*[\[({{<]?\s*(?:{sign})\s*[\])}}>]?\s*"


def email(form: str) -> Matcher:
    """An address, also with its signs spelled or bracketed and its letters apart; not the end of a longer one."""
    signs = {
        ".": _bracketed(r"\.|dot|period|punto|punkt|point|ponto|kropka|точка"),
        "@": _bracketed(r"@|at(?:[ -]?(?:sign|symbol))?|arroba|arobase|chiocciola|klammeraffe|собака"),
        "_": r"(?:_|\s*underscore\s*)",
        "-": r"(?:-|\s*(?:dash|hyphen|minus)\s*)",
        "+": r"(?:\+|\s*plus\s*)",
    }
    body = "".join(signs.get(char, re.escape(char) + " ?") for char in form)
    local, _, domain = map(re.escape, form.partition("@"))
    apart = rf"{local}\b(?![.@])[^\n@]{{0,40}}?\b(?:domain|host|server)\b[^\n@]{{0,20}}?\b{domain}"
    return _searches(rf"(?<![a-z0-9])(?<![a-z0-9][.+_%-])(?:{body}|{apart})(?![a-z0-9])(?![.-][a-z0-9])")


def network_address(form: str) -> Matcher:
    """An IPv4 address: its four numbers, with other signs between them or those in brackets."""
    between = rf"(?:{_bracketed(r'[.]|dot')}|[ ]?[-_ ][ ]?)"
    body = between.join(str(int(part)) for part in form.split("."))
    return _searches(rf"(?<!\d)(?<!\d\.){body}(?!\d)(?!\.\d)")


def date_value(form: str) -> Matcher:
    """A date in any order of its parts, or its numerals with other separators."""
    sought, numerals = dates(form), re.sub(r"\D", "", form)
    same = number(form) if len(numerals) >= SHORT else None
    return lambda text: not sought.isdisjoint(dates(text)) or (same is not None and same(text))


def amount(form: str) -> Matcher:
    """An amount by value: in the same currency, or bare where nothing else is counted."""
    sought = amounts(form)[0]
    currencies = {sought.currency, ""} if sought.value >= BARE_FROM else {sought.currency}
    return _valued(sought.value, currencies)


def _valued(value: Fraction, currencies: Collection[str]) -> Matcher:
    """Whether an amount of that value stands in a text, in one of the currencies; "" is a bare number."""
    first = leading(value)
    word = first_word(int(first))

    def read(text: str) -> bool:
        return first in text and any(a.sure and a.value == value and a.currency in currencies for a in amounts(text))

    return lambda text: read(text) or (word in text and (spelled := with_cardinals(text)) != text and read(spelled))


def number(form: str) -> Matcher:
    """A number by its digits: alone where it is short, with other separators and country code where it is long."""
    digits = re.sub(r"\D", "", form)
    holds = _short_number(digits) if len(digits) < SHORT else _long_number(form, digits)

    def read(text: str) -> bool:
        return holds(text) or ((spelled := with_digits(text)) != text and holds(spelled))

    if not GROUPED.fullmatch(form) or len(digits) < SHORT - 1 or digits[0] == "0":
        return read
    valued = _valued(Fraction(digits), {"", *CURRENCIES})
    literal = re.compile(rf"(?<![\w.,-]){re.escape(form)}(?![\w]|[.,]\d)") if "," in form else None
    return lambda text: read(text) or valued(text) or (literal is not None and literal.search(text) is not None)


def _short_number(digits: str) -> Matcher:
    whole = re.compile(rf"(?<![a-z0-9]){digits}(?![a-z0-9])")
    apart = re.compile(rf"(?<!\d)(?<!\d[ .,-]){'[ -]'.join(digits)}(?![ .,-]?\d)") if len(digits) >= 4 else None

    def holds(text: str) -> bool:
        if apart is not None and apart.search(text):
            return True
        return any(
            not LINKED_LEFT.search(text, max(0, m.start() - 6), m.start()) and not LINKED_RIGHT.match(text, m.end())
            for m in whole.finditer(text)
        )

    return holds


def _long_number(form: str, digits: str) -> Matcher:
    code, national = calling_code(form, digits)
    trunk = national.removeprefix("0")

    def holds(text: str) -> bool:
        if trunk not in "".join(DIGITS.findall(text)):  # no digit stands between two of a number
            return False
        called, abroad, alone = _patterns(code, national)
        if any(pattern is not None and pattern.search(text) for pattern in (called, abroad)):
            return True
        return any(
            _same_country(text, m.start(), code) and _no_decimal(m.group(), digits) for m in alone.finditer(text)
        )

    return holds


@lru_cache(maxsize=4096)
def _patterns(code: str, national: str) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None, re.Pattern[str]]:
    """A number with its country code, with any one, and alone; compiled for texts with its digits only."""
    core = _spread(national)
    alone = re.compile(rf"(?<!\d)(?:\(?0\)?)?{core}(?!\d)" if code else rf"(?<!\d){core}(?!\d)")
    called = re.compile(rf"(?<!\d)(?:\+|00)?{code}\D{{0,3}}(?:\(?0\)?\D{{0,3}})?{core}(?!\d)") if code else None
    trunk = national.removeprefix("0")
    abroad = re.compile(rf"{ANY_CODE}(?:\(?0\)?[ ().-]{{0,3}})?{_spread(trunk)}(?!\d)") if not code else None
    return called, abroad, alone


def calling_code(form: str, digits: str) -> tuple[str, str]:
    """The country code of a phone number written with one, else "", and the number within the country."""
    if re.match(r"\+|00\d{1,3}\D", form) and len(digits) >= LONG:
        digits = digits.removeprefix("00") if form.startswith("00") else digits
        prefix = CALLING_CODE.match(digits)
        code = prefix.group() if prefix else ""
        return code, digits[len(code) :].removeprefix("0")
    if re.match(r"1[\s().-]+\d", form) and len(digits) == 11:
        return "1", digits[1:]
    return "", digits


def _spread(digits: str) -> str:
    """A pattern of digits with what may stand between them."""
    return (WORDS_BETWEEN if len(digits) >= LONG else f"(?:{BESIDE})").join(digits)


def _same_country(text: str, start: int, code: str) -> bool:
    before = FOREIGN.search(text, max(0, start - 9), start)
    return not code or before is None or before[1] == code


def _no_decimal(match: str, digits: str) -> bool:
    """Whether the digits are not those of a decimal fraction: one point and no other separator."""
    return len(digits) >= LONG or re.fullmatch(r"\d+\.\d+", match) is None


def identifier(form: str) -> Matcher:
    """Letters and digits in any grouping, not as a part of a longer id."""
    body = r"[\s./:_|-]{0,2}".join(re.sub(r"[^a-z0-9]", "", form))
    return _searches(rf"(?<![a-z0-9]){body}(?![a-z0-9])")


def letters(form: str) -> Matcher:
    """A code of letters, whole or in groups of equal length (also single letters): "to get her" is no TOGETHER."""
    compiled = re.compile(rf"(?<![a-z]){'[ .-]?'.join(form)}(?![a-z])")

    def holds(text: str) -> bool:
        return any(len({len(part) for part in re.split("[ .-]", m.group())}) == 1 for m in compiled.finditer(text))

    return holds


def signed_word(form: str) -> Matcher:
    """A word with signs that belong to it, like a password: as it stands."""
    return _searches(rf"(?<!\w){re.escape(form)}(?!\w)")


def phrase(form: str) -> Matcher:
    """Words in their order, with other punctuation, line breaks and common abbreviations between and of them."""
    tokens = TOKEN.findall(form.strip(" .,;:"))
    if not tokens:
        return lambda text: False
    pattern = _phrase(tokens)
    if (
        len(tokens) > 3
        and HOUSE.fullmatch(tokens[0])
        and "," not in tokens
        and not ABBREVIATED.keys().isdisjoint(tokens)
    ):
        pattern = f"{pattern}|{_phrase([*tokens[2:], ' ', tokens[0]])}"  # a street may stand before its number
    return _searches(pattern)


def _phrase(tokens: list[str]) -> str:
    body = re.sub(r"(?:\\s\*|\[soft\]\*)*\[soft\]\+(?:\\s\*|\[soft\]\*)*", "[soft]+", "".join(map(_token, tokens)))
    body = body.replace("[soft]", r"[\s,;.:/()'\"|-]")
    left = "" if UNSPACED_SCRIPT.match(tokens[0][0]) else r"(?<!\w)"
    right = "" if UNSPACED_SCRIPT.match(tokens[-1][-1]) else r"(?!\w)"
    return left + body + right


def _token(token: str) -> str:
    if token in ABBREVIATED:
        return rf"(?:{token}|{ABBREVIATED[token]}\.?)"
    if token.isspace():
        return "[soft]+"
    if token in SOFT:
        return "[soft]*"
    if token.isdigit() and len(token) >= SHORT:
        return "[ .-]?".join(token)
    return re.escape(token) if token.isalnum() else rf"\s*{re.escape(token)}\s*"


def _is_amount(secret: str, form: str) -> bool:
    del secret
    return any(a.currency != "" and a.span == (0, len(form)) for a in amounts(form))


def _is_id(secret: str, form: str) -> bool:
    """Letters and digits, in one word or in capitals with no long word among them."""
    parts = re.findall(r"[a-z0-9]+", form)
    mixed = re.search(r"[a-z]", form) and re.search(r"\d", form) and sum(map(len, parts)) >= ID_CHARACTERS
    if not mixed or not ID.fullmatch(form):
        return False
    return " " not in form or (secret.upper() == secret and all(len(p) <= 4 for p in parts if p.isalpha()))


KINDS: tuple[tuple[Callable[[str, str], bool], Callable[[str], Matcher]], ...] = (
    (lambda secret, form: EMAIL.fullmatch(form) is not None, email),
    (lambda secret, form: ADDRESS.fullmatch(form) is not None, network_address),
    (lambda secret, form: is_date(form), date_value),
    (_is_amount, amount),
    (lambda secret, form: NUMBER.fullmatch(form) is not None or GROUPED.fullmatch(form) is not None, number),
    (_is_id, identifier),
    (lambda secret, form: secret.isupper() and re.fullmatch(r"[a-z]{6,}", form) is not None, letters),
    (lambda secret, form: re.search(r"\s", form) is None and re.search(r"[^\w\s'.,-]", form) is not None, signed_word),
)
"""Kinds in the order in which they are tried."""
