"""The prompts that changed most, both responses side by side and folded away: hashes alone, or text on request."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence

from markupsafe import escape

from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.blocks import (
    Beside,
    Block,
    Code,
    Column,
    Fold,
    Inlines,
    Paragraph,
    Quote,
    Section,
    Small,
    Table,
    Warn,
)
from trustdelta.report.extras import ReportExtras, SamplePair, SampleSide
from trustdelta.report.sanitise import visible_lines

_WARNING = (
    "The folded texts below are printed as the models wrote them and may be offensive, dangerous or private. They were "
    "included on request; do not pass this file on without thinking of its readers."
)


MOST_CHARACTERS = 6_000
"""Of one text; a thought can be a hundred times that."""
MOST_BYTES = 3_000_000
"""Of all texts together, as the page holds them: the whole file stays below 5 MB."""


def fingerprint(text: str) -> str:
    """First 12 hex digits of the SHA-256 of the text, by which a response is found again in the store."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _hashed(text: str | None) -> Inlines:
    if text is None:
        return (fmt.NONE,)
    return (Code(fingerprint(text)), Small(f"{fmt.count(len(text))} characters"))


def _score(side: SampleSide) -> str:
    return fmt.NONE if side.score is None else f"{side.score:g}"


def _side_rows(pair: SamplePair) -> tuple[tuple[Inlines, ...], ...]:
    return tuple(
        (
            (arm,),
            (_score(side),),
            (side.outcome.value.replace("_", " "),),
            _hashed(side.thought),
            _hashed(side.answer),
        )
        for arm, side in (("baseline", pair.baseline), ("candidate", pair.candidate))
    )


def _side(arm: str, side: SampleSide) -> tuple[Block, ...]:
    sent = (Quote(f"{arm}, what it was sent", cut(side.asked)),) if side.asked else ()
    thought = () if side.thought is None else (Quote(f"{arm}, thought", cut(side.thought)),)
    return (*sent, *thought, Quote(f"{arm}, answer", cut(side.answer)))


def _texts(pair: SamplePair) -> tuple[Block, ...]:
    """The prompt, and under it both models' texts side by side."""
    sides = (_side("Baseline", pair.baseline), _side("Candidate", pair.candidate))
    return (Quote("Prompt", cut(pair.prompt)), Beside(sides))


def cut(text: str) -> str:
    """A text's beginning; what was cut is said."""
    if len(text) <= MOST_CHARACTERS:
        return text
    left = fmt.count(len(text) - MOST_CHARACTERS)
    return f"{text[:MOST_CHARACTERS]}\n[cut here: {left} more characters are in the run folder]"


def _bytes(pair: SamplePair) -> int:
    """What a pair's texts take in the page."""
    sides = (pair.baseline, pair.candidate)
    texts = (pair.prompt, *(t for side in sides for t in (side.asked, side.thought or "", side.answer)))
    return sum(len(escape(visible_lines(cut(text))).encode("utf-8", "replace")) for text in texts)


def printable(pairs: Sequence[SamplePair]) -> int:
    """How many of the pairs, from the first on, have room for their texts."""
    sums = itertools.accumulate(_bytes(pair) for pair in pairs)
    return sum(total <= MOST_BYTES for total in sums)


def _fold(number: int, pair: SamplePair, include_text: bool) -> Fold:
    columns = (Column("Model"), Column("Score", numeric=True), Column("Outcome"), Column("Thought"), Column("Answer"))
    table = Table(f"Pair {number}: scores, outcome states and the hashes of the texts.", columns, _side_rows(pair))
    scores = f"{_score(pair.baseline)} → {_score(pair.candidate)}"
    summary: Inlines = (Code(pair.prompt_id), f" {pair.metric}, {scores}")
    return Fold(summary, (table, *(_texts(pair) if include_text else ())))


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One fold per sampled pair."""
    del result
    if not extras.samples:
        return ()
    room = printable(extras.samples) if extras.include_text else 0
    folds = tuple(_fold(i, pair, i <= room) for i, pair in enumerate(extras.samples, 1))
    if extras.include_text:
        left = len(extras.samples) - room
        full = (
            f"The file is kept small: {fmt.count(left)} of {fmt.count(len(extras.samples))} pairs are named by their "
            "hashes alone; their texts are in the run folder."
        )
        return (Warn(_WARNING), *((Paragraph((full,)),) if left else ()), *folds)
    plain = "Prompts and responses are named by their hashes; the texts are in the run folder and are not printed here."
    return (Paragraph((plain,)), *folds)


SECTION = Section(100, "samples", "Most changed prompts", build)
