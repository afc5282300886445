"""How wrong the scores would have to be to overturn each claim: the tipping points."""

from __future__ import annotations

from trustdelta.records import AuditResult, Metric, MetricVerdict, Tipping
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Column, Inlines, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import badge, by_metric, label

_GRADES = {
    "robust": "takes more than a plausible bias",
    "sensitive": "a plausible bias would be enough",
    "fragile": "a handful of labels or a slight bias would be enough",
}
_EVIDENCE = {
    "labels": "measured on people’s labels",
    "judge-swap": "from a change of judge; the two may share a bias",
    "assumed": "assumed; nobody checked the judge",
}
_COLUMNS = (
    Column("Metric"),
    Column("Verdict"),
    Column("Robustness"),
    Column("Net bias that is enough", numeric=True),
    Column("Plausible bias", numeric=True),
    Column("Wrong labels", numeric=True),
    Column("In terms of the candidate"),
)


def _points(metric: Metric, value: float) -> str:
    """A share of the metric's bound in the metric's own units."""
    return fmt.size(metric, value * metric.bound)


def _arm(tip: Tipping) -> Inlines:
    if tip.extra_false_positives is not None:
        return (f"false positives {fmt.share(tip.extra_false_positives)} beyond the baseline’s",)
    if tip.extra_misses is not None:
        return (f"sensitivity {fmt.share(tip.extra_misses)} below the baseline’s",)
    return (fmt.NONE,)


def _row(found: MetricVerdict, tip: Tipping) -> tuple[Inlines, ...]:
    metric = found.metric
    by = "scored by a judge" if metric.judged else "scored by rule"
    return (
        label(metric),
        (badge(found),),
        (tip.grade, Small(_GRADES.get(tip.grade, ""))),
        (_points(metric, tip.net_bias), Small(by)),
        (_points(metric, tip.plausible_bias), Small(_EVIDENCE.get(tip.evidence, tip.evidence))),
        (fmt.count(tip.wrong_labels),),
        _arm(tip),
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """What a tipping point is, then one row per claim that has one."""
    del extras
    rows = tuple(_row(found, found.tipping) for found in by_metric(result) if found.tipping)
    if not rows:
        return ()
    intro = (
        "A verdict rests on scores, and scores can be wrong in one model’s favour. The net bias that is enough is how "
        "far scores would have to lean, on average over the prompts, towards one model for the verdict to fall; the "
        "same as a number of wrong labels, net of those that cancel. It is set against the bias that the records call "
        "plausible. Errors that hit both models alike do not count towards it."
    )
    return (Paragraph((intro,)), Table("Tipping points of the claims.", _COLUMNS, rows, stack=True))


SECTION = Section(75, "tipping", "How wrong the scores would have to be", build)
