"""The sample browser: prompts with both models' responses, collapsed: hashes, or text on request."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence

from markupsafe import escape

from trustdelta.records import AuditResult, Metric
from trustdelta.report import format as fmt
from trustdelta.report.blocks import (
    Beside,
    Block,
    Browser,
    Code,
    Column,
    Entry,
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
_COLUMNS = (
    Column("Model"),
    Column("Score", numeric=True),
    Column("Label", numeric=True),
    Column("Outcome"),
    Column("Reasoning trace"),
    Column("Answer"),
)


def fingerprint(text: str) -> str:
    """First 12 hex digits of the SHA-256 of the text, which identify a response in the store."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _hashed(text: str | None) -> Inlines:
    if text is None:
        return (fmt.NONE,)
    return (Code(fingerprint(text)), Small(f"{fmt.count(len(text))} characters"))


def _number(value: float | None) -> str:
    return fmt.NONE if value is None else f"{value:g}"


def _side_rows(pair: SamplePair) -> tuple[tuple[Inlines, ...], ...]:
    return tuple(
        (
            (arm,),
            (_number(side.score),),
            (_number(side.label),),
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


def _entry(number: int, pair: SamplePair, metric: Metric | None, *, include_text: bool) -> Entry:
    title = fmt.title(metric) if metric else pair.metric
    change = f" {fmt.signed(metric, pair.worsening)} {fmt.unit(metric)}" if metric else ""
    caption = f"Sample {number}: first responses, their scores, human labels, outcomes and text hashes."
    table = Table(
        f"{caption} Mean change over all responses:{change}." if change else caption, _COLUMNS, _side_rows(pair)
    )
    scores = f"{_number(pair.baseline.score)} → {_number(pair.candidate.score)}"
    summary: Inlines = (Code(pair.prompt_id), f" {title}, {scores}")
    if include_text:
        summary = (*summary, Small(fmt.shortened(pair.prompt, 90)))
    dimension = f"{metric.dimension.value}: " if metric else ""
    return Entry(
        summary=summary,
        blocks=(table, *(_texts(pair) if include_text else ())),
        metric=f"{dimension}{title}",
        outcome=fmt.outcome_text(pair.candidate.outcome),
        change=-pair.worsening / (metric.bound if metric else 1.0),
    )


def _coverage(result: AuditResult, extras: ReportExtras) -> str:
    """What the browser shows and what it leaves out."""
    shown = len(extras.samples)
    scored = sum(len(extras.worsening.get(m.metric.name, ())) for m in result.metrics if m.verdict is not None)
    left = max(scored - shown, 0)
    return (
        f"{fmt.count(shown)} samples: of each metric with a verdict the prompts with the largest worsening, and some "
        f"unchanged and improved ones. Left out: {fmt.count(left)} of {fmt.count(max(scored, shown))} scored prompts, "
        "which are in the run folder."
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One collapsed entry per sample."""
    if not extras.samples:
        return ()
    metrics = {m.metric.name: m.metric for m in result.metrics}
    room = printable(extras.samples) if extras.include_text else 0
    entries = tuple(
        _entry(i, pair, metrics.get(pair.metric), include_text=i <= room) for i, pair in enumerate(extras.samples, 1)
    )
    blocks: list[Block] = [Paragraph((_coverage(result, extras),))]
    left = len(extras.samples) - room
    if extras.include_text:
        blocks.insert(0, Warn(_WARNING))
    if left:
        words = (
            f"To limit the file size, {fmt.count(left)} of {fmt.count(len(extras.samples))} samples are shown by hash "
            "only; their texts are in the run folder."
        )
        plain = "Prompts and responses are shown by hash; trustdelta report RUN --include-text includes the texts."
        blocks.append(Paragraph((words if extras.include_text else plain,)))
    return (*blocks, Browser("Samples", entries))


SECTION = Section(100, "samples", "Sample browser", build)
