"""Words of numbers: scales in the languages that are read ("million", "lakh", "万"), and English number words."""

from __future__ import annotations

import re
from fractions import Fraction

NAMES = {
    12: "dozen dozens",
    100: "hundred",
    10**3: "thousand thousands mille mil mila tausend тысяча тысячи тысяч тыс हज़ार हजार ألف آلاف",
    10**5: "lakh lakhs lac lacs लाख",
    10**6: "million millions mn mio millón millones millon milhão milhões milione milioni millionen миллион миллиона"
    " миллионов млн مليون ملايين",
    10**7: "crore crores करोड़",
    10**9: "billion billions bn milliard milliards milliarde milliarden miliardo miliardi bilhão bilhões миллиард"
    " миллиарда миллиардов млрд مليار",
    10**12: "trillion trillions tn trilhão trilhões триллион триллиона",
}
SCALES = {word: scale for scale, words in NAMES.items() for word in words.split()}
SIGNS = {"千": 10**3, "천": 10**3, "万": 10**4, "萬": 10**4, "만": 10**4, "億": 10**8, "亿": 10**8, "억": 10**8}
"""Scales that are written without a space on either side."""
LETTERS = {"k": 10**3, "K": 10**3, "m": 10**6, "M": 10**6, "B": 10**9}
SCALE = re.compile(
    rf"[\s-]?\s?(?:({'|'.join(sorted(SCALES, key=len, reverse=True))})(?!\w)|([{''.join(SIGNS)}]))", re.IGNORECASE
)
LETTER = re.compile(r"[kKMB](?!\w)|(?<=\d)m(?!\w)")
MONEY = re.compile(r"[$€£¥₹]\s?[\d.,]*\Z")
"""Before a number whose "m" is for millions and not for metres."""
UNITS = {
    word: value
    for value, word in enumerate(
        [
            *(
                "zero",
                "one",
                "two",
                "three",
                "four",
                "five",
                "six",
                "seven",
                "eight",
                "nine",
                "ten",
                "eleven",
                "twelve",
            ),
            *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        ]
    )
}
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SMALL = UNITS | {word: 10 * i for i, word in enumerate(TENS, 2)}
PARTS = {"half": Fraction(1, 2), "third": Fraction(1, 3), "quarter": Fraction(1, 4)}
LINKS = ("and", "a", "an")
LARGE = r"(?:hundred|thousand|million|billion|trillion|dozen)"
ANY = rf"(?:{'|'.join(SMALL)}|{LARGE}|half|thirds?|quarters?)"
SPELLED = re.compile(
    rf"(?:(?P<minus>minus|negative) )?(?:an? (?={LARGE}|half|third|quarter))?"
    rf"(?P<words>\b{ANY}\b(?:(?:[ -]|,? and (?:an? )?| an? (?={LARGE}))\b{ANY}\b){{0,12}})"
    r"(?! (?:of (?:the|these|those|them)|or|to)\b)",
    re.IGNORECASE,
)


def scaled(text: str, end: int, value: Fraction) -> tuple[int, Fraction]:
    """A number that ends at a place, with the words or letters of scale behind it, and where those end."""
    letter = LETTER.match(text, end)
    if letter and (letter.group() != "m" or MONEY.search(text, max(0, end - 20), end)):
        return letter.end(), value * LETTERS[letter.group()]
    while scale := SCALE.match(text, end):
        value, end = value * Fraction(SCALES[scale[1].lower()] if scale[1] else SIGNS[scale[2]]), scale.end()
    return end, value


def spelled_out(text: str, start: int) -> tuple[int, int, Fraction] | None:
    """Where the number stands that English words spell from a place on ("three and a half"), and its value."""
    hit = SPELLED.match(text, start)
    if hit is None:
        return None
    total, current = Fraction(0), Fraction(0)
    for word in re.findall(r"[a-z]+", hit["words"].lower()):
        if word in SMALL:
            current += Fraction(SMALL[word])
        elif word in SCALES and SCALES[word] > 100:
            total, current = total + (current or Fraction(1)) * SCALES[word], Fraction(0)
        elif word in SCALES:
            current = (current or Fraction(1)) * SCALES[word]
        elif word in ("thirds", "quarters") and current:
            current *= PARTS[word[:-1]]
        elif word not in LINKS:
            current += PARTS[word.removesuffix("s")]
    return hit.start(), hit.end(), -(total + current) if hit["minus"] else total + current
