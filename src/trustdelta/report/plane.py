"""The scatter plot of capability gain (x) against trust change (y), both with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from trustdelta.records import Verdict
from trustdelta.report import format as fmt
from trustdelta.report import svg

_HEIGHT, _TOP, _BOTTOM = 276, 26.0, 222.0
_APART = 15.0
"""Least distance of two labels in pixels."""
_DODGE = 2.4
"""Distance of marks with equal gain, in percent of the width."""
MOST_LABELS = 12


class Span(NamedTuple):
    """An estimate with its interval, in percent of the metrics' ranges; positive is better."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spot:
    """One mark."""

    name: str
    """Its label."""
    across: Span
    """Its x value, the gain."""
    change: Span
    """Its y value, the change in trust."""
    verdict: Verdict
    """Its verdict, shown by shape and colour."""

    @property
    def description(self) -> str:
        """The mark in words, for screen readers."""
        low, high = (fmt.fixed(v, sign=True) for v in (self.change.low, self.change.high))
        return f"{self.name}: {fmt.fixed(self.change.middle, sign=True)} [{low}, {high}]"


def plane(name: str, title: str, spots: Sequence[Spot], words: str = "gain in capability") -> Markup:
    """The picture; marks with equal x stand side by side, and the interval of x is then a band."""
    across = svg.Axis.over([v for s in spots for v in s.across])
    upward = svg.Axis.over([v for s in spots for v in s.change])
    shared = len({s.across for s in spots}) == 1
    placed = sorted(spots, key=lambda s: (-s.change.middle, s.name))
    shift = [_DODGE * (i - (len(placed) - 1) / 2) if shared else 0.0 for i in range(len(placed))]
    at = [across.percent(s.across.middle) + d for s, d in zip(placed, shift, strict=True)]
    shapes = _frame(across, upward, words)
    if shared:
        ends = (across.percent(placed[0].across.low), across.percent(placed[0].across.high))
        shapes.insert(0, svg.bar(ends, (_TOP, _BOTTOM), "best"))
    for x, spot in zip(at, placed, strict=True):
        shapes += _mark(x, spot, across, upward, alone=not shared)
    if len(placed) <= MOST_LABELS:
        shapes += _labels(at, placed, upward)
    middle, low, high = (fmt.fixed(v, sign=True) for v in placed[0].across)
    first = f"{words.capitalize()} {middle} [{low}, {high}]. "
    return svg.picture(
        name, title, (first if shared else "") + "; ".join(s.description for s in placed), _HEIGHT, shapes
    )


def _y(axis: svg.Axis, value: float) -> float:
    inside = min(max(value, axis.low), axis.high)
    return _BOTTOM - (_BOTTOM - _TOP) * (inside - axis.low) / (axis.high - axis.low)


def _frame(across: svg.Axis, upward: svg.Axis, words: str) -> list[Markup]:
    zero, level = across.percent(0.0), _y(upward, 0.0)
    shapes = [
        svg.line((zero, zero), (_TOP, _BOTTOM), "zero"),
        svg.line((2, 98), (level, level), "zero"),
        svg.label(2, 12, f"better ↑ {upward.label(upward.high)}", "start"),
        svg.label(2, _BOTTOM + 16, f"worse ↓ {upward.label(upward.low)}", "start"),
        svg.label(98, _HEIGHT - 4, f"{words} →", "end"),
    ]
    ticks = sorted({across.low, 0.0, across.high})
    for tick in ticks:
        anchor = "end" if tick == across.high else "start" if tick == across.low else "middle"
        shapes.append(svg.label(across.percent(tick), _HEIGHT - 20, across.label(tick), anchor))
    return shapes


def _mark(x: float, spot: Spot, across: svg.Axis, upward: svg.Axis, *, alone: bool) -> list[Markup]:
    style = f"interval v-{spot.verdict.value}"
    y = _y(upward, spot.change.middle)
    shapes = [svg.line((x, x), (_y(upward, spot.change.high), _y(upward, spot.change.low)), style)]
    if alone:
        shapes.append(svg.line((across.percent(spot.across.low), across.percent(spot.across.high)), (y, y), style))
    return [*shapes, svg.mark(x, y, spot.verdict)]


def _labels(at: Sequence[float], spots: Sequence[Spot], upward: svg.Axis) -> list[Markup]:
    """Labels in a column on the side with more room, spread apart, each with a thin line to its mark."""
    left = sum(at) / len(at) > 50.0
    column = max(min(at) - 12.0, 24.0) if left else min(max(at) + 12.0, 76.0)
    shapes, lowest = [], _TOP - _APART / 2
    room = _BOTTOM - _APART * len(spots)
    for x, spot in zip(at, spots, strict=True):
        mark_y = _y(upward, spot.change.middle)
        y = max(min(mark_y, room + _APART), lowest + _APART)
        lowest, room = y, room + _APART
        shapes.append(svg.line((x, column + (1 if left else -1)), (mark_y, y), "leader"))
        shapes.append(svg.label(column, y + 4, spot.name, "end" if left else "start"))
    return shapes
