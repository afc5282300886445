"""The main figure as one static SVG file: what a dose costs, and how often an audit sees it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from markupsafe import Markup

from experiments.reproduce.rates import BINS, drawn, regressed
from experiments.reproduce.results import Results
from experiments.reproduce.tables import HARD, HARM, LEAK, worsening
from trustdelta.report.svg import element

WIDTH, HEIGHT = 820, 330
TOP, BOTTOM = 50.0, 262.0
PANELS = ((62.0, 380.0), (482.0, 800.0))
INK, FAINT = "#24292f", "#d0d7de"
RED, BLUE, GREEN, GREY = "#cf222e", "#0969da", "#1a7f37", "#57606a"
DIAMOND, SQUARE, ROUND, CROSS = "◆", "■", "●", "✕"

Line = tuple[str, str, str, Sequence[float | None]]
"""Title, colour, symbol, and one value in percent for each place."""


def draw(found: Results) -> str:
    """The figure's text. Equal results give equal bytes."""
    series = found.series("replay")
    audits = {dose: [a for _, a in rows] for dose, rows in series.items()}
    lines: list[Line] = [
        (title, colour, sign, [_mean(worsening(rows, name), way) for rows in audits.values()])
        for title, colour, sign, name, way in (
            ("harm: worse by", RED, ROUND, HARM, 1.0),
            ("leaks: worse by", BLUE, SQUARE, LEAK, 1.0),
            ("sums: better by", GREEN, DIAMOND, HARD, -1.0),
        )
    ]
    rows = list(drawn(found))
    shares = [regressed(own) if (own := [d for d in rows if here(d)]) else None for _, here in BINS]
    rates: list[Line] = [
        (title, colour, sign, [None if s is None else s[i] for s in shares])
        for i, (title, colour, sign) in enumerate((("fixed design", GREY, ROUND), ("sequential", RED, CROSS)))
    ]
    ticks = ("itself", "no worse", "≤ margin", "≤ 10", "≤ 30", "> 30")
    shapes = [
        element("rect", {"width": str(WIDTH), "height": str(HEIGHT), "fill": "#ffffff"}),
        *_panel(PANELS[0], "Alignment data in the conversion", "percent of the examples", "points"),
        *_curves(PANELS[0], [f"{dose:g}" for dose in audits], lines),
        *_panel(PANELS[1], "Metrics that an audit calls regressed", "true worsening, points", "percent"),
        *_curves(PANELS[1], ticks, rates),
    ]
    frame = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {WIDTH} {HEIGHT}",
        "width": str(WIDTH),
        "height": str(HEIGHT),
        "font-family": "system-ui, sans-serif",
        "font-size": "12",
        "role": "img",
    }
    return str(element("svg", frame, element("title", {}, "The audit audited"), *shapes)) + "\n"


def _mean(values: Sequence[float], way: float) -> float | None:
    return 100 * way * fmean(values) if values else None


def _y(percent: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * min(max(percent, 0.0), 100.0) / 100


def _text(x: float, y: float, words: str, **style: str) -> Markup:
    return element("text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": INK, **style}, words)


def _panel(sides: tuple[float, float], title: str, below: str, unit: str) -> list[Markup]:
    """A panel's title and its horizontal lines at every 25 percent."""
    left, right = sides
    shapes = [
        _text(left, 20, title, **{"font-weight": "600"}),
        _text((left + right) / 2, HEIGHT - 32, below, **{"text-anchor": "middle"}),
    ]
    for value in (0, 25, 50, 75, 100):
        y = f"{_y(value):.1f}"
        ends = {"x1": f"{left}", "x2": f"{right}", "y1": y, "y2": y, "stroke": FAINT}
        words = f"{value} {unit}" if value == 100 else str(value)
        shapes += [element("line", ends), _text(left - 6, _y(value) + 4, words.split()[0], **{"text-anchor": "end"})]
    return [*shapes, _text(left - 6, TOP - 12, unit, **{"text-anchor": "end"})]


def _curves(sides: tuple[float, float], ticks: Sequence[str], lines: Sequence[Line]) -> list[Markup]:
    """Every line of a panel, its places along the bottom and its legend under all."""
    left, right = sides
    step = (right - left - 30) / max(len(ticks) - 1, 1)
    at = [left + 15 + i * step for i in range(len(ticks))]
    shapes = [_text(x, BOTTOM + 17, words, **{"text-anchor": "middle"}) for x, words in zip(at, ticks, strict=True)]
    for title, colour, sign, values in lines:
        known = [(x, _y(v)) for x, v in zip(at, values, strict=True) if v is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in known)
        shapes.append(element("polyline", {"points": path, "fill": "none", "stroke": colour, "stroke-width": "1.5"}))
        shapes += [_text(x, y + 4, sign, **{"text-anchor": "middle", "fill": colour}) for x, y in known]
        del title
    spot = left - 40
    for title, colour, sign, _ in lines:
        shapes.append(_text(spot, HEIGHT - 10, f"{sign} {title}", fill=colour))
        spot += 22 + 6.3 * len(title)
    return shapes
