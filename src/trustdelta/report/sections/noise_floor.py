"""The noise floor of each difference: the baseline audited against itself with other samples."""

from __future__ import annotations

from trustdelta.records import AuditResult, MetricVerdict, NoiseFloor
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Block, Column, Inlines, Paragraph, Section, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import by_metric
from trustdelta.report.sections._common import change, label

_COLUMNS = (
    Column("Metric"),
    Column("Baseline vs. itself", numeric=True),
    Column("Candidate vs. baseline", numeric=True),
    Column("Noise floor / difference", numeric=True),
    Column("Verdict, baseline vs. itself"),
)


def _ratio(noise: float, metric_verdict: MetricVerdict) -> str:
    """The baseline's difference from itself as a share of the candidate's difference."""
    difference = abs(metric_verdict.estimate.worsening) if metric_verdict.estimate else 0.0
    return fmt.share(noise / difference) if difference else fmt.NONE


def _row(metric_verdict: MetricVerdict, floor: NoiseFloor) -> tuple[Inlines, ...]:
    return (
        label(metric_verdict.metric),
        (fmt.estimate_text(metric_verdict.metric, floor.estimate),),
        (change(metric_verdict),),
        (_ratio(abs(floor.estimate.worsening), metric_verdict),),
        (Badge(floor.verdict, ""),),
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One row per metric, where the baseline was also audited against itself."""
    del extras
    floors = {floor.metric: floor for floor in result.noise_floor}
    rows = tuple(_row(m, floors[m.metric.name]) for m in by_metric(result) if m.metric.name in floors)
    if not rows:
        return ()
    intro = (
        "The baseline was also audited against itself with other samples. Only sampling and engine noise can differ "
        "there; a difference between the models that is no larger carries no information."
    )
    return (Paragraph((intro,)), Table("The noise floor of each difference.", _COLUMNS, rows, stack=True))


SECTION = Section(46, "noise_floor", "Noise floor (baseline vs. itself)", build)
