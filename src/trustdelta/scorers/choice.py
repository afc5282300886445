"""Multiple choice: which option a text settles on, by its letter, its number or its words.

`target`: {"labels": ["A", "B", ...], "options": [text, ...], "gold": index}. An answer that names no option, or more
than one without settling on one of them, is malformed; nothing is guessed. `choice` leaves a refusal unscored,
`choice_correct` counts it as not correct (for knowledge and ability), `choice_refusal` is 1 for it. `choice_place` is
the place of the option that is chosen, from 0: it shows a taste for a position.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trustdelta.records import Judgement, Outcome, Prompt
from trustdelta.scorers.answer_text import closed, declines, places, tidy
from trustdelta.scorers.base import Scorer

# No group is possessive: before Python 3.11.5 such a group that fails does not give back what it took.
OPENER = (
    r"^[\s\"'(\[{$]*+(?:[-•]\s++)?[\"'(\[{]*+(?:\\(?:text|mathrm|mathbf)\s*+\{)?\s*+(?:(?:the|an?|la|el)\s++)?"
    r"(?:option|choice|answer|response|letter|number)?\s*+[:#]?+\s*+[\"'(\[{]*+"
)
CLOSER = (
    r"(?!\s+(?:is|was|seems)\s+(?:not|wrong|incorrect|false|clearly wrong))"
    r"(?=$|[)\]}.,:;!\"'\\$。，、]|입니다|이다|です|\s*[-–—]\s|\s+(?:is|was|because|since|as|for|due|given|would|seems)\b|\n)"
)
SECOND = r"[\s)\]}.\"']*(?:,|/|\bor\b|\band\b|&|(?=[(\[]))\s*(?:option|choice)?\s*[\"'(\[{]*"
NEGATION = re.compile(r"(?:\bnot|\bnever|n't|\bneither|\bnor|\brather than|\binstead of)\s+(?:\w+\s+){0,2}$")


def read_choice(text: str, labels: Sequence[str], options: Sequence[str]) -> int | None:
    """Index of the option that `text` settles on; None where it settles on none or names several."""
    plain = _without_listing(tidy(text), labels)
    for place in places(plain):
        found = _by_label(place, labels)
        if found is None:
            found = _by_words(place, options)
        if found is not None:
            return found if found >= 0 else None
    mentioned = mentions(plain, options)
    return mentioned.pop() if len(mentioned) == 1 else None


def _without_listing(text: str, labels: Sequence[str]) -> str:
    """The text without lines that open with a label, where two labels or more do: the options, gone through again."""
    known = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    opens = re.compile(rf"\s*(?:[-•]\s+)?\(?({known})\s*[):.]\s*\S")
    found = [(line, opens.match(line)) for line in text.splitlines()]
    if len({match[1] for _, match in found if match}) < 2:
        return text
    return "\n".join(line for line, match in found if not match)


def _by_label(place: str, labels: Sequence[str]) -> int | None:
    """The label that a place opens with: its index, -1 where another label is named beside it, None without one."""
    known = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    guard = r"(?![\d])" if any(label.lstrip("-").isdigit() for label in labels) else ""
    found = re.match(rf"{OPENER}({known}){guard}{CLOSER}", place, re.IGNORECASE)
    if found is None or not _is_label(found.group(1), labels, place, found):
        return None
    if re.match(rf"{SECOND}(?:{known})\b", place[found.end(1) :]):
        return -1
    return [label.casefold() for label in labels].index(found.group(1).casefold())


def _is_label(seen: str, labels: Sequence[str], place: str, found: re.Match[str]) -> bool:
    """A lower-case letter is a label only in brackets or alone; "a person" is not option A."""
    if seen in labels:
        return True
    rest = place[found.end(1) :].strip(" .)]}\"'")
    return not rest or place[found.end(1) : found.end(1) + 1] in (")", "]")


def _by_words(place: str, options: Sequence[str]) -> int | None:
    """The only option that a place opens with or consists of; None otherwise."""
    bare = _bare(place)
    starts = [
        i for i, option in enumerate(options) if _bare(option) and re.match(rf"{re.escape(_bare(option))}(?!\w)", bare)
    ]
    longest = max((len(_bare(options[i])) for i in starts), default=0)
    best = [i for i in starts if len(_bare(options[i])) == longest]
    if len(best) == 1 and len(mentions(place, options)) <= 1:
        return best[0]
    return None


def _bare(text: str) -> str:
    return tidy(text).casefold().strip(" .,:;!?\"'()[]")


def mentions(text: str, options: Sequence[str]) -> set[int]:
    """Options whose full words occur in the text and are not negated; a longer option hides one that it contains."""
    low, found = text.casefold(), set()
    for i in sorted(range(len(options)), key=lambda i: -len(options[i])):
        words = _bare(options[i])
        pattern = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")
        if not words:
            continue
        hits = [
            hit for hit in pattern.finditer(low) if not NEGATION.search(low[max(0, hit.start() - 40) : hit.start()])
        ]
        if hits:
            found.add(i)
            low = pattern.sub(lambda hit: " " * len(hit.group()), low)
    return found


def settled(prompt: Prompt, text: str) -> int | Judgement:
    """The option that a text settles on, or the judgement that says why there is none."""
    found = read_choice(text, prompt.target["labels"], prompt.target["options"])
    if found is not None:
        return found
    if declines(text):
        return Judgement(None, Outcome.REFUSED, "declined to choose")
    return Judgement(None, Outcome.MALFORMED, "settles on no single option")


_judge, _judge_correct, _judge_refusal = closed(settled)


def _judge_place(prompt: Prompt, text: str) -> Judgement:
    found = settled(prompt, text)
    return found if isinstance(found, Judgement) else Judgement(float(found))


SCORERS = (
    Scorer("choice", "2", _judge),
    Scorer("choice_correct", "2", _judge_correct),
    Scorer("choice_refusal", "2", _judge_refusal),
    Scorer("choice_place", "2", _judge_place),
)
