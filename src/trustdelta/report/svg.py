"""Static SVG: a few shapes and one linear axis.

No plotting library is used, because these pictures are lines, bars and dots. Here text remains text, colours come from
the page (light, dark and print from one style sheet), each picture has a title and a description for screen readers,
and widths stretch while letters have a constant size, because x is in percent and y in pixels. A plotting library would
draw glyphs as paths in fixed colours at a fixed size.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from trustdelta.records import Verdict
from trustdelta.report.format import MINUS
from trustdelta.report.sanitise import visible

_EDGE = 2.0
"""Free space at both ends in percent of the width, so that marks at the limits are not cut."""


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def element(tag: str, attributes: dict[str, str], *children: Markup | str) -> Markup:
    """An SVG element; attribute values and `str` children are sanitised and escaped, Markup children are not."""
    attrs = "".join(f' {name}="{escape(visible(value))}"' for name, value in attributes.items())
    inside = "".join(child if isinstance(child, Markup) else escape(visible(child)) for child in children)
    return Markup(f"<{tag}{attrs}>{inside}</{tag}>")


def picture(name: str, title: str, description: str, height: int, shapes: Sequence[Markup]) -> Markup:
    """A picture as wide as its container and `height` pixels high; `name` must be unique in the document."""
    attributes = {
        "role": "img",
        "width": "100%",
        "height": str(height),
        "aria-labelledby": f"{name}-t {name}-d",
    }
    heads = (element("title", {"id": f"{name}-t"}, title), element("desc", {"id": f"{name}-d"}, description))
    return element("svg", attributes, *heads, *shapes)


def scaled_picture(
    name: str, title: str, description: str, size: tuple[float, float], shapes: Sequence[Markup]
) -> Markup:
    """A picture of `size` (width, height) in pixels with fixed proportions that shrinks on a narrow page."""
    attributes = {
        "role": "img",
        "width": _number(size[0]),
        "height": _number(size[1]),
        "viewBox": f"0 0 {_number(size[0])} {_number(size[1])}",
        "class": "square",
        "aria-labelledby": f"{name}-t {name}-d",
    }
    heads = (element("title", {"id": f"{name}-t"}, title), element("desc", {"id": f"{name}-d"}, description))
    return element("svg", attributes, *heads, *shapes)


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from `low` to `high`, with round ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, values: Sequence[float], ticks: int = 5) -> Axis:
        """The axis with round limits that contains zero and all finite values."""
        finite = [v for v in values if math.isfinite(v)] + [0.0]
        span = max(finite) - min(finite)
        span = span if span > 1e-9 else 1.0  # rounding noise around zero is no scale
        step = _round_step(span / ticks)
        first = math.floor(min(finite) / step + 1e-9)
        last = max(math.ceil(max(finite) / step - 1e-9), first + 1)
        return cls(first * step, last * step, tuple(i * step for i in range(first, last + 1)))

    def percent(self, value: float) -> float:
        """The position of `value` in percent of the picture's width; values outside are placed at the edge."""
        inside = min(max(value, self.low), self.high)
        return _EDGE + (100.0 - 2 * _EDGE) * (inside - self.low) / (self.high - self.low)

    def label(self, value: float) -> str:
        """A tick's text, with as many decimals as the step needs."""
        step = (self.high - self.low) / max(len(self.ticks) - 1, 1)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        return f"{value:.{decimals}f}".replace("-", MINUS) if round(value, decimals) else "0"


def _round_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)


def line(x: tuple[float, float], y: tuple[float, float], style: str) -> Markup:
    """A line; x in percent, y in pixels."""
    ends = {"x1": f"{_number(x[0])}%", "x2": f"{_number(x[1])}%", "y1": _number(y[0]), "y2": _number(y[1])}
    return element("line", {**ends, "class": style})


def bar(x: tuple[float, float], y: tuple[float, float], style: str, title: str = "") -> Markup:
    """A rectangle between two x (percent) and two y (pixels), with an optional tooltip."""
    left, right = sorted(x)
    place = {"x": f"{_number(left)}%", "width": f"{_number(right - left)}%", "y": _number(y[0])}
    children = (element("title", {}, title),) if title else ()
    return element("rect", {**place, "height": _number(y[1] - y[0]), "class": style}, *children)


def dot(x: float, y: float, radius: float, style: str) -> Markup:
    """A circle; x in percent, y in pixels."""
    return element("circle", {"cx": f"{_number(x)}%", "cy": _number(y), "r": _number(radius), "class": style})


def polygon(points: Sequence[tuple[float, float]], style: str) -> Markup:
    """A closed shape over points in pixels, for pictures with fixed proportions."""
    corners = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return element("polygon", {"points": corners, "class": style})


def label(x: float, y: float, text: str, anchor: str = "middle") -> Markup:
    """Text at x percent, y pixels (its baseline)."""
    return element("text", {"x": f"{_number(x)}%", "y": _number(y), "text-anchor": anchor}, text)


_SHAPES = {
    Verdict.REGRESSED: "M-6.5-5H6.5L0 6.5Z",
    Verdict.IMPROVED: "M-6.5 5H6.5L0-6.5Z",
    Verdict.INCONCLUSIVE: "M-5-5H5V5H-5Z",
    Verdict.NOT_MEASURABLE: "M-5-5L5 5M5-5L-5 5",
    None: "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
}


def mark(x: float, y: float, verdict: Verdict | None) -> Markup:
    """The point of an estimate; its shape shows the verdict, so that colour is never the only sign."""
    style = f"mark v-{verdict.value if verdict else 'secondary'}"
    if verdict is Verdict.PRESERVED:
        return dot(x, y, 5.5, style)
    path = element("path", {"d": _SHAPES[verdict], "class": style})
    return element("svg", {"x": f"{_number(x)}%", "y": _number(y), "overflow": "visible"}, path)


def swatch(name: str, title: str, shape: Markup) -> Markup:
    """A 16 x 16 picture of a symbol, for legends; `shape` is centred at (50 %, 8)."""
    heads = element("title", {"id": f"{name}-t"}, title)
    return element("svg", {"role": "img", "width": "16", "height": "16", "aria-labelledby": f"{name}-t"}, heads, shape)


def axis_picture(name: str, axis: Axis, caption: str, sides: tuple[str, str] = ("", "")) -> Markup:
    """An axis with ticks, their values, and labels for its two sides."""
    shapes = [line((axis.percent(axis.low), axis.percent(axis.high)), (0.5, 0.5), "axis")]
    for tick, anchor in zip(axis.ticks, _anchors(len(axis.ticks)), strict=True):
        at = axis.percent(tick)
        shapes += [line((at, at), (0, 5), "axis"), label(at, 19, axis.label(tick), anchor)]
    shapes.append(label(_EDGE, 36, sides[0], "start"))
    shapes.append(label(100 - _EDGE, 36, sides[1] or caption, "end"))
    described = f"{caption}, from {axis.label(axis.low)} to {axis.label(axis.high)}"
    return picture(name, f"Axis: {caption}", described, 42, shapes)


def _anchors(count: int) -> list[str]:
    inner = itertools.repeat("middle", max(count - 2, 0))
    return ["start", *inner, "end"][:count] if count > 1 else ["middle"]
