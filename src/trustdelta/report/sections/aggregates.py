"""Published numbers that are no mean over prompts: correlations, balanced rates, a taste for a position."""

from __future__ import annotations

from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import AggregateRow, ReportExtras

_COLUMNS = (
    Column("Number"),
    Column("Baseline", numeric=True),
    Column("Candidate", numeric=True),
    Column("Change [95 % interval]", numeric=True),
    Column("Prompts", numeric=True),
)


def _row(row: AggregateRow) -> tuple[Inlines, ...]:
    bounds = f"[{row.low_95:+.3f}, {row.high_95:+.3f}]" if row.low_95 is not None and row.high_95 is not None else ""
    return (
        (row.title, Small(row.name)),
        (f"{row.baseline:.3f}",),
        (f"{row.candidate:.3f}",),
        (f"{row.candidate - row.baseline:+.3f}", Small(bounds)),
        (fmt.count(row.n_prompts), Small(f"{fmt.count(row.n_clusters)} clusters")),
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One row for each number; they carry no verdict."""
    del result
    if not extras.aggregates:
        return ()
    intro = (
        "These numbers are functions of all prompts at once and carry no verdict. Intervals are the jackknife's over "
        "clusters, for this number alone. Both models are measured on the prompts that both have a score for."
    )
    table = Table("Numbers that are no means over prompts.", _COLUMNS, tuple(map(_row, extras.aggregates)), stack=True)
    return (Paragraph((intro,)), table)


SECTION = Section(47, "aggregates", "Correlations, balances and positions", build)
