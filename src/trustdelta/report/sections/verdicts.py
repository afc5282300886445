"""All metrics: both levels, the paired difference with its interval, prompts, verdict and reason."""

from __future__ import annotations

from trustdelta.records import AuditResult, MetricVerdict
from trustdelta.report.blocks import Block, Column, Inlines, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import MetricRow, by_metric
from trustdelta.report.sections._common import badge, label

COLUMNS = (
    Column("Metric"),
    Column("Baseline", numeric=True),
    Column("Candidate", numeric=True),
    Column("Change [95 % CI]", numeric=True),
    Column("Margin", numeric=True),
    Column("Prompts scored / excluded", numeric=True),
    Column("Verdict"),
)


def _row(metric_verdict: MetricVerdict) -> tuple[Inlines, ...]:
    row = MetricRow.of(metric_verdict)
    verdict: Inlines = (badge(metric_verdict), Small(row.reason)) if row.reason else (badge(metric_verdict),)
    texts = (row.baseline, row.candidate, row.change, row.margin, row.prompts)
    return (label(metric_verdict.metric, dimension=True), *((text,) for text in texts), verdict)


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One table over all metrics, by dimension."""
    del extras
    rows = tuple(_row(m) for m in by_metric(result))
    caption = (
        "All metrics. A positive change is better, whichever direction of the metric that is; in percentage points, "
        "with ordinary 95 % confidence intervals. Secondary metrics carry an interval and no verdict."
    )
    return (Table(caption, COLUMNS, rows, stack=True),) if rows else ()


SECTION = Section(20, "verdicts", "Results by metric", build)
