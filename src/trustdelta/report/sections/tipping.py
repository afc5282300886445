"""Sensitivity to judge error: the net bias that would overturn each claim (tipping point)."""

from __future__ import annotations

from trustdelta.records import AuditResult, Metric, MetricVerdict, Tipping
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import by_metric
from trustdelta.report.sections._common import badge, label

_GRADES = {
    "robust": "overturned only by more than a plausible bias",
    "sensitive": "overturned by a plausible bias",
    "fragile": "overturned by a few labels or a slight bias",
}
_EVIDENCE = {
    "labels": "measured on human labels",
    "judge-swap": "from a second judge; both may share a bias",
    "pair-bias": "95 % bound of the judge's bias, measured over pairs of models",
    "calibrated": "95 % bound of the judge's bias, stated in the configuration",
    "other-judges": "the judge's bias was never measured: the largest bound of any built-in judge",
    "assumed": "assumed",
}
_COLUMNS = (
    Column("Metric"),
    Column("Verdict"),
    Column("Robustness"),
    Column("Overturning net bias", numeric=True),
    Column("Plausible bias", numeric=True),
    Column("Wrong labels", numeric=True),
    Column("Equivalent candidate error"),
)


def _bias(metric: Metric, value: float) -> str:
    """A share of the metric's bound in the metric's own units."""
    return fmt.size(metric, value * metric.bound)


def _arm(tip: Tipping) -> Inlines:
    if tip.extra_false_positives is not None:
        return (f"false positives {fmt.share(tip.extra_false_positives)} beyond the baseline’s",)
    if tip.extra_misses is not None:
        return (f"sensitivity {fmt.share(tip.extra_misses)} below the baseline’s",)
    return (fmt.NONE,)


def _row(metric_verdict: MetricVerdict, tip: Tipping) -> tuple[Inlines, ...]:
    metric = metric_verdict.metric
    by = "scored by a judge" if metric.judged else "scored by rule"
    return (
        label(metric),
        (badge(metric_verdict),),
        (tip.grade, Small(_GRADES.get(tip.grade, ""))),
        (_bias(metric, tip.net_bias), Small(by)),
        (_bias(metric, tip.plausible_bias), Small(_EVIDENCE.get(tip.evidence, tip.evidence))),
        (fmt.count(tip.wrong_labels),),
        _arm(tip),
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """The definition of a tipping point, then one row per claim."""
    del extras
    rows = tuple(_row(m, m.tipping) for m in by_metric(result) if m.tipping)
    if not rows:
        return ()
    intro = (
        "Scores can be biased towards one model. The overturning net bias (tipping point) is the mean score bias "
        "towards one model at which the verdict would no longer hold, also as a number of wrong labels net of those "
        "that cancel. It is compared with the plausible bias. Errors that affect both models equally do not count."
    )
    return (Paragraph((intro,)), Table("Tipping points of the claims.", _COLUMNS, rows, stack=True))


SECTION = Section(75, "tipping", "Sensitivity to judge error (tipping point)", build)
