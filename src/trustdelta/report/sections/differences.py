"""One forest plot per dimension: changes with interval, zero and margin; right and positive are better."""

from __future__ import annotations

from collections.abc import Sequence

import markupsafe

from trustdelta.records import AuditResult, Dimension, MetricVerdict, Verdict
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Block, Chart, ChartRow, Heading, Paragraph, Section, Small
from trustdelta.report.extras import ReportExtras
from trustdelta.report.rows import by_dimension
from trustdelta.report.sections._common import badge, change, label

_HEIGHT = 40
_MIDDLE = 20.0


def _better(metric_verdict: MetricVerdict, worsening: float) -> float:
    """A worsening as a plot position: positive is better, in the displayed unit."""
    return -fmt.scaled(metric_verdict.metric, worsening)


def _mean_parts(worsening: Sequence[float]) -> tuple[float, float]:
    """Contributions to the mean of the prompts that worsened and of those that improved; both ≥ 0."""
    count = len(worsening)
    return sum(d for d in worsening if d > 0) / count, -sum(d for d in worsening if d < 0) / count


def _limits(group: Sequence[MetricVerdict], extras: ReportExtras) -> list[float]:
    values: list[float] = []
    for metric_verdict in group:
        if metric_verdict.estimate:
            values += [_better(metric_verdict, v) for v in metric_verdict.estimate.ordinary(metric_verdict.scope)]
        if metric_verdict.verdict is not None:
            values.append(_better(metric_verdict, metric_verdict.margin) * 1.2)
        if extras.worsening.get(metric_verdict.metric.name):
            worse, better = _mean_parts(extras.worsening[metric_verdict.metric.name])
            values += [_better(metric_verdict, worse), _better(metric_verdict, -better)]
    return values


def _guides(metric_verdict: MetricVerdict, axis: svg.Axis) -> list[markupsafe.Markup]:
    zero = axis.percent(0.0)
    shapes = [svg.line((zero, zero), (0, _HEIGHT), "zero")]
    if metric_verdict.verdict is not None:
        margin = axis.percent(_better(metric_verdict, metric_verdict.margin))
        shapes.append(svg.line((margin, margin), (0, _HEIGHT), "margin"))
    return shapes


def _strip(name: str, metric_verdict: MetricVerdict, axis: svg.Axis, worsening: Sequence[float]) -> markupsafe.Markup:
    shapes = _guides(metric_verdict, axis)
    verdict = fmt.verdict_text(metric_verdict.verdict).split(" ", 1)[-1]
    description = f"{change(metric_verdict)} {fmt.unit(metric_verdict.metric)}, {verdict}"
    if worsening:
        worse, better = _mean_parts(worsening)
        zero, band = axis.percent(0.0), (_MIDDLE + 5, _MIDDLE + 12)
        shapes.append(svg.bar((axis.percent(_better(metric_verdict, worse)), zero), band, "part-worse"))
        shapes.append(svg.bar((zero, axis.percent(_better(metric_verdict, -better))), band, "part-better"))
    if metric_verdict.estimate:
        style = f"v-{metric_verdict.verdict.value if metric_verdict.verdict else 'secondary'}"
        estimate = metric_verdict.estimate
        low, high = estimate.ordinary(metric_verdict.scope)
        ends = (axis.percent(_better(metric_verdict, high)), axis.percent(_better(metric_verdict, low)))
        shapes += [svg.line((x, x), (_MIDDLE - 4, _MIDDLE + 4), f"interval {style}") for x in ends]
        shapes += [svg.line(ends, (_MIDDLE, _MIDDLE), f"inner {style}")]
        shapes.append(
            svg.mark(axis.percent(_better(metric_verdict, estimate.worsening)), _MIDDLE, metric_verdict.verdict)
        )
    title = f"{fmt.title(metric_verdict.metric)}: paired difference"
    return svg.picture(name, title, description if metric_verdict.estimate else "no estimate", _HEIGHT, shapes)


def _directions(worsening: Sequence[float]) -> str:
    worse, better = sum(d > 0 for d in worsening), sum(d < 0 for d in worsening)
    same = len(worsening) - worse - better
    return f"{fmt.count(worse)} prompts worse, {fmt.count(same)} equal, {fmt.count(better)} better"


def _chart(dimension: Dimension, group: Sequence[MetricVerdict], extras: ReportExtras) -> Chart:
    points = all(fmt.in_points(m.metric) for m in group)
    axis = svg.Axis.over(_limits(group, extras))
    rows = []
    for i, metric_verdict in enumerate(group):
        worsening = extras.worsening.get(metric_verdict.metric.name, ())
        name = f"difference-{dimension.value}-{i}"
        below = (Small(_directions(worsening)),) if len(worsening) else ()
        rows.append(
            ChartRow(
                label(metric_verdict.metric) + below,
                _strip(name, metric_verdict, axis, worsening),
                (change(metric_verdict), badge(metric_verdict)),
            )
        )
    caption = f"{dimension.value.capitalize()}: changes; right is better."
    words = "change in percentage points" if points else "change in the metric’s units"
    return Chart(
        caption,
        tuple(rows),
        svg.axis_picture(f"difference-{dimension.value}-axis", axis, words, ("← worse", f"{words}, better →")),
    )


def _unestimated(metric_verdict: MetricVerdict) -> Paragraph:
    reason = f": {fmt.reason(metric_verdict.reason)}" if metric_verdict.reason else ""
    return Paragraph((f"{fmt.title(metric_verdict.metric)}: no estimate, ", badge(metric_verdict), f"{reason}."))


def _legend() -> str:
    shapes = {
        Verdict.REGRESSED: "triangle down",
        Verdict.PRESERVED: "disc",
        Verdict.IMPROVED: "triangle up",
        Verdict.INCONCLUSIVE: "square",
        Verdict.NOT_MEASURABLE: "cross",
    }
    return ", ".join(f"{shape} {fmt.WORDS[verdict]}" for verdict, shape in shapes.items())


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """How to read the plots, then one plot per dimension."""
    groups = by_dimension(result)
    if not groups:
        return ()
    reading = (
        "A mark is the estimate, the line its ordinary 95 % interval. The solid vertical line is no change; the dashed "
        f"one is the non-inferiority margin. Marks: {_legend()}, diamond secondary."
    )
    bars = (
        " The pale bars below a mark split the difference into the prompts that worsened (left) and those that "
        "improved (right)."
        if extras.worsening
        else ""
    )
    blocks: list[Block] = [Paragraph((reading + bars,))]
    for dimension, group in groups:
        blocks.append(Heading(dimension.value.capitalize()))
        estimated = [m for m in group if m.estimate]
        if estimated:
            blocks.append(_chart(dimension, estimated, extras))
        blocks += [_unestimated(m) for m in group if not m.estimate]
    return tuple(blocks)


SECTION = Section(30, "differences", "Differences and margins", build)
