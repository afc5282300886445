"""Sampled prompts with both responses, folded away: hashes and lengths only, unless the run asked for text."""

from __future__ import annotations

import hashlib

from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Code, Column, Fold, Inlines, Paragraph, Quote, Section, Small, Table, Warn
from trustdelta.report.extras import ReportExtras, SamplePair, SampleSide

_WARNING = (
    "The folded texts below are printed as the models wrote them and may be offensive, dangerous or private. They were "
    "included on request; do not pass this file on without thinking of its readers."
)


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


def _texts(pair: SamplePair) -> tuple[Block, ...]:
    blocks: list[Block] = [Quote("Prompt", pair.prompt)]
    for arm, side in (("Baseline", pair.baseline), ("Candidate", pair.candidate)):
        if side.thought is not None:
            blocks.append(Quote(f"{arm}, thought", side.thought))
        blocks.append(Quote(f"{arm}, answer", side.answer))
    return tuple(blocks)


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
    folds = tuple(_fold(i, pair, extras.include_text) for i, pair in enumerate(extras.samples, 1))
    if extras.include_text:
        return (Warn(_WARNING), *folds)
    plain = "Prompts and responses are named by their hashes; the texts are in the run folder and are not printed here."
    return (Paragraph((plain,)), *folds)


SECTION = Section(100, "samples", "Sampled responses", build)
