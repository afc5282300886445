"""What the engine's own randomness makes, beside each difference: the baseline against itself with other draws."""

from __future__ import annotations

from trustdelta.records import AuditResult, MetricVerdict, NoiseFloor
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Block, Column, Inlines, Paragraph, Section, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import by_metric, change, label

_COLUMNS = (
    Column("Metric"),
    Column("Baseline against itself", numeric=True),
    Column("Candidate against baseline", numeric=True),
    Column("Own randomness beside the difference", numeric=True),
    Column("Verdict on itself"),
)


def _beside(own: float, found: MetricVerdict) -> str:
    """The size of the baseline's difference from itself as a share of the candidate's."""
    difference = abs(found.estimate.worsening) if found.estimate else 0.0
    return fmt.share(own / difference) if difference else fmt.NONE


def _row(found: MetricVerdict, floor: NoiseFloor) -> tuple[Inlines, ...]:
    return (
        label(found.metric),
        (fmt.difference_text(found.metric, floor.estimate),),
        (change(found),),
        (_beside(abs(floor.estimate.worsening), found),),
        (Badge(floor.verdict, ""),),
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One row for each metric, where the baseline was also audited against itself."""
    del extras
    floors = {floor.metric: floor for floor in result.noise_floor}
    rows = tuple(_row(m, floors[m.metric.name]) for m in by_metric(result) if m.metric.name in floors)
    if not rows:
        return ()
    intro = (
        "The baseline was also audited against itself, by the same path with other draws. Nothing but the randomness "
        "of drawing and of the engine can differ there: a difference between the models that is no larger says nothing."
    )
    return (Paragraph((intro,)), Table("The noise floor of each difference.", _COLUMNS, rows, stack=True))


SECTION = Section(46, "noise_floor", "What the engine’s own randomness makes", build)
