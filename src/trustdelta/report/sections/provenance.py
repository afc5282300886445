"""Models, engines, settings, data and versions of the audit, and the command that repeats it."""

from __future__ import annotations

from trustdelta.records import AuditResult, ModelCard
from trustdelta.report import format as fmt
from trustdelta.report.blocks import (
    Block,
    Code,
    Column,
    Command,
    Definitions,
    Heading,
    Inlines,
    Paragraph,
    Section,
    Table,
)
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import flattened


def _settings(card: ModelCard) -> dict[str, Inlines]:
    named = {"name": card.name, "fingerprint": card.fingerprint, "engine": card.engine, "thinking": card.thinking}
    items = {name: (Code(value),) if value else (fmt.NONE,) for name, value in named.items()}
    return {**items, **dict(flattened(card.sampling, "sampling.")), **dict(flattened(card.details))}


def _models(result: AuditResult) -> Table:
    """Every setting of both models side by side, marked same or differs."""
    baseline, candidate = _settings(result.baseline), _settings(result.candidate)
    rows = []
    for name in dict.fromkeys((*baseline, *candidate)):
        values = baseline.get(name, (fmt.NONE,)), candidate.get(name, (fmt.NONE,))
        rows.append(((name,), *values, ("same" if values[0] == values[1] else "differs",)))
    columns = (Column("Setting"), Column("Baseline"), Column("Candidate"), Column("Comparison"))
    return Table("The audited models and how each was run.", columns, tuple(rows))


def _sources(result: AuditResult) -> tuple[Block, ...]:
    """The source of each metric's definition."""
    sources = {fmt.title(m.metric): m.metric.source for m in result.metrics if m.metric.source}
    items = tuple((title, (source,)) for title, source in sources.items())
    return (Heading("Definitions of the metrics"), Definitions(items)) if items else ()


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Both models, the plan, versions and data, and the command."""
    blocks: list[Block] = [_models(result)]
    if result.plan:
        blocks += [Heading("Plan"), Definitions(tuple(flattened(result.plan)))]
    if extras.provenance:
        blocks += [Heading("Versions and data"), Definitions(tuple(flattened(extras.provenance)))]
    blocks += _sources(result)
    if extras.command:
        blocks += [Heading("Reproduce"), Paragraph(("This command repeats the audit:",)), Command(extras.command)]
    return tuple(blocks)


SECTION = Section(90, "provenance", "Provenance", build)
