"""Published statistics that are not means over prompts: correlations, balanced rates, position bias, monitorability."""

from __future__ import annotations

from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import AggregateRow, ReportExtras

_COLUMNS = (
    Column("Statistic"),
    Column("Baseline", numeric=True),
    Column("Candidate", numeric=True),
    Column("Candidate − baseline [95 % CI]", numeric=True),
    Column("Prompts", numeric=True),
)


def _value(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _row(row: AggregateRow) -> tuple[Inlines, ...]:
    bounds = f"[{row.low_95:+.3f}, {row.high_95:+.3f}]" if row.low_95 is not None and row.high_95 is not None else ""
    change = (
        "not comparable" if row.baseline is None or row.candidate is None else f"{row.candidate - row.baseline:+.3f}"
    )
    return (
        (row.title, Small(row.name)),
        (_value(row.baseline),),
        (_value(row.candidate),),
        (change, Small(bounds)),
        (fmt.count(row.n_prompts), Small(f"{fmt.count(row.n_clusters)} clusters")),
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One row per statistic; they carry no verdict."""
    del result
    if not extras.aggregates:
        return ()
    intro = (
        "These statistics are functions of all prompts together and carry no verdict. Intervals are by the cluster "
        "jackknife, not adjusted for multiplicity. Both models are measured on the prompts scored for both; one that "
        "has no value on any prompt, such as a model without reasoning traces, is not compared."
    )
    table = Table("Dataset-level statistics.", _COLUMNS, tuple(map(_row, extras.aggregates)), stack=True)
    return (Paragraph((intro,)), table)


SECTION = Section(47, "aggregates", "Dataset-level statistics", build)
