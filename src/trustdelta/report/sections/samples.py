"""The prompts with the largest changes, both responses side by side and collapsed: hashes, or text on request."""

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
    "The collapsed texts below are printed as the models wrote them and may be offensive, dangerous or private. They "
    "were included on request; consider the readers before you share this file."
)

MOST_CHARACTERS = 6_000
"""Most characters of one text; a reasoning trace can be a hundred times longer."""
MOST_BYTES = 3_000_000
"""Most bytes of all texts in the page, so that the file is below 5 MB."""


def fingerprint(text: str) -> str:
    """First 12 hex digits of the SHA-256 of the text, which identify a response in the store."""
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
            (fmt.outcome_text(side.outcome),),
            _hashed(side.thought),
            _hashed(side.answer),
        )
        for arm, side in (("baseline", pair.baseline), ("candidate", pair.candidate))
    )


def _side(arm: str, side: SampleSide) -> tuple[Block, ...]:
    model_input = (Quote(f"{arm}, model input", cut(side.model_input)),) if side.model_input else ()
    trace = () if side.thought is None else (Quote(f"{arm}, reasoning trace", cut(side.thought)),)
    return (*model_input, *trace, Quote(f"{arm}, answer", cut(side.answer)))


def _texts(pair: SamplePair) -> tuple[Block, ...]:
    """The prompt, then both models' texts side by side."""
    sides = (_side("Baseline", pair.baseline), _side("Candidate", pair.candidate))
    return (Quote("Prompt", cut(pair.prompt)), Beside(sides))


def cut(text: str) -> str:
    """The beginning of a text, with the number of characters cut."""
    if len(text) <= MOST_CHARACTERS:
        return text
    left = fmt.count(len(text) - MOST_CHARACTERS)
    return f"{text[:MOST_CHARACTERS]}\n[cut here: {left} more characters are in the run folder]"


def _bytes(pair: SamplePair) -> int:
    """Bytes of a pair's texts in the page."""
    sides = (pair.baseline, pair.candidate)
    texts = (pair.prompt, *(t for side in sides for t in (side.model_input, side.thought or "", side.answer)))
    return sum(len(escape(visible_lines(cut(text))).encode("utf-8", "replace")) for text in texts)


def printable(pairs: Sequence[SamplePair]) -> int:
    """How many of the pairs, from the first on, have room for their texts."""
    sums = itertools.accumulate(_bytes(pair) for pair in pairs)
    return sum(total <= MOST_BYTES for total in sums)


def _fold(number: int, pair: SamplePair, include_text: bool) -> Fold:
    columns = (
        Column("Model"),
        Column("Score", numeric=True),
        Column("Outcome"),
        Column("Reasoning trace"),
        Column("Answer"),
    )
    table = Table(f"Prompt {number}: scores, outcomes and text hashes.", columns, _side_rows(pair))
    scores = f"{_score(pair.baseline)} → {_score(pair.candidate)}"
    summary: Inlines = (Code(pair.prompt_id), f" {pair.metric}, {scores}")
    return Fold(summary, (table, *(_texts(pair) if include_text else ())))


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One collapsed block per sampled prompt."""
    del result
    if not extras.samples:
        return ()
    room = printable(extras.samples) if extras.include_text else 0
    folds = tuple(_fold(i, pair, i <= room) for i, pair in enumerate(extras.samples, 1))
    if extras.include_text:
        left = len(extras.samples) - room
        full = (
            f"To limit the file size, {fmt.count(left)} of {fmt.count(len(extras.samples))} prompts are shown by hash "
            "only; their texts are in the run folder."
        )
        return (Warn(_WARNING), *((Paragraph((full,)),) if left else ()), *folds)
    plain = "Prompts and responses are shown by hash; the texts are in the run folder."
    return (Paragraph((plain,)), *folds)


SECTION = Section(100, "samples", "Largest per-prompt changes", build)
