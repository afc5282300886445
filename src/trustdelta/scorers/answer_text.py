r"""The normal form in which every reader of answers sees a text, and what closed answers share.

Characters are read as what they stand for: hyphens and minus signs, spaces, quotes and apostrophes, digits of any
script, vulgar fractions (`3½` is `3 1/2`) and superscripts (`10⁶` is `10^6`). Markdown emphasis, simple HTML and code
fences are read over. `Plain` keeps, for every place of the normal form, the place it came from.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.records.targets import Closed, target_of

Judge = Callable[[Prompt, str], Judgement]
Settled = str | int | Judgement

MENTION = "\ue000"
"""Stands for an option, whatever its words are; of a private area that texts in normal form lose."""
RAISED = "\ue001"
"""Stands before every raised digit until a run of them becomes one exponent; of a private area that texts lose."""
READ_AS = {
    **dict.fromkeys("‐‑‒–−﹣－", "-"),
    **dict.fromkeys("‘’‚‛ʼʹ′‵´＇‹›", "'"),
    **dict.fromkeys("“”„‟«»″〝〞「」『』＂", '"'),
    **dict.fromkeys("\u2028\u2029\x85", "\n"),
    "٫": ".",
    "٬": ",",
    "∕": "/",
    "٪": "%",
    "⁻": f"{RAISED}-",
    "⁺": f"{RAISED}+",
}


class _Characters(dict[int, str]):
    """What each character is read as, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = READ_AS.get(char) or (char if char.isascii() else _read_as(char))
        return self[code]


def _read_as(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    kind, decomposition = unicodedata.category(char), unicodedata.decomposition(char)
    if kind in ("Cf", "Co"):
        return ""
    if kind == "Zs":
        return " "
    if decomposition.startswith("<fraction>"):
        return " " + unicodedata.normalize("NFKC", char).replace("⁄", "/")
    plain = unicodedata.normalize("NFKC", char).replace("⁄", "/")
    return RAISED + plain if decomposition.startswith("<super>") and plain.isdecimal() else plain


CHARACTERS = _Characters()
DRESSED = re.compile(rf"[*_`#>~&{RAISED}]")
DRESS = re.compile(
    rf"[*_`#>~&<{RAISED}](?:"
    rf"(?P<power>(?<={RAISED})(?<!{RAISED}[-+\d]{RAISED})|(?<=<)sup>(?=[^<>]{{1,9}}</sup>))|(?<={RAISED})"
    r"|(?P<line>(?<=<)(?:br\s*/?>|/p>))|(?P<space>(?<=&)nbsp;)"
    r"|(?<=~)~[^~\n]{1,200}~~"
    r"|(?<=<)/?(?:b|i|u|em|strong|p|span|code|mark|sub|sup|center)>"
    r"|(?P<power_sign>(?<=\d\*)\*(?=\d))"
    r"|(?<=\*)\*|(?<=_)_|(?<=[*_`])(?<![^\W_][*_`])(?=\S)|(?<=\S[*_`])(?![^\W_])|(?<=^#)#{0,2}\s+|(?<=^>)\s+)",
    re.MULTILINE,
)
"""Begins with a character of the dress, so that the search jumps from one to the next; then looks back at it."""
FENCED = re.compile(rf"^[ \t]*```[\w-]*[ \t]*$\n?|{DRESS.pattern}", re.MULTILINE)
DECLINES = re.compile(
    r"\b(?:i(?:'m| am)(?: very| so| really)? sorry|i apologi[sz]e|my apologies|sorry, (?:but )?i"
    r"|i (?:can't|cannot|can not|won't|will not|am unable|am not able to|must decline|have to decline|decline|refuse"
    r"|would rather not|do not feel comfortable|don't feel comfortable)"
    r"|i(?:'m| am) (?:unable|not able|not comfortable)"
    r"|as an ai(?: language model| assistant)?,? i (?:can't|cannot|do not|don't)"
    r"|unable to (?:answer|assist|help|comply))\b",
    re.IGNORECASE,
)


WRITTEN = {"power": "^", "power_sign": "**", "space": " ", "line": "\n", None: ""}
"""What each kind of dress leaves behind."""


def _undressed(dress: re.Match[str]) -> str:
    return WRITTEN[dress.lastgroup]


@dataclass(frozen=True)
class Plain:
    """A text in normal form; `source` is the text itself with composed characters."""

    source: str
    spelled: str
    """`source`, each character as what it is read as."""
    text: str
    """The normal form, without Markdown and HTML."""

    @classmethod
    def of(cls, text: str) -> Plain:
        """The normal form of any text."""
        if text.isascii():
            return cls(text, text, _without_dress(text))
        source = text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
        spelled = source.translate(CHARACTERS)
        return cls(source, spelled, _without_dress(spelled))

    @cached_property
    def _places(self) -> tuple[list[int], list[int]]:
        """Where edits end, in the normal form and in the spelled text."""
        here, there, shift = [0], [0], 0
        for edit in _pattern(self.spelled).finditer(self.spelled):
            shift += len(_undressed(edit)) - len(edit.group())
            here.append(edit.end() + shift)
            there.append(edit.end())
        return here, there

    @cached_property
    def _starts(self) -> list[int]:
        """Where each character of the source ends in the spelled text."""
        return list(accumulate(len(CHARACTERS[ord(char)]) for char in self.source))

    def origin(self, index: int) -> int:
        """The place in `source` that a place of the normal form came from."""
        if self.text is self.source:
            return index
        here, there = self._places
        last = bisect_right(here, index) - 1
        spelled = there[last] + index - here[last]
        return spelled if self.source.isascii() else min(bisect_right(self._starts, spelled), len(self.source))

    def written(self, start: int, end: int) -> str:
        """What stands in `source` for a span of the normal form, stripped."""
        return self.source[self.origin(start) : self.origin(end - 1) + 1].strip() if end > start else ""


def _without_dress(spelled: str) -> str:
    return _pattern(spelled).sub(_undressed, spelled) if DRESSED.search(spelled) else spelled


def _pattern(spelled: str) -> re.Pattern[str]:
    return FENCED if "```" in spelled else DRESS


def tidy(text: str) -> str:
    """The normal form of `text`, stripped."""
    return (_without_dress(text) if text.isascii() else Plain.of(text).text).strip()


def declines(text: str) -> bool:
    """Whether a text that holds no answer says that it will not give one (first 300 characters)."""
    return DECLINES.search(tidy(text)[:300]) is not None


def closed(settled: Callable[[Prompt, str], Settled]) -> tuple[Judge, Judge, Judge]:
    """Three judges of a closed question from what a text settles on (an option, or a judgement why there is none).

    Right or wrong with a refusal unscored; the same with a refusal as not correct; and whether it refuses.
    """

    def right(prompt: Prompt, text: str) -> Judgement:
        answer = settled(prompt, text)
        return (
            answer if isinstance(answer, Judgement) else Judgement(float(answer == target_of(prompt, Closed)["gold"]))
        )

    def correct(prompt: Prompt, text: str) -> Judgement:
        judgement = right(prompt, text)
        return replace(judgement, value=0.0) if judgement.outcome is Outcome.REFUSED else judgement

    def refuses(prompt: Prompt, text: str) -> Judgement:
        answer = settled(prompt, text)
        if not isinstance(answer, Judgement):
            return Judgement(0.0)
        return replace(answer, value=1.0) if answer.outcome is Outcome.REFUSED else answer

    return right, correct, refuses
