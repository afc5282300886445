"""A picture per dimension: paired differences with interval, zero and margin; better is always to the right."""

from __future__ import annotations

from collections.abc import Sequence

import markupsafe

from trustdelta.records import AuditResult, Dimension, MetricVerdict, Verdict
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Block, Chart, ChartRow, Heading, Paragraph, Section, Small
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sections._common import badge, by_dimension, change, label

_HEIGHT = 40
_MIDDLE = 20.0


def _better(metric_verdict: MetricVerdict, worsening: float) -> float:
    """A worsening as a position: positive is better, in the units that are written."""
    return -fmt.scaled(metric_verdict.metric, worsening)


def _mean_parts(worsening: Sequence[float]) -> tuple[float, float]:
    """Contributions to the mean of the prompts that got worse and of those that got better; both ≥ 0."""
    count = len(worsening)
    return sum(d for d in worsening if d > 0) / count, -sum(d for d in worsening if d < 0) / count


def _limits(group: Sequence[MetricVerdict], extras: ReportExtras) -> list[float]:
    values: list[float] = []
    for found in group:
        if found.estimate:
            values += [_better(found, v) for v in fmt.ordinary(found.estimate, found.scope)]
        if found.verdict is not None:
            values.append(_better(found, found.margin) * 1.2)
        if extras.worsening.get(found.metric.name):
            worse, better = _mean_parts(extras.worsening[found.metric.name])
            values += [_better(found, worse), _better(found, -better)]
    return values


def _guides(found: MetricVerdict, axis: svg.Axis) -> list[markupsafe.Markup]:
    zero = axis.percent(0.0)
    shapes = [svg.line((zero, zero), (0, _HEIGHT), "zero")]
    if found.verdict is not None:
        margin = axis.percent(_better(found, found.margin))
        shapes.append(svg.line((margin, margin), (0, _HEIGHT), "margin"))
    return shapes


def _strip(name: str, found: MetricVerdict, axis: svg.Axis, worsening: Sequence[float]) -> markupsafe.Markup:
    shapes = _guides(found, axis)
    said = f"{change(found)} {fmt.unit(found.metric)}, {fmt.verdict_text(found.verdict).split(' ', 1)[-1]}"
    if worsening:
        worse, better = _mean_parts(worsening)
        zero, band = axis.percent(0.0), (_MIDDLE + 5, _MIDDLE + 12)
        shapes.append(svg.bar((axis.percent(_better(found, worse)), zero), band, "part-worse"))
        shapes.append(svg.bar((zero, axis.percent(_better(found, -better))), band, "part-better"))
    if found.estimate:
        style = f"v-{found.verdict.value if found.verdict else 'secondary'}"
        estimate = found.estimate
        low, high = fmt.ordinary(estimate, found.scope)
        ends = (axis.percent(_better(found, high)), axis.percent(_better(found, low)))
        shapes += [svg.line((x, x), (_MIDDLE - 4, _MIDDLE + 4), f"interval {style}") for x in ends]
        shapes += [svg.line(ends, (_MIDDLE, _MIDDLE), f"inner {style}")]
        shapes.append(svg.mark(axis.percent(_better(found, estimate.worsening)), _MIDDLE, found.verdict))
    title = f"{found.metric.title or found.metric.name}: paired difference"
    return svg.picture(name, title, said if found.estimate else "no estimate", _HEIGHT, shapes)


def _turned(worsening: Sequence[float]) -> str:
    worse, better = sum(d > 0 for d in worsening), sum(d < 0 for d in worsening)
    same = len(worsening) - worse - better
    return f"{fmt.count(worse)} prompts worse, {fmt.count(same)} same, {fmt.count(better)} better"


def _chart(dimension: Dimension, group: Sequence[MetricVerdict], extras: ReportExtras) -> Chart:
    points = all(fmt.in_points(found.metric) for found in group)
    axis = svg.Axis.over(_limits(group, extras))
    rows = []
    for i, found in enumerate(group):
        worsening = extras.worsening.get(found.metric.name, ())
        name = f"difference-{dimension.value}-{i}"
        below = (Small(_turned(worsening)),) if len(worsening) else ()
        rows.append(
            ChartRow(
                label(found.metric) + below,
                _strip(name, found, axis, worsening),
                (change(found), badge(found)),
            )
        )
    caption = f"{dimension.value.capitalize()}: paired differences, turned so that better is to the right."
    words = "difference in points" if points else "difference in the metric’s units"
    return Chart(
        caption,
        tuple(rows),
        svg.axis_picture(f"difference-{dimension.value}-axis", axis, words, ("← worse", f"{words}, better →")),
    )


def _unestimated(found: MetricVerdict) -> Paragraph:
    reason = f": {fmt.reason(found.reason)}" if found.reason else ""
    return Paragraph((f"{found.metric.title or found.metric.name}: no estimate, ", badge(found), f"{reason}."))


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
    """How to read the pictures, then one chart per dimension."""
    groups = by_dimension(result)
    if not groups:
        return ()
    reading = (
        "A mark is the estimate, the line its simultaneous interval, the thicker line the ordinary 95% interval. The "
        "solid vertical line is no change; the dashed one is the margin, the largest worsening still called preserved. "
        f"Marks: {_legend()}, diamond secondary."
    )
    bars = (
        " The pale bars below a mark split the difference into the prompts that got worse (left) and those that got "
        "better (right)."
        if extras.worsening
        else ""
    )
    blocks: list[Block] = [Paragraph((reading + bars,))]
    for dimension, group in groups:
        blocks.append(Heading(dimension.value.capitalize()))
        estimated = [found for found in group if found.estimate]
        if estimated:
            blocks.append(_chart(dimension, estimated, extras))
        blocks += [_unestimated(found) for found in group if not found.estimate]
    return tuple(blocks)


SECTION = Section(30, "differences", "Differences and margins", build)
