"""The summary: the first screen, one row per dimension, drift and notes."""

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
from trustdelta.report.next_step import next_step
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
from trustdelta.report.sections._first_screen import axis_of, examples, facts, figures, strip

_HEIGHT = 34

COLUMNS = (
    Column("Dimension"),
    Column("Verdict"),
    Column("Deciding metric"),
    Column("Change [95 % CI]", numeric=True),
    Column("← worse, better →", picture=True),
    Column("Prompts scored / excluded", numeric=True),
)


def _picture(metric: MetricVerdict | None, axis: svg.Axis) -> Inlines:
    return (Picture(strip(f"overview-{metric.metric.dimension.value}", metric, axis, _HEIGHT)),) if metric else ()


def _detail(dimension_verdict: DimensionVerdict, metric: MetricVerdict | None) -> str:
    """Severity, and the scope of the claim where it is limited to these prompts."""
    scope = "on these prompts" if dimension_verdict.scope is Scope.PROMPTS else ""
    return ", ".join(part for part in (fmt.reason(metric.severity) if metric else "", scope) if part)


def _row(result: AuditResult, dimension_verdict: DimensionVerdict, axis: svg.Axis) -> tuple[Inlines, ...]:
    metric = driver(result, dimension_verdict.dimension)
    name: Inlines = (Code(dimension_verdict.driver),) if dimension_verdict.driver else (fmt.NONE,)
    if metric is not None:
        level = ""
        if metric.estimate:
            was, now = (fmt.rate(metric.metric, v) for v in (metric.estimate.baseline, metric.estimate.candidate))
            level = f"{was} → {now}, "
        name = (fmt.title(metric.metric), Small(f"{level}{better_words(metric.metric)}"))
        worst = largest(result, dimension_verdict.dimension)
        if worst and worst.metric.name != metric.metric.name and worst.estimate and worst.estimate.worsening > 0:
            name += (Small(f"largest regression: {fmt.title(worst.metric)}, {change(worst)}"),)
    return (
        (dimension_verdict.dimension.value.capitalize(),),
        (Badge(dimension_verdict.verdict, _detail(dimension_verdict, metric)),),
        name,
        (change(metric) if metric else fmt.NONE,),
        _picture(metric, axis),
        (fmt.prompts_text(metric) if metric else fmt.NONE,),
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
    """Capability gain against the largest regression of each dimension; no block without both estimates."""
    gained = driver(result, Dimension.CAPABILITY)
    gain = span(gained) if gained else None
    regressions = [(d, worst) for d in result.dimensions if (worst := largest(result, d.dimension))]
    spots = [
        Spot(d.dimension.value.capitalize(), gain, change, d.verdict)
        for d, worst in regressions
        if d.dimension.trust and gain and (change := span(worst))
    ]
    if not spots:
        return ()
    caption = (
        "Capability gain (band: 95 % CI) against the largest regression of each dimension, in percentage points. Marks "
        "with equal gain stand side by side. Upper right: capability gained and trust preserved."
    )
    title = "Capability gain vs. largest regression"
    return (Panels(caption, ((title, plane("overview-plane", title, spots)),)),)


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """The first screen, one row per dimension (extended ones and capability in a group apart), drift and notes."""
    trust = [d for d in result.dimensions if d.dimension.trust]
    apart = [d for d in result.dimensions if not d.dimension.trust]
    axis = axis_of(result)
    extended = any(d.dimension.extended for d in apart)
    separate, enters = ("Extended dimensions and capability are", "enter") if extended else ("Capability is", "enters")
    caption = (
        "Verdict by dimension. A change is in percentage points with its ordinary 95 % CI; "
        "positive is better. "
        f"{separate} shown separately and never {enters} the verdict. The plots share one scale, from "
        f"{axis.label(axis.low)} to {axis.label(axis.high)} pp; the vertical line is no change."
    )
    table = Table(
        caption,
        COLUMNS,
        tuple(_row(result, d, axis) for d in trust),
        tuple(_row(result, d, axis) for d in apart),
        stack=True,
    )
    drift = Definitions(_drift(result), facts=True)
    plot = _plane(result)
    below = Beside((plot, (drift,))) if plot else drift
    blocks: list[Block] = [
        Headline(result.overall, headline(result), next_step(result)),
        *figures(result),
        facts(result, extras),
        *examples(result, extras),
        table,
        below,
    ]
    if result.notes:
        blocks.append(Bullets(tuple((note,) for note in result.notes)))
    return tuple(blocks)


SECTION = Section(10, "overview", "Summary", build)
