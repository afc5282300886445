"""Subgroups of prompts (strata, topics, languages) in which the candidate got worse."""

from __future__ import annotations

from markupsafe import Markup

from trustdelta.records import AuditResult, GroupVerdict, Metric, MetricVerdict, Verdict
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Badge, Block, Column, Inlines, Paragraph, Picture, Section, Small, Table
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import by_metric
from trustdelta.report.sections._common import better_words

SHOWN = 12
"""Subgroups listed per metric, the largest worsening first; those that regressed are always listed."""

_HEIGHT = 22
_COLUMNS = (
    Column("Metric"),
    Column("Subgroup"),
    Column("Baseline", numeric=True),
    Column("Candidate", numeric=True),
    Column("Change [95 % CI]", numeric=True),
    Column("← worse, better →", picture=True),
    Column("Prompts", numeric=True),
    Column("Verdict"),
)


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """The meaning of a subgroup verdict, then the subgroups of every metric."""
    del extras
    with_groups = [m for m in by_metric(result) if m.groups]
    if not with_groups:
        return ()
    intro = (
        "Each primary metric is also tested within subgroups of its prompts; the claims are about these prompts only. "
        "All subgroups of the audit share one fifth of its error rate (Holm’s procedure); unscored responses count in "
        "the candidate’s favour. A subgroup without a verdict was not shown to be worse; it may still be worse."
    )
    rows = [row for m in with_groups for row in _rows(m)]
    return (Paragraph((intro,)), Table("Subgroups.", _COLUMNS, tuple(rows), stack=True))


def _rows(metric_verdict: MetricVerdict) -> list[tuple[Inlines, ...]]:
    ordered = sorted(metric_verdict.groups, key=lambda g: (not g.regressed, -g.worsening, g.kind, g.name))
    listed = [g for i, g in enumerate(ordered) if g.regressed or i < SHOWN]
    axis = svg.Axis.over([0.0, *(-v for g in listed for v in (g.low_95, g.high_95))])
    rows = [_row(metric_verdict.metric, g, axis, i) for i, g in enumerate(listed)]
    left = len(ordered) - len(listed)
    if left:
        title = fmt.title(metric_verdict.metric)
        empty: Inlines = (fmt.NONE,)
        rows.append(((title,), (f"{fmt.count(left)} more subgroups, none shown to be worse",), *[empty] * 6))
    return rows


def _row(metric: Metric, group: GroupVerdict, axis: svg.Axis, i: int) -> tuple[Inlines, ...]:
    middle, low, high = (fmt.signed(metric, v) for v in (group.worsening, group.high_95, group.low_95))
    change = f"{middle} [{low}, {high}]"
    verdict: Inlines = (Badge(Verdict.REGRESSED, "on these prompts"),) if group.regressed else (fmt.NONE,)
    return (
        (fmt.title(metric), Small(better_words(metric))),
        (group.name, Small(group.kind)),
        (fmt.rate(metric, group.baseline),),
        (fmt.rate(metric, group.candidate),),
        (change,),
        (Picture(_picture(f"group-{metric.name}-{i}", group, axis, change)),),
        (fmt.count(group.n_pairs),),
        verdict,
    )


def _picture(name: str, group: GroupVerdict, axis: svg.Axis, words: str) -> Markup:
    zero, middle = axis.percent(0.0), _HEIGHT / 2
    ends = (axis.percent(-group.high_95), axis.percent(-group.low_95))
    style = "v-regressed" if group.regressed else "v-secondary"
    shapes = [
        svg.line((zero, zero), (0, _HEIGHT), "zero"),
        svg.line(ends, (middle, middle), f"inner {style}"),
        svg.mark(axis.percent(-group.worsening), middle, Verdict.REGRESSED if group.regressed else None),
    ]
    return svg.picture(name, f"{group.name}: change", words, _HEIGHT, shapes)


SECTION = Section(32, "groups", "Subgroups", build)
