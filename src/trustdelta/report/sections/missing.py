"""Unscored responses by reason, with worst-case bounds on each estimate."""

from __future__ import annotations

from trustdelta.records import AuditResult, MetricVerdict, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import by_metric
from trustdelta.report.sections._common import badge

_COLUMNS = (
    Column("Metric"),
    Column("Responses per model", numeric=True),
    Column("Unscored, baseline", numeric=True),
    Column("Unscored, candidate", numeric=True),
    Column("Truncated, baseline", numeric=True),
    Column("Truncated, candidate", numeric=True),
    Column("Prompts excluded", numeric=True),
    Column("Worsening, best to worst case", numeric=True),
    Column("Reason"),
)


def _reasons(metric_verdict: MetricVerdict) -> str:
    parts = []
    for arm, reasons in metric_verdict.missing.by_reason.items():
        counts = ", ".join(f"{fmt.outcome_text(reason)} {fmt.count(n)}" for reason, n in sorted(reasons.items()) if n)
        if counts:
            parts.append(f"{arm}: {counts}")
    return "; ".join(parts) or fmt.NONE


def _row(metric_verdict: MetricVerdict) -> tuple[Inlines, ...]:
    missing, metric = metric_verdict.missing, metric_verdict.metric
    reasons: Inlines = (_reasons(metric_verdict),)
    if metric_verdict.verdict is Verdict.NOT_MEASURABLE:
        reasons = (badge(metric_verdict), Small(fmt.reason(metric_verdict.reason)), Small(_reasons(metric_verdict)))
    low, high = (fmt.signed(metric, v) for v in (missing.worst, missing.best))
    return (
        (fmt.title(metric), Small(metric.benchmark)),
        (fmt.count(missing.wanted),),
        (fmt.share(missing.unscored_baseline),),
        (fmt.share(missing.unscored_candidate),),
        (fmt.share(missing.truncated_baseline),),
        (fmt.share(missing.truncated_candidate),),
        (fmt.count(missing.pairs_left_out),),
        (f"{low} to {high}",),
        reasons,
    )


def _incomplete(metric_verdict: MetricVerdict) -> bool:
    missing = metric_verdict.missing
    unscored = (missing.unscored_baseline, missing.unscored_candidate)
    truncated = (missing.truncated_baseline, missing.truncated_candidate)
    unmeasured = metric_verdict.estimate is None or metric_verdict.verdict is Verdict.NOT_MEASURABLE
    return unmeasured or missing.pairs_left_out > 0 or any((*unscored, *truncated))


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One row per metric with unscored responses, or one sentence."""
    del extras
    metrics = by_metric(result)
    rows = tuple(_row(m) for m in metrics if _incomplete(m))
    if not metrics:
        return ()
    if not rows:
        return (Paragraph((f"All responses of the {len(metrics)} metrics were scored; no prompt was excluded.",)),)
    caption = (
        "Unscored responses by metric. Worst case: every unscored candidate response counts as bad and every unscored "
        "baseline response as good; best case the reverse. Changes in percentage points; positive is better."
    )
    return (Table(caption, _COLUMNS, rows),)


SECTION = Section(70, "missing", "Unscored responses", build)
