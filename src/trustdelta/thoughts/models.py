"""Infers a model's thought format from its responses together; a single response may be ambiguous."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from trustdelta.records import Finish
from trustdelta.thoughts.declared import BETWEEN, SHOWN
from trustdelta.thoughts.formats import FORMATS
from trustdelta.thoughts.headings import HEADINGS, headed
from trustdelta.thoughts.marks import brackets_in, marks_in, strip_span, stripped
from trustdelta.thoughts.reading import read_response
from trustdelta.thoughts.split import ASSUMED_OPEN
from trustdelta.thoughts.turns import trim

SHOWS = 0.05
"""Fewest texts with both marks of a format, as a share of a model's texts, for it to be the model's format."""

_BRACKETS = frozenset("<[‹⟨⟦【")
_HEADERS = frozenset("]aAm")
"""First characters of role headers without a bracket of marks."""
_WORD_ROWS = tuple(f for f in FORMATS if f.words)
_WORDS = tuple(opening for f in _WORD_ROWS for opening in f.opening)


def infer_prompt_opened_thought(texts: Iterable[str], share: float = 0.5) -> bool:
    """Whether recorded responses were generated after a prompt that opened the thought.

    True when at least `share` of the non-blank texts close a thought that they never opened. Without this, responses of
    such a model that were truncated inside the thought have no mark and would count as answers.
    """
    n = closed = 0
    for text in texts:
        if text and not text.isspace():
            n += 1
            closed += _may_close(text) and ASSUMED_OPEN in read_response(text, finish=Finish.UNKNOWN).notes
    return n > 0 and closed >= share * n


def _may_close(text: str) -> bool:
    """Whether a text holds a bracket of marks, or starts with a header or words of a format: no other has marks."""
    start, _ = strip_span(text, 0, len(text))
    return bool(brackets_in(text)) or text[start : start + 1] in _HEADERS or text.startswith(_WORDS, start)


def shown_format(texts: Iterable[str]) -> str:
    """The `format` of one model's responses without a declared one: "auto", or "auto+FORMAT".

    FORMAT is ambiguous in a single text (its marks are words, or tags that answers have too), and both of its marks
    occur in at least two of the texts and in SHOWS of them. Its opening mark alone then begins a thought.
    """
    return shown_by(*format_counts(texts))


def format_counts(texts: Iterable[str]) -> tuple[int, Counter[str]]:
    """Number of texts that are not blank, and of those that begin with and close an ambiguous format, by its name."""
    counts: Counter[str] = Counter()
    n = 0
    for text in texts:
        n += bool(text) and not text.isspace()
        if name := _whole(text):
            counts[name] += 1
    return n, counts


def shown_by(texts: int, counts: Counter[str]) -> str:
    """The `shown_format` of texts with these `format_counts`."""
    name, most = next(iter(counts.most_common(1)), ("", 0))
    return SHOWN + name if most >= max(2, SHOWS * texts) else "auto"


def _whole(text: str) -> str:
    """The format that a text begins with and closes, if it is ambiguous in a single text; else empty."""
    start, end = strip_span(text, 0, len(text))
    if text[start : start + 1] in "<[":  # perhaps a role header
        start, end, *_ = trim(text)
    if text.startswith(_WORDS, start):
        row = next(f for f in _WORD_ROWS if text.startswith(f.opening, start))
        return row.name if any(c in text for c in row.closing) else ""
    if headed(text, (start, end)):
        return HEADINGS
    return _whole_tag(text, start, end) if text[start : start + 1] in _BRACKETS else ""


def _whole_tag(text: str, start: int, end: int) -> str:
    """The pair of tags at the start of a text, with an answer behind it, if their name alone is ambiguous."""
    marks = [m for m in marks_in(text, start, end) if m.side in ("open", "close")]
    if not marks or marks[0].start != start or marks[0].side != "open" or marks[0].sure:
        return ""
    close = next((m for m in marks[1:] if m.closes and m.key == marks[0].key), None)
    if close is None or not stripped(text[close.end : end]):
        return ""
    return f"{text[start : marks[0].end]}{BETWEEN}{text[close.start : close.end]}"
