"""The main figure as one static SVG file: refusal of harmful and harmless requests by dose and seed."""

from __future__ import annotations

from collections import defaultdict

from markupsafe import Markup

from experiments.real.results import OVER, REFUSAL, Results, metric
from trustdelta.report.svg import element

WIDTH, HEIGHT = 640, 330
LEFT, RIGHT, TOP, BOTTOM = 56.0, 480.0, 36.0, 262.0
INK, FAINT = "#24292f", "#d0d7de"
KINDS = ((REFUSAL, "harmful requests refused", "#cf222e", "●"), (OVER, "harmless requests refused", "#0969da", "■"))


def draw(found: Results) -> str:
    """The figure's text. Equal results give equal bytes."""
    doses = sorted({arm.refusals for arm, _ in found.dosed})
    step = (RIGHT - LEFT - 40) / max(len(doses) - 1, 1)
    x_of = {dose: LEFT + 20 + i * step for i, dose in enumerate(doses)}
    shapes = [element("rect", {"width": str(WIDTH), "height": str(HEIGHT), "fill": "#ffffff"}), *_frame()]
    shapes += [_text(x, BOTTOM + 17, f"{100 * dose:g}", anchor="middle") for dose, x in x_of.items()]
    for row, (name, title, colour, sign) in enumerate(KINDS):
        shapes += _curves(found, name, x_of, (colour, sign))
        shapes += _aligned(found, name, colour)
        shapes.append(_text(RIGHT + 12, TOP + 10 + 20 * row, f"{sign} {title}", fill=colour))
    shapes.append(_text(RIGHT + 12, TOP + 50, "dashed: before", anchor="start"))
    frame = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {WIDTH + 60} {HEIGHT}",
        "width": str(WIDTH + 60),
        "height": str(HEIGHT),
        "font-family": "system-ui, sans-serif",
        "font-size": "12",
        "role": "img",
    }
    return str(element("svg", frame, element("title", {}, "Refusal by dose"), *shapes)) + "\n"


def _y(share: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * share


def _text(x: float, y: float, text: str, *, anchor: str = "start", fill: str = INK) -> Markup:
    return element("text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "fill": fill}, text)


def _line(y: float, **style: str) -> Markup:
    return element("line", {"x1": f"{LEFT}", "x2": f"{RIGHT}", "y1": f"{y:.1f}", "y2": f"{y:.1f}", **style})


def _frame() -> list[Markup]:
    """Horizontal lines at every 25 percent, and the names of both axes."""
    shapes = [_text((LEFT + RIGHT) / 2, HEIGHT - 26, "thinking refusals, percent of the examples", anchor="middle")]
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        shapes += [_line(y, stroke=FAINT), _text(LEFT - 6, y + 4, f"{percent} %", anchor="end")]
    return shapes


def _curves(found: Results, name: str, x_of: dict[float, float], style: tuple[str, str]) -> list[Markup]:
    """One line for each seed."""
    colour, sign = style
    seeds: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for arm, result in found.dosed:
        if (estimate := metric(result, name).estimate) is not None:
            seeds[arm.seed].append((x_of[arm.refusals], _y(estimate.candidate)))
    shapes = []
    for points in seeds.values():
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        shapes.append(element("polyline", {"points": path, "fill": "none", "stroke": colour, "stroke-width": "1.5"}))
        shapes += [_text(x, y + 4, sign, anchor="middle", fill=colour) for x, y in points]
    return shapes


def _aligned(found: Results, name: str, colour: str) -> list[Markup]:
    """The rate of the aligned model."""
    rates = [e.baseline for _, result in found.dosed if (e := metric(result, name).estimate) is not None]
    if not rates:
        return []
    return [_line(_y(sum(rates) / len(rates)), stroke=colour, **{"stroke-dasharray": "4 4"})]
