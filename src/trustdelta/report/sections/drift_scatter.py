"""Drift against worsening by prompt; a description, not a test."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from markupsafe import Markup

from trustdelta.records import AuditResult, Dimension, in_order
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Block, Column, Inlines, Panels, Paragraph, Section, Table
from trustdelta.report.extras import DriftPoint, ReportExtras

MOST_POINTS = 400
"""Points drawn per dimension; of more, every k-th in order of drift is drawn, as the caption states."""

_HEIGHT, _TOP, _BOTTOM = 204, 28.0, 150.0


def _thinned(points: Sequence[DriftPoint]) -> list[DriftPoint]:
    ordered = sorted(points, key=lambda p: (p.nats_per_token, p.worsening))
    step = math.ceil(len(ordered) / MOST_POINTS)
    return ordered[::step]


def _panel(name: str, dimension: Dimension, points: Sequence[DriftPoint], axis: svg.Axis) -> Markup:
    drawn = _thinned(points)
    reach = max((abs(p.worsening) for p in points), default=0.0) or 1.0
    middle = (_TOP + _BOTTOM) / 2

    def height(worsening: float, i: int) -> float:
        spread = (i * 0.6180339887 % 1.0 - 0.5) * 14.0  # equal values lie side by side, not on top of each other
        return middle + worsening / reach * (middle - _TOP) + spread

    shapes = [svg.line((2, 98), (middle, middle), "zero")]
    for i, point in enumerate(drawn):
        at = axis.percent(point.nats_per_token)
        shapes.append(svg.dot(at, height(point.worsening, i), 2.5, "point"))
    shapes += [svg.label(2, 10, "better ↑", "start"), svg.label(2, _BOTTOM + 24, "worse ↓", "start")]
    for tick, anchor in ((axis.low, "start"), (axis.high, "end")):
        shapes.append(svg.label(axis.percent(tick), _BOTTOM + 44, axis.label(tick), anchor))
    shapes.append(svg.label(50, _BOTTOM + 44, "nats per token"))
    description = (
        f"{fmt.count(len(points))} prompts, drift from {axis.label(axis.low)} to {axis.label(axis.high)} nats per token"
    )
    return svg.picture(name, f"{dimension.value.capitalize()}: drift against worsening", description, _HEIGHT, shapes)


def _terciles(dimension: Dimension, points: Sequence[DriftPoint]) -> tuple[Inlines, ...]:
    ordered = sorted(points, key=lambda p: p.nats_per_token)
    cuts = [len(ordered) * i // 3 for i in range(4)]
    cells: list[Inlines] = [(dimension.value.capitalize(),), (fmt.count(len(ordered)),)]
    for start, end in itertools.pairwise(cuts):
        part = ordered[start:end]
        mean = sum(p.worsening for p in part) / len(part) if part else math.nan
        cells.append((fmt.fixed(-100 * mean, sign=True) if part else fmt.NONE,))
    return tuple(cells)


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """One scatter plot per dimension and the mean worsening by tercile of drift."""
    del result
    finite = [p for p in extras.drift_points if math.isfinite(p.nats_per_token) and math.isfinite(p.worsening)]
    if not finite:
        return ()
    groups = {d: [p for p in finite if p.dimension is d] for d in in_order(p.dimension for p in finite)}
    axis = svg.Axis.over([p.nats_per_token for p in finite])
    panels = tuple(
        (f"{d.value.capitalize()} ({fmt.count(len(points))} prompts)", _panel(f"scatter-{d.value}", d, points, axis))
        for d, points in groups.items()
    )
    thinned = any(len(points) > MOST_POINTS for points in groups.values())
    caption = "Each point is one prompt; equal values are jittered."
    if thinned:
        caption += f" At most {MOST_POINTS} points per dimension are drawn, evenly spaced by drift rank."
    columns = (
        Column("Dimension"),
        Column("Prompts", numeric=True),
        *(Column(f"{tercile} tercile", numeric=True) for tercile in ("Lowest", "Middle", "Highest")),
    )
    left_out = len(extras.drift_points) - len(finite)
    intro = (
        "Drift and worsening by prompt. This is a description: both come from the same responses, which alone can "
        f"correlate them. Prompts excluded without a value: {left_out}."
    )
    table = "Mean change in percentage points (positive is better) by tercile of drift."
    rows = tuple(_terciles(d, points) for d, points in groups.items())
    return (Paragraph((intro,)), Panels(caption, panels), Table(table, columns, rows))


SECTION = Section(60, "drift_scatter", "KL and worsening by prompt", build)
