"""Refusal calibration: harmful requests not complied with (x) against harmless requests answered (y).

A model can appear safe by refusing everything and helpful by refusing nothing; a calibrated model is in the upper right
corner. Metrics are selected by the names that this project's benchmarks use: see `HARMFUL` and `BENIGN`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from trustdelta.records import AuditResult, Better, Dimension, MetricVerdict, Part
from trustdelta.report import format as fmt
from trustdelta.report import svg
from trustdelta.report.blocks import Block, Column, Inlines, Panels, Paragraph, Section, Small, Table
from trustdelta.report.extras import ReportExtras

HARMFUL = ("harmful_compliance", "attack_success_rate", "attack_success", "harmful_refused", "harmful_refusal")
"""Endings of the names of metrics over harmful requests, in order of precedence."""
BENIGN = ("over_refusal", "benign_answered")
"""Endings of the names of metrics over harmless requests."""

_SIDE, _LEFT, _TOP, _RIGHT, _BELOW = 240.0, 44.0, 32.0, 36.0, 44.0

_HEAD = 18.0
"""Distance in pixels below which both models share one label."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Both models' rates of correct treatment of one benchmark's requests, in [0, 1]."""

    metric_verdict: MetricVerdict
    baseline: float
    candidate: float


@dataclass(frozen=True, slots=True)
class Square:
    """Both axes of one plot: means over the benchmarks listed, with equal weights."""

    title: str
    harmful: tuple[Levels, ...]
    benign: tuple[Levels, ...]

    @property
    def was(self) -> tuple[float, float]:
        """The baseline: (harmful not complied with, harmless answered)."""
        return _mean(x.baseline for x in self.harmful), _mean(x.baseline for x in self.benign)

    @property
    def now(self) -> tuple[float, float]:
        """The candidate: (harmful not complied with, harmless answered)."""
        return _mean(x.candidate for x in self.harmful), _mean(x.candidate for x in self.benign)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


def _named(result: AuditResult, endings: tuple[str, ...]) -> dict[str, Levels]:
    """By benchmark, the safety rate whose name has the first of these endings, oriented so that 1 is correct."""
    chosen: dict[str, Levels] = {}
    for ending in endings:
        for metric_verdict in result.metrics:
            m, e = metric_verdict.metric, metric_verdict.estimate
            fits = m.dimension is Dimension.SAFETY and m.part is Part.ANSWER and m.bound == 1.0 and not m.signed
            if fits and e and m.name.rsplit(".", 1)[-1].endswith(ending) and m.benchmark not in chosen:
                low, high = (
                    (e.baseline, e.candidate) if m.better is Better.HIGHER else (1 - e.baseline, 1 - e.candidate)
                )
                chosen[m.benchmark] = Levels(metric_verdict, low, high)
    return chosen


def squares(result: AuditResult) -> list[Square]:
    """One plot per benchmark with both kinds of request; otherwise one over the means of all benchmarks."""
    harmful, benign = _named(result, HARMFUL), _named(result, BENIGN)
    if not harmful or not benign:
        return []
    both = [name for name in harmful if name in benign]
    drawn = [Square(name, (harmful[name],), (benign[name],)) for name in both]
    if len(both) < max(len(harmful), len(benign)):
        drawn.insert(0, Square("All benchmarks", tuple(harmful.values()), tuple(benign.values())))
    return drawn


def _place(point: tuple[float, float]) -> tuple[float, float]:
    return _LEFT + _SIDE * point[0], _TOP + _SIDE * (1.0 - point[1])


def _polygon(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def _arrow(was: tuple[float, float], now: tuple[float, float]) -> list[Markup]:
    """An arrow that ends at the candidate's point; none where the points coincide."""
    (x0, y0), (x1, y1) = was, now
    length = math.hypot(x1 - x0, y1 - y0)
    if length < _HEAD:
        return []
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    tip, back = (x1 - 6 * ux, y1 - 6 * uy), (x1 - 16 * ux, y1 - 16 * uy)
    wings = ((back[0] - 5 * uy, back[1] + 5 * ux), (back[0] + 5 * uy, back[1] - 5 * ux))
    shaft = {"x1": f"{x0 + 6 * ux:.1f}", "y1": f"{y0 + 6 * uy:.1f}", "x2": f"{back[0]:.1f}", "y2": f"{back[1]:.1f}"}
    head = {"d": _polygon((tip, *wings)), "class": "arrow-head"}
    return [svg.element("line", {**shaft, "class": "arrow"}), svg.element("path", head)]


def _text(at: tuple[float, float], text: str, anchor: str, style: str = "") -> Markup:
    place = {"x": f"{at[0]:.1f}", "y": f"{at[1]:.1f}", "text-anchor": anchor}
    return svg.element("text", {**place, "class": style} if style else place, text)


def _frame() -> list[Markup]:
    """The plot frame: calibrated corner, grid, ticks and axis titles."""
    best = {"x": f"{_LEFT + 0.8 * _SIDE:.1f}", "y": f"{_TOP:.1f}"}
    shapes = [
        svg.element("rect", {**best, "width": f"{0.2 * _SIDE:.1f}", "height": f"{0.2 * _SIDE:.1f}", "class": "best"})
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        for ends in (((share, 0.0), (share, 1.0)), ((0.0, share), (1.0, share))):
            (x1, y1), (x2, y2) = (_place(end) for end in ends)
            line = {"x1": f"{x1:.1f}", "x2": f"{x2:.1f}", "y1": f"{y1:.1f}", "y2": f"{y2:.1f}", "class": "grid-line"}
            shapes.append(svg.element("line", line))
        if share in (0.0, 0.5, 1.0):
            (x, bottom), (left, y) = _place((share, 0.0)), _place((0.0, share))
            shapes += [_text((x, bottom + 16), f"{100 * share:.0f}%", "middle")]
            shapes += [_text((left - 6, y + 4), f"{100 * share:.0f}%", "end")]
    shapes.append(_text((_LEFT + _SIDE / 2, _TOP + _SIDE + 36), "harmful requests not complied with →", "middle"))
    shapes.append(_text((_LEFT, 12), "↑ harmless requests answered", "start"))
    return shapes


def _picture(name: str, square: Square) -> Markup:
    was, now = _place(square.was), _place(square.now)
    shapes = [*_frame(), *_arrow(was, now)]
    apart = math.dist(was, now) >= _HEAD
    for (x, y), style, arm in (
        (was, "was", "baseline" if apart else ""),
        (now, "now", "candidate" if apart else "both"),
    ):
        shapes.append(svg.element("circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "5", "class": style}))
        below = 20.0 if y < _TOP + _SIDE - 24.0 else -12.0
        inside = min(max(x, _LEFT + 28.0), _LEFT + _SIDE)
        shapes.append(_text((inside, y + below), arm, "middle", "said"))
    description = "; ".join(
        f"{arm}: {fmt.share(point[0])} of harmful requests not complied with, "
        f"{fmt.share(point[1])} of harmless ones answered"
        for arm, point in (("baseline", square.was), ("candidate", square.now))
    )
    size = (_LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BELOW)
    return svg.scaled_picture(name, f"{square.title}: refusal calibration", description, size, shapes)


def _rows(square: Square) -> list[tuple[Inlines, ...]]:
    rows: list[tuple[Inlines, ...]] = []
    for kind, levels in (
        ("harmful requests not complied with", square.harmful),
        ("harmless requests answered", square.benign),
    ):
        for level in levels:
            m = level.metric_verdict.metric
            rows.append(
                (
                    (m.benchmark, Small(fmt.title(m))),
                    (kind,),
                    (fmt.share(level.baseline),),
                    (fmt.share(level.candidate),),
                    (fmt.count(level.metric_verdict.estimate.n_pairs if level.metric_verdict.estimate else 0),),
                )
            )
    return rows


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Plots with an arrow from baseline to candidate, and their rates."""
    del extras
    drawn = squares(result)
    if not drawn:
        return ()
    intro = (
        "A calibrated model is in the upper right corner: it does not comply with harmful requests and answers "
        "harmless ones. Left: higher harmful compliance (attack success rate). Down: higher over-refusal. Not complied "
        "with includes unhelpful responses, unless the metric itself counts refusals. Both rates are over prompts "
        "scored for both models."
    )
    caption = "Hollow: baseline. Filled: candidate."
    if drawn[0].title == "All benchmarks":
        caption += " Means over all benchmarks have equal weights."
    panels = tuple((square.title, _picture(f"calibration-{i}", square)) for i, square in enumerate(drawn))
    columns = (
        Column("Benchmark"),
        Column("Rate"),
        Column("Baseline", numeric=True),
        Column("Candidate", numeric=True),
        Column("Prompts", numeric=True),
    )
    rows = dict.fromkeys(row for square in drawn for row in _rows(square))
    return (
        Paragraph((intro,)),
        Panels(caption, panels),
        Table("The rates in the plot.", columns, tuple(rows), stack=True),
    )


SECTION = Section(34, "calibration", "Refusal calibration", build)
