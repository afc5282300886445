"""The trade-off page: gain and regression along the interpolation from baseline to candidate weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

from trustdelta.records import Dimension, Verdict, in_order
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Badge, Block, Bullets, Column, Inlines, Panels, Paragraph, Small, Table
from trustdelta.report.html import Frame, page
from trustdelta.report.studies.records import PairRow, Point

_TALL, _TOP, _BOTTOM = 210, 18.0, 160.0
_APART = 12.0, 13.0
"""Least distance of two labels in percent of the width and in pixels."""

LIMITS = (
    "Every point is audited against the deployed baseline, at the level of one audit. Certified: the guarded "
    "dimensions are tested from the smallest share up to the first failure (fixed-sequence testing), so that the claim "
    "holds over all points; the verdict of a single point beyond it does not.",
    "The share of the gain that is preserved is an estimate. Its lower bound (by betting, on the prompts that both "
    "models answered) holds on every capability metric, for all points together at the level of one audit.",
    "At share 0 the weights are the baseline's and everything else (template, thinking switch) is the candidate's. It "
    "shows the effect of the format alone and is never recommended.",
    "Interpolation says nothing about weights between two audited points.",
)


@dataclass(frozen=True, slots=True)
class Mix:
    """One audited point."""

    share: float
    """Share of the candidate's weights."""
    row: PairRow
    kept: float | None
    """Its gain as a share of the candidate's; None where the candidate has no gain."""
    kept_low: float | None = None
    """Lower bound of that share on every capability metric; None without one."""
    certified: tuple[str, ...] = ()
    """The guarded dimensions if all hold at this share and at all smaller ones."""

    @property
    def points(self) -> Mapping[Dimension, Point]:
        """Its verdict and value by dimension."""
        return self.row.points


@dataclass(frozen=True, slots=True)
class TradeOff:
    """A finished interpolation."""

    baseline: str
    candidate: str
    keep: float
    """Least share of the gain that a recommended mix preserves."""
    guard: tuple[str, ...]
    """Dimensions that a certified mix must hold; empty for all."""
    alpha: float
    mixes: tuple[Mix, ...]
    recommended: float | None
    """The recommended share; None where no mix qualifies."""
    reason: str
    """Why it is recommended, or why none is."""


def as_json(result: TradeOff) -> str:
    """The result as JSON, keys sorted."""
    return json.dumps(asdict(result), sort_keys=True, indent=1, allow_nan=False) + "\n"


def dimensions(result: TradeOff) -> list[Dimension]:
    """The trust dimensions that were audited, in their order."""
    return in_order(d for m in result.mixes for d in m.points if d.trust)


def kept_of(mix: Mix) -> str:
    """The share of the gain that a mix preserves, as text."""
    return fmt.NONE if mix.kept is None else f"{100 * mix.kept:.0f} %"


def kept_low_of(mix: Mix) -> str:
    """The lower bound of that share, as text."""
    return fmt.NONE if mix.kept_low is None else f"{100 * mix.kept_low:.0f} %"


def _row(mix: Mix, result: TradeOff) -> tuple[Inlines, ...]:
    states = {"recommended": mix.share == result.recommended, "certified": bool(mix.certified)}
    marks = [word for word, on in states.items() if on]
    name: Inlines = (f"{mix.share:.2f}", *([Small(", ".join(marks))] if marks else []))
    at = mix.points.get(Dimension.CAPABILITY)
    gain: Inlines = (fmt.NONE,) if mix.row.gain is None else (fmt.fixed(100 * mix.row.gain, sign=True),)
    if at is not None and at.low is not None and at.high is not None:
        ends = (fmt.fixed(-100 * v, sign=True) for v in (at.high, at.low))
        gain = (*gain, Small(f"[{', '.join(ends)}]"))
    preserved: Inlines = (kept_of(mix),) if mix.kept_low is None else (kept_of(mix), Small(f"≥ {kept_low_of(mix)}"))
    return (name, gain, preserved, *(_cell(mix.points.get(d)) for d in dimensions(result)))


def _cell(at: Point | None) -> Inlines:
    if at is None:
        return (fmt.NONE,)
    return (Badge(at.verdict, "" if at.worsening is None else fmt.fixed(-100 * at.worsening, sign=True)),)


def _panels(result: TradeOff) -> tuple[Block, ...]:
    panels = []
    for dimension in dimensions(result):
        known = [s for m in result.mixes if (s := _spot(m, dimension)) is not None]
        if known:
            panels.append((dimension.value.capitalize(), _path(dimension, known)))
    caption = (
        "The path from the baseline's to the candidate's weights, with the share as label where there is room; right "
        "is more gain, up is better."
    )
    return (Panels(caption, tuple(panels)),) if panels else ()


class _Spot(NamedTuple):
    """A mix in one plot: gain and change in percent of the range; positive is better."""

    share: float
    gain: float
    change: float
    verdict: Verdict


def _spot(mix: Mix, dimension: Dimension) -> _Spot | None:
    """The position of a mix; None without a value in the dimension or in capability."""
    at, gain = mix.points.get(dimension), mix.row.gain
    if at is None or at.worsening is None or gain is None:
        return None
    return _Spot(mix.share, 100 * gain, -100 * at.worsening, at.verdict)


def _path(dimension: Dimension, spots: Sequence[_Spot]) -> Markup:
    """Change against gain, with a line between consecutive mixes."""
    across, heights = svg.Axis.over([s.gain for s in spots]), svg.Axis.over([s.change for s in spots])

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (value - heights.low) / (heights.high - heights.low)

    places = [(across.percent(s.gain), y(s.change)) for s in spots]
    shapes = [svg.line((2, 98), (y(0.0), y(0.0)), "zero")]
    shapes += [svg.line((a[0], b[0]), (a[1], b[1]), "track") for a, b in pairwise(places)]
    shapes += [svg.mark(*at, s.verdict) for at, s in zip(places, spots, strict=True)]
    shapes += _shares(places, [s.share for s in spots])
    shapes += [
        svg.label(2, _TOP - 8, f"better ↑ {heights.label(heights.high)}", "start"),
        svg.label(2, _BOTTOM + 14, f"worse ↓ {heights.label(heights.low)}", "start"),
        svg.label(across.percent(across.low), _BOTTOM + 34, across.label(across.low), "start"),
        svg.label(across.percent(across.high), _BOTTOM + 34, across.label(across.high), "end"),
        svg.label(50, _BOTTOM + 34, "gain in capability, percent of the range"),
    ]
    description = "; ".join(f"share {s.share:g}: gain {s.gain:.1f}, change {s.change:.1f}" for s in spots)
    return svg.picture(f"path-{dimension.value}", f"Gain against {dimension.value}", description, _TALL, shapes)


def _shares(places: Sequence[tuple[float, float]], shares: Sequence[float]) -> list[Markup]:
    """The shares beside their marks, omitted where labels would overlap."""
    shapes: list[Markup] = []
    written: list[tuple[float, float]] = []
    for (x, y), share in zip(places, shares, strict=True):
        if all(abs(x - a) > _APART[0] or abs(y - b) > _APART[1] for a, b in written):
            left = x > 80
            shapes.append(svg.label(x + (-3.5 if left else 3.5), y + 4, f"{share:g}", "end" if left else "start"))
            written.append((x, y))
    return shapes


def render(result: TradeOff) -> str:
    """The page's text. Equal results give equal bytes."""
    columns = (
        Column("Share of the candidate"),
        Column("Gain [95 %]", numeric=True),
        Column("Gain preserved", numeric=True),
        *(Column(d.value.capitalize()) for d in dimensions(result)),
    )
    rows = tuple(_row(m, result) for m in result.mixes)
    table = Table("Change against the baseline, percent of the range; positive is better.", columns, rows, stack=True)
    frame = Frame(
        f"{result.baseline} → {result.candidate}: trade-off (trustdelta)",
        "Weights between baseline and candidate",
        (result.baseline, result.candidate),
        "the records of a study.",
    )
    sections: list[tuple[str, str, tuple[Block, ...]]] = [
        ("answer", "Summary", (Paragraph((result.reason,)), table)),
        ("path", "Gain vs. each dimension", _panels(result)),
        ("limits", "Limitations", (Bullets(tuple((x,) for x in LIMITS)),)),
    ]
    return page(frame, [(name, title, blocks) for name, title, blocks in sections if blocks])
