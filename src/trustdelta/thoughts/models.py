"""What the responses of one model, looked at together, show of its format; a single one may show nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from trustdelta.records import Finish
from trustdelta.thoughts.declared import SHOWN
from trustdelta.thoughts.formats import FORMATS
from trustdelta.thoughts.marks import strip_span
from trustdelta.thoughts.reading import read_response
from trustdelta.thoughts.split import ASSUMED_OPEN
from trustdelta.thoughts.turns import trim

SHOWS = 0.05
"""Share of a model's texts with both marks of a word-marked format from which it is the model's format."""

_WORD_ROWS = tuple(f for f in FORMATS if f.words)


def infer_prompt_opened_thought(texts: Iterable[str], share: float = 0.5) -> bool:
    """Whether recorded responses were generated after a prompt that opened the thought.

    True when at least `share` of the non-blank texts close a thought that they never opened. Without this, the few
    responses of such a model that were cut inside the thought carry no mark at all and would pass as answers.
    """
    readings = [read_response(t, finish=Finish.UNKNOWN) for t in texts if t.strip()]
    closed = sum(ASSUMED_OPEN in r.notes for r in readings)
    return bool(readings) and closed >= share * len(readings)


def shown_format(texts: Iterable[str]) -> str:
    """The `format` to read one model's responses by where nobody declared one: "auto", or "auto+NAME".

    NAME is the word-marked format whose both marks stand in at least two of the texts and in SHOWS of them: the opening
    words alone then begin a thought, however the text ends.
    """
    counts: Counter[str] = Counter()
    n = 0
    for text in texts:
        n += bool(text.strip())
        counts.update(_whole(text))
    name, most = next(iter(counts.most_common(1)), ("", 0))
    return SHOWN + name if most >= max(2, SHOWS * n) else "auto"


def _whole(text: str) -> list[str]:
    """The word-marked format that a text begins with and closes, if there is one."""
    start = strip_span(text, 0, min(len(text), 200))[0]
    begins = [f for f in _WORD_ROWS if any(text.startswith(o, start) for o in f.opening)]
    if not begins:
        where = trim(text)
        begins = [f for f in _WORD_ROWS if any(text.startswith(o, where.head) for o in f.opening)]
    return [f.name for f in begins[:1] if any(c in text for c in f.closing)]
