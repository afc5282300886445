"""First screen: the verdict in words, one row per dimension, drift, and what to be careful about."""

from __future__ import annotations

from trustdelta.records import AuditResult, Dimension, DimensionVerdict, MetricVerdict, Scope
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import (
    Badge,
    Beside,
    Block,
    Bullets,
    Code,
    Column,
    Definitions,
    Headline,
    Inlines,
    Panels,
    Picture,
    Section,
    Small,
    Table,
)
from trustdelta.report.extras import ReportExtras
from trustdelta.report.format import headline
from trustdelta.report.plane import Spot, plane
from trustdelta.report.sections._common import (
    better_words,
    change,
    direction,
    driver,
    largest,
    leading_drift,
    span,
    text_name,
)

_HEIGHT, _MIDDLE = 34, 17.0

COLUMNS = (
    Column("Dimension"),
    Column("Verdict"),
    Column("Metric that decided it"),
    Column("Change [interval]", numeric=True),
    Column("← worse, better →", picture=True),
    Column("Pairs used / left out", numeric=True),
)


def _axis(result: AuditResult) -> svg.Axis:
    """One axis for all rows, so that the gain and the regressions are seen at one scale."""
    found = [driver(result, d.dimension) for d in result.dimensions]
    return svg.Axis.over([end for metric in found if metric for end in span(metric) or ()])


def _picture(found: DimensionVerdict, metric: MetricVerdict | None, axis: svg.Axis) -> Inlines:
    zero = axis.percent(0.0)
    shapes = [svg.line((2, 98), (_MIDDLE, _MIDDLE), "track"), svg.line((zero, zero), (2, _HEIGHT - 2), "zero")]
    said = "no estimate"
    if metric and (ends := span(metric)):
        middle, low, high = (axis.percent(end) for end in ends)
        shapes.append(svg.line((low, high), (_MIDDLE, _MIDDLE), f"inner v-{found.verdict.value}"))
        shapes.append(svg.mark(middle, _MIDDLE, metric.verdict))
        said = f"{change(metric)} {fmt.unit(metric.metric)}, {better_words(metric.metric)}"
    name = f"overview-{found.dimension.value}"
    title = f"{found.dimension.value.capitalize()}: change of the deciding metric"
    return (Picture(svg.picture(name, title, said, _HEIGHT, shapes)),)


def _detail(found: DimensionVerdict, metric: MetricVerdict | None) -> str:
    """Severity, and what the claim is about where it does not reach beyond the prompts."""
    about = "on these prompts" if found.scope is Scope.PROMPTS else ""
    return ", ".join(part for part in (metric.severity if metric else "", about) if part)


def _row(result: AuditResult, found: DimensionVerdict, axis: svg.Axis) -> tuple[Inlines, ...]:
    metric = driver(result, found.dimension)
    name: Inlines = (Code(found.driver),) if found.driver else (fmt.NONE,)
    if metric is not None:
        level = ""
        if metric.estimate:
            was, now = (fmt.rate(metric.metric, v) for v in (metric.estimate.baseline, metric.estimate.candidate))
            level = f"{was} → {now}, "
        name = (metric.metric.title or metric.metric.name, Small(f"{level}{better_words(metric.metric)}"))
        worst = largest(result, found.dimension)
        if worst and worst.metric.name != metric.metric.name and worst.estimate and worst.estimate.worsening > 0:
            name += (Small(f"largest regression: {worst.metric.title or worst.metric.name}, {change(worst)}"),)
    return (
        (found.dimension.value.capitalize(),),
        (Badge(found.verdict, _detail(found, metric)),),
        name,
        (change(metric) if metric else fmt.NONE,),
        _picture(found, metric, axis),
        (fmt.pairs_text(metric) if metric else fmt.NONE,),
    )


def _drift(result: AuditResult) -> tuple[tuple[str, Inlines], ...]:
    shown = leading_drift(result)
    if not shown:
        return (("Drift", (f"not comparable: {result.drift_note or 'not measured'}",)),)
    return tuple(
        (
            f"Drift, {text_name(d).removeprefix('the ')}",
            (f"{fmt.nats(d.nats_per_token)} nats per token", Small(direction(d))),
        )
        for d in shown
    )


def _plane(result: AuditResult) -> tuple[Block, ...]:
    """Gain against the largest regression of each dimension; nothing where one of both was not estimated."""
    gained = driver(result, Dimension.CAPABILITY)
    gain = span(gained) if gained else None
    found = [(d, worst) for d in result.dimensions if (worst := largest(result, d.dimension))]
    spots = [
        Spot(d.dimension.value.capitalize(), gain, change, d.verdict)
        for d, worst in found
        if d.dimension is not Dimension.CAPABILITY and gain and (change := span(worst))
    ]
    if not spots:
        return ()
    caption = (
        "Gain in capability (band: its interval) against the largest regression of each dimension, in points. Marks "
        "that share the gain stand side by side. Upper right: reasoning gained and trust kept."
    )
    title = "Reasoning gain against largest regression"
    return (Panels(caption, ((title, plane("overview-plane", title, spots)),)),)


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Headline, models, one row per dimension with capability beside, drift and notes."""
    del extras
    trust = [d for d in result.dimensions if d.dimension is not Dimension.CAPABILITY]
    capability = [d for d in result.dimensions if d.dimension is Dimension.CAPABILITY]
    axis = _axis(result)
    caption = (
        "Verdict per dimension. A change is candidate minus baseline, in points, with its simultaneous interval; "
        "capability stands beside the verdict and is never averaged into it. The pictures share one scale, from "
        f"{axis.label(axis.low)} to {axis.label(axis.high)} points; the upright line is no change."
    )
    table = Table(
        caption,
        COLUMNS,
        tuple(_row(result, d, axis) for d in trust),
        tuple(_row(result, d, axis) for d in capability),
        stack=True,
    )
    drift = Definitions(_drift(result), facts=True)
    pictured = _plane(result)
    below = Beside((pictured, (drift,))) if pictured else drift
    blocks: list[Block] = [Headline(result.overall, headline(result)), table, below]
    if result.notes:
        blocks.append(Bullets(tuple((note,) for note in result.notes)))
    return tuple(blocks)


SECTION = Section(10, "overview", "In one screen", build)
