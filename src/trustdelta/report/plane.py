"""The plane of gain against regression: capability gained to the right, trust kept at the top, both with intervals."""

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
"""Pixels between two labels."""
_DODGE = 2.4
"""Percent of the width between marks that share one gain."""
MOST_LABELS = 12


class Span(NamedTuple):
    """An estimate with its interval, in percent of the metrics' ranges; better is positive."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spot:
    """One mark: what it is, how far right (its gain), how far up (its change in trust), and its verdict."""

    name: str
    across: Span
    change: Span
    verdict: Verdict

    @property
    def said(self) -> str:
        """The spot in words, for readers who do not see it."""
        low, high = (fmt.fixed(v, sign=True) for v in (self.change.low, self.change.high))
        return f"{self.name}: {fmt.fixed(self.change.middle, sign=True)} [{low}, {high}]"


def plane(name: str, title: str, spots: Sequence[Spot], words: str = "gain in capability") -> Markup:
    """The picture as wide as its place; spots that share one value across stand side by side, its interval a band."""
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
    return svg.picture(name, title, (first if shared else "") + "; ".join(s.said for s in placed), _HEIGHT, shapes)


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
    """Names in a column on the roomier side, pushed apart, each with a thin line to its mark."""
    left = sum(at) / len(at) > 50.0
    column = max(min(at) - 12.0, 24.0) if left else min(max(at) + 12.0, 76.0)
    shapes, lowest = [], _TOP - _APART / 2
    room = _BOTTOM - _APART * len(spots)
    for x, spot in zip(at, spots, strict=True):
        wanted = _y(upward, spot.change.middle)
        y = max(min(wanted, room + _APART), lowest + _APART)
        lowest, room = y, room + _APART
        shapes.append(svg.line((x, column + (1 if left else -1)), (wanted, y), "leader"))
        shapes.append(svg.label(column, y + 4, spot.name, "end" if left else "start"))
    return shapes
