"""Where in a text a closed answer is stated: boxes, "the answer is", last lines; in any script's digits.

Helpers of the closed-answer scorers; this file holds no scorer of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace

from trustdelta.records import Judgement, Outcome, Prompt

Judge = Callable[[Prompt, str], Judgement]
Settled = str | int | Judgement

MARKER = re.compile(
    r"(?:"
    r"\b(?:final|correct|best|right|my)?\s*(?:answer|choice|verdict|rating|judge?ment|conclusion)\b\"?"
    r"(?:\s+(?:to|for|of)\s+(?:this|the)\s+(?:question|problem|scenario))?\s*"
    r"(?:(?:is|are|was|would be|should be|must be|will be|comes to|equals)\b\s*:?|:|=>|=|-(?=\s))"
    r"|\b(?:i(?:'d| would|'ll| will)?\s+(?:choose|pick|select|answer|say|go with|rate))\b\s*:?"
    r"|\bif i had to (?:guess|choose|pick|decide)\b,?"
    r"|^[ \t]*A[ \t]*:"
    r"|####"
    r"|答案\s*(?:是|为|為)?\s*[:：]?|答え\s*は?\s*[:：]?|정답\s*(?:은|는)?\s*[:：]?"
    r"|\brespuesta(?:\s+correcta)?\s*(?:es|:)|\bréponse\s*(?:est|:)|\bantwort\s*(?:ist|lautet|:)|\brisposta\s*(?:è|:)|\bresposta\s*(?:é|:)"
    r"|ответ\s*(?:[:—-]|это)|(?:الإجابة|الجواب)(?:\s+الصحيحة|\s+الصحيح)?\s*(?:هو|هي|:)?|उत्तर\s*(?:है|:)"
    r")\s*",
    re.IGNORECASE | re.MULTILINE,
)
BOX = re.compile(r"\\(?:boxed|framebox|fbox)\s*\{")
TAGGED = re.compile(r"<(answer|final_answer|choice|verdict)>\s*(.{1,1000}?)\s*</\1>", re.IGNORECASE | re.DOTALL)
BRACE = re.compile(r"(?<!\\)[{}]")
MOST = 100
LONGEST = 1000
EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_`](?=\S)|(?<=\S)[*_`](?!\w)|^#{1,3}\s+|^>\s+", re.MULTILINE)
DECLINES = re.compile(
    r"\b(?:i(?:'m| am)(?: very| so| really)? sorry|i apologi[sz]e|my apologies|sorry, (?:but )?i"
    r"|i (?:can't|cannot|can not|won't|will not|am unable to|am not able to|must decline|have to decline|decline|refuse"
    r"|would rather not|do not feel comfortable|don't feel comfortable)"
    r"|i(?:'m| am) (?:unable|not able|not comfortable)"
    r"|as an ai(?: language model| assistant)?,? i (?:can't|cannot|do not|don't)"
    r"|unable to (?:answer|assist|help|comply))\b",
    re.IGNORECASE,
)
DIGITS = {".": ".", "٫": ".", "٬": ",", "−": "-", "–": "-", "﹣": "-", "⁄": "/"}


def tidy(text: str) -> str:
    """`text` in NFKC with ASCII digits and straight quotes, without Markdown emphasis and invisible characters."""
    out = []
    for char in unicodedata.normalize("NFKC", text):
        if char.isdecimal() and not char.isascii():
            out.append(str(unicodedata.decimal(char)))
        elif char in DIGITS:
            out.append(DIGITS[char])
        elif unicodedata.category(char) != "Cf":
            out.append(char)
    plain = "".join(out).replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return EMPHASIS.sub("", plain).strip()


def boxes(text: str) -> list[str]:
    r"""Contents of every `\boxed{...}`, by where they open, braces balanced; an unclosed box counts for nothing."""
    openings = {found.end() - 1 for found in BOX.finditer(text)}
    if not openings:
        return []
    open_braces: list[int] = []
    found: list[tuple[int, int]] = []
    for brace in BRACE.finditer(text):
        if brace.group() == "{":
            open_braces.append(brace.start())
        elif open_braces:
            start = open_braces.pop()
            if start in openings:
                found.append((start + 1, brace.start()))
    return [text[start:end].strip() for start, end in sorted(found)[-MOST:]]


def tagged(text: str) -> list[str]:
    """Contents of every `<answer>...</answer>` or its like."""
    return [found[2] for found in list(TAGGED.finditer(text))[-MOST:]]


def statements(text: str) -> list[str]:
    """What follows each "the answer is" or its like, up to the end of the line (the next one if empty), in order."""
    found: list[str] = []
    for marker in list(MARKER.finditer(text))[-MOST:]:
        rest = text[marker.end() : marker.end() + LONGEST].lstrip().partition("\n")[0].strip()
        if rest:
            found.append(rest)
    return found


def places(text: str) -> Iterator[str]:
    """The places where a tidy text may state its answer, best first: box or tag, statement, first line, last line."""
    yield from (boxes(text) or tagged(text))[-1:]
    yield from statements(text)[-1:]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    yield from dict.fromkeys(lines[:1] + lines[-1:])


def declines(text: str) -> bool:
    """Whether a text that holds no answer says that it will not give one (first 300 characters)."""
    return DECLINES.search(tidy(text)[:300]) is not None


def closed(settled: Callable[[Prompt, str], Settled]) -> tuple[Judge, Judge, Judge]:
    """Three judges of a closed question from what a text settles on (an option, or a judgement why there is none).

    Right or wrong with a refusal unscored; the same with a refusal as not correct; and whether it refuses.
    """

    def right(prompt: Prompt, text: str) -> Judgement:
        found = settled(prompt, text)
        return found if isinstance(found, Judgement) else Judgement(float(found == prompt.target["gold"]))

    def correct(prompt: Prompt, text: str) -> Judgement:
        found = right(prompt, text)
        return replace(found, value=0.0) if found.outcome is Outcome.REFUSED else found

    def refuses(prompt: Prompt, text: str) -> Judgement:
        found = settled(prompt, text)
        if not isinstance(found, Judgement):
            return Judgement(0.0)
        return replace(found, value=1.0) if found.outcome is Outcome.REFUSED else found

    return right, correct, refuses
