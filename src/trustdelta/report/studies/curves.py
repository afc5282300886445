"""Dose curves of every series, and where verdicts turn; better is up, milder is left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from markupsafe import Markup

from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Badge, Block, Column, Heading, Inlines, Panels, Paragraph, Small, Table
from trustdelta.report.studies.records import Curve, DosePoint, StudyResult

_WIDE, _TALL, _TOP, _BOTTOM = 320.0, 210.0, 20.0, 160.0
_LEFT, _RIGHT = 18.0, 302.0
MOST_LABELS = 6

HOW = (
    "Doses stand at equal distances. Bands: 95 % for all doses of a curve together (Bonferroni). “Regressed from” and "
    "“kept up to” are claims over the whole series: verdicts are tested in the declared order, from the harshest or "
    "from the mildest dose, each at its audit’s own level, ending at the first that fails or is not "
    "finished (fixed sequence), so that more doses raise neither error rate. A first single regression is no such "
    "claim: its error rate grows with the doses."
)
COLUMNS = (
    Column("Dimension or metric"),
    Column("Regressed from", numeric=True),
    Column("Kept up to", numeric=True),
    Column("First single regression", numeric=True),
)


def dose_text(value: float | None) -> str:
    """A dose in as few digits as it needs."""
    return fmt.NONE if value is None else f"{value:g}"


def _points(curve: Curve) -> list[tuple[float, DosePoint]]:
    """Points with a value, and where each stands across, in pixels."""
    step = (_RIGHT - _LEFT) / max(len(curve.points) - 1, 1)
    return [(_LEFT + step * i, p) for i, p in enumerate(curve.points) if p.worsening is not None]


def picture(name: str, curve: Curve) -> Markup:
    """One curve with its band; the marks' shapes say the verdicts."""
    known = _points(curve)
    heights = svg.Axis.over([-100 * v for _, p in known for v in (p.low, p.high, p.worsening) if v is not None])

    def y(worsening: float | None) -> float:
        share = (-100 * (worsening or 0.0) - heights.low) / (heights.high - heights.low)
        return _BOTTOM - (_BOTTOM - _TOP) * share

    band = [(x, y(p.low)) for x, p in known] + [(x, y(p.high)) for x, p in reversed(known)]
    shapes = [svg.polygon(band, "band"), svg.line((2, 98), (y(0.0), y(0.0)), "zero")]
    across = [(100 * x / _WIDE, y(p.worsening), p) for x, p in known]
    shapes += [svg.line((a[0], b[0]), (a[1], b[1]), "track") for a, b in pairwise(across)]
    shapes += [svg.mark(x, at, p.verdict) for x, at, p in across]
    shapes += _labels(curve, heights)
    said = "; ".join(f"{p.dose:g}: {_value(p)}" for _, p in known)
    return svg.scaled_picture(name, f"{_title(curve)} by {curve.series}", said, (_WIDE, _TALL), shapes)


def _labels(curve: Curve, heights: svg.Axis) -> list[Markup]:
    """The ends of the vertical axis, the doses, and their unit."""
    step = (_RIGHT - _LEFT) / max(len(curve.points) - 1, 1)
    every = -(-len(curve.points) // MOST_LABELS)
    doses = [(100 * (_LEFT + step * i) / _WIDE, p.dose) for i, p in enumerate(curve.points) if i % every == 0]
    return [
        svg.label(2, _TOP - 8, f"better ↑ {heights.label(heights.high)} %", "start"),
        svg.label(2, _BOTTOM + 14, f"worse ↓ {heights.label(heights.low)} %", "start"),
        *(svg.label(x, _BOTTOM + 31, f"{dose:g}") for x, dose in doses),
        svg.label(50, _BOTTOM + 47, curve.unit or curve.series),
    ]


def _value(p: DosePoint) -> str:
    if p.worsening is None or p.low is None or p.high is None:
        return fmt.NONE
    middle, low, high = (fmt.fixed(-100 * v, sign=True) for v in (p.worsening, p.high, p.low))
    return f"{middle} [{low}, {high}]"


def _title(curve: Curve) -> str:
    return curve.metric or curve.dimension.value.capitalize()


def _row(curve: Curve) -> tuple[Inlines, ...]:
    return (
        (_title(curve),),
        (dose_text(curve.regressed_from),),
        (dose_text(curve.kept_to),),
        (dose_text(curve.first_regressed),),
    )


def _doses(found: Sequence[Curve]) -> Table:
    """Every value and verdict, one row for each dose."""
    own = [c for c in found if not c.metric]
    columns = (Column("Dose"), *(Column(_title(c)) for c in own))
    rows: list[tuple[Inlines, ...]] = []
    for at in zip(*(c.points for c in own), strict=True):
        cells: list[Inlines] = [(Badge(p.verdict), Small(_value(p))) for p in at]
        rows.append(((f"{at[0].dose:g}", Small(at[0].pair)), *cells))
    return Table("Change in percent of the metrics’ ranges with its band; positive is better.", columns, tuple(rows))


def series_blocks(name: str, found: Sequence[Curve]) -> list[Block]:
    """One series: its turns, curves by dimension and by metric, and its numbers."""
    turns = Table(f"Doses in {found[0].unit or 'the unit of the series'}.", COLUMNS, tuple(_row(c) for c in found))
    own = [c for c in found if not c.metric]
    parts = [c for c in found if c.metric and sum(o.dimension is c.dimension for o in found) > LEAST_METRICS]
    blocks: list[Block] = [turns]
    for caption, shown in (("By dimension.", own), ("By metric.", parts)):
        if shown:
            panels = tuple(
                (_title(c), picture(f"{name}-{'m' if c.metric else 'd'}{i}", c)) for i, c in enumerate(shown)
            )
            blocks.append(Panels(caption, panels))
    return [*blocks, _doses(found)]


LEAST_METRICS = 2
"""Curves of a dimension, its own counted, above which its metrics are drawn too: one metric is the dimension."""


def build(result: StudyResult) -> tuple[Block, ...]:
    """All series; nothing where there is none."""
    if not result.curves:
        return ()
    blocks: list[Block] = [Paragraph((HOW,))]
    for i, ((series, family), found) in enumerate(groupby(result.curves, key=lambda c: (c.series, c.family))):
        blocks += [Heading(f"{series}, from {family}"), *series_blocks(f"curve-{i}", list(found))]
    return tuple(blocks)
