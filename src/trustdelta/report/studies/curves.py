"""Dose–response curves of every series and the doses at which verdicts change; up is better, left is milder."""

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
    "Doses are equally spaced. Bands: simultaneous 95 % over the doses of a curve (Bonferroni). “Regressed from” and "
    "“preserved up to” are claims over the whole series by fixed-sequence testing: verdicts are tested in the declared "
    "order, from the harshest or the mildest dose, each at the level of its audit, until the first that fails or is "
    "not finished, so that more doses raise neither error rate. The first single regression is not such a claim: its "
    "error rate grows with the number of doses."
)
COLUMNS = (
    Column("Dimension or metric"),
    Column("Regressed from", numeric=True),
    Column("Preserved up to", numeric=True),
    Column("First single regression", numeric=True),
)


def dose_text(value: float | None) -> str:
    """A dose in its shortest form."""
    return fmt.NONE if value is None else f"{value:g}"


def _points(curve: Curve) -> list[tuple[float, DosePoint]]:
    """Points with a value, and their x positions in pixels."""
    step = (_RIGHT - _LEFT) / max(len(curve.points) - 1, 1)
    return [(_LEFT + step * i, p) for i, p in enumerate(curve.points) if p.worsening is not None]


def picture(name: str, curve: Curve) -> Markup:
    """One curve with its band; the shapes of the marks show the verdicts."""
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
    description = "; ".join(f"{p.dose:g}: {_value(p)}" for _, p in known)
    return svg.scaled_picture(name, f"{_title(curve)} by {curve.series}", description, (_WIDE, _TALL), shapes)


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


def _doses(curves: Sequence[Curve]) -> Table:
    """Every value and verdict, one row per dose."""
    by_dimension = [c for c in curves if not c.metric]
    columns = (Column("Dose"), *(Column(_title(c)) for c in by_dimension))
    rows: list[tuple[Inlines, ...]] = []
    for at in zip(*(c.points for c in by_dimension), strict=True):
        cells: list[Inlines] = [(Badge(p.verdict), Small(_value(p))) for p in at]
        rows.append(((f"{at[0].dose:g}", Small(at[0].pair)), *cells))
    return Table("Change in percent of the metrics’ ranges with its band; positive is better.", columns, tuple(rows))


def series_blocks(name: str, curves: Sequence[Curve]) -> list[Block]:
    """One series: change points, curves by dimension and by metric, and values."""
    changes = Table(f"Doses in {curves[0].unit or 'the unit of the series'}.", COLUMNS, tuple(_row(c) for c in curves))
    by_dimension = [c for c in curves if not c.metric]
    parts = [c for c in curves if c.metric and sum(o.dimension is c.dimension for o in curves) > LEAST_METRICS]
    blocks: list[Block] = [changes]
    for caption, shown in (("By dimension.", by_dimension), ("By metric.", parts)):
        if shown:
            panels = tuple(
                (_title(c), picture(f"{name}-{'m' if c.metric else 'd'}{i}", c)) for i, c in enumerate(shown)
            )
            blocks.append(Panels(caption, panels))
    return [*blocks, _doses(curves)]


LEAST_METRICS = 2
"""Metric curves are drawn for dimensions with more curves than this, since one metric equals its dimension."""


def build(result: StudyResult) -> tuple[Block, ...]:
    """All series; no block without one."""
    if not result.curves:
        return ()
    blocks: list[Block] = [Paragraph((HOW,))]
    for i, ((series, family), group) in enumerate(groupby(result.curves, key=lambda c: (c.series, c.family))):
        blocks += [Heading(f"{series}, from {family}"), *series_blocks(f"curve-{i}", list(group))]
    return tuple(blocks)
