"""Forest plots by dimension, gain vs. regression, drift vs. regression; right or up is better."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from markupsafe import Markup

from trustdelta.records import Dimension, in_order
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Badge, Block, Chart, ChartRow, Heading, Panels, Paragraph, Small
from trustdelta.report.plane import Span, Spot, plane
from trustdelta.report.studies.records import PairRow, Point, StudyResult

_HEIGHT, _MIDDLE = 26, 13.0
MOST_ROWS = 60
"""Most pairs in a forest plot; of more, the best and the worst are drawn, as the caption states."""


def _strip(name: str, row: PairRow, at: Point, axis: svg.Axis) -> Markup:
    zero = axis.percent(0.0)
    shapes = [svg.line((zero, zero), (0, _HEIGHT), "zero")]
    description = "no estimate"
    if at.worsening is not None and at.low is not None and at.high is not None:
        ends = (axis.percent(-100 * at.high), axis.percent(-100 * at.low))
        style = f"v-{at.verdict.value}"
        shapes.append(svg.line(ends, (_MIDDLE, _MIDDLE), f"interval {style}"))
        shapes.append(svg.mark(axis.percent(-100 * at.worsening), _MIDDLE, at.verdict))
        description = _value(at)
    return svg.picture(name, f"{row.name}: change", description, _HEIGHT, shapes)


def _value(at: Point) -> str:
    if at.worsening is None or at.low is None or at.high is None:
        return fmt.NONE
    middle, low, high = (fmt.fixed(-100 * v, sign=True) for v in (at.worsening, at.high, at.low))
    return f"{middle} [{low}, {high}]"


def forests(result: StudyResult, tag: str = "") -> tuple[Block, ...]:
    """One forest plot per dimension on one scale, pairs by lineage and method; `tag` makes names unique."""
    blocks: list[Block] = []
    known = [p for r in result.pairs for p in r.points.values() if p.worsening is not None]
    axis = svg.Axis.over([-100 * v for p in known for v in (p.low, p.high) if v is not None])
    for dimension in in_order(d for r in result.pairs for d in r.points):
        rows = [(r, r.points[dimension]) for r in result.pairs if dimension in r.points]
        rows = sorted((x for x in rows if x[1].worsening is not None), key=lambda x: (x[0].lineage, x[0].method))
        if not rows:
            continue
        shown = rows
        if len(rows) > MOST_ROWS:
            ranked = sorted(rows, key=lambda x: x[1].worsening or 0.0)
            shown = [*ranked[: MOST_ROWS // 2], *ranked[-MOST_ROWS // 2 :]]
        name = f"forest{tag}-{dimension.value}"
        lines = tuple(
            ChartRow(
                (r.name, Small(r.kind)),
                _strip(f"{name}-{i}", r, p, axis),
                (_value(p), Badge(p.verdict)),
            )
            for i, (r, p) in enumerate(shown)
        )
        part = "" if len(shown) == len(rows) else f" {len(shown)} of {len(rows)} pairs: the best and the worst."
        caption = f"{dimension.value.capitalize()}: {', '.join(result.metrics.get(dimension, ()))}.{part}"
        legend = svg.axis_picture(f"{name}-axis", axis, "percent of the range", ("← worse", "better →"))
        blocks += [Heading(dimension.value.capitalize()), Chart(caption, lines, legend)]
    reading = (
        "Mean change over the metrics that all pairs have in common, in percent of their ranges, with its ordinary "
        "95 % interval. All plots have one scale and one zero; right is better."
    )
    return (Paragraph((reading,)), *blocks) if blocks else ()


def _panels(
    result: StudyResult, name: str, words: str, x_of: Callable[[PairRow], Span | None]
) -> tuple[tuple[str, Markup], ...]:
    panels = []
    lineages = sorted({r.lineage for r in result.pairs})
    trust = in_order(d for r in result.pairs for d in r.points if d.trust)
    for dimension, (i, lineage) in itertools.product(trust, enumerate(lineages)):
        rows = [(r, x_of(r), r.points.get(dimension)) for r in result.pairs if r.lineage == lineage]
        known = [(r, x, p, y) for r, x, p in rows if x and p and (y := _span(p))]
        if known:
            kind = f", {lineage}" if len(lineages) > 1 else ""
            title = f"{dimension.value.capitalize()}{kind} ({len(known)} pairs)"
            spots = [Spot(r.name, x, y, p.verdict) for r, x, p, y in known]
            panels.append((title, plane(f"{name}-{dimension.value}{f'-{i}' if i else ''}", title, spots, words)))
    return tuple(panels)


def _span(at: Point | None) -> Span | None:
    if at is None or at.worsening is None or at.low is None or at.high is None:
        return None
    return Span(-100 * at.worsening, -100 * at.high, -100 * at.low)


def _drift(row: PairRow) -> Span | None:
    return None if row.drift is None else Span(row.drift, row.drift, row.drift)


def planes(result: StudyResult, tag: str = "") -> tuple[Block, ...]:
    """Capability gain against the change in each dimension, one plot per lineage."""
    panels = _panels(result, f"plane{tag}", "gain in capability", lambda r: _span(r.points.get(Dimension.CAPABILITY)))
    caption = (
        "Each mark is one pair, with ordinary 95 % intervals on both axes in percent of the range; right is more gain, "
        "up is better. Shape and colour show the verdict."
    )
    return (Panels(caption, panels),) if panels else ()


def drifts(result: StudyResult) -> tuple[Block, ...]:
    """Drift against the change in each dimension by lineage, with the rank correlation within lineages."""
    panels = _panels(result, "drift", "drift, nats per token", _drift)
    if not panels:
        return ()
    correlations = [
        f"{d.value} {fmt.fixed(rho, 2, sign=True)}" for d, rho in result.correlations.items() if rho is not None
    ]
    words = f"Rank correlation of drift with worsening, pairs ranked within their lineage: {', '.join(correlations)}. "
    words = words if correlations else ""
    tested = [
        f"{d.value} {fmt.fixed(t.rho, 2, sign=True)} over {t.families} families (p {fmt.p_value(t.p_holm)})"
        for d, t in result.correlation_tests.items()
    ]
    words += f"Tested over families by permutation, Holm over the dimensions: {', '.join(tested)}. " if tested else ""
    return (
        Paragraph(
            (f"{words}No causal conclusion is possible: pairs are few, and method, data and scale vary with drift.",)
        ),
        Panels("Each mark is one pair; right is more drift, up is better.", panels),
    )
