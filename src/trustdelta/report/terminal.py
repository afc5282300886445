"""The verdict table in the terminal: fits 100 columns, needs no colour, and turns to plain ASCII where it must.

Names and reasons reach the terminal as `rich.text.Text`, never as markup, after `sanitise.visible`: no escape sequence,
bidirectional override or console markup of a model's name acts on the reader's screen.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trustdelta.records import AuditResult, Dimension, MetricVerdict, Role, Scope, Verdict
from trustdelta.report import blocks
from trustdelta.report import format as fmt
from trustdelta.report.format import headline
from trustdelta.report.sanitise import clipped, visible

STYLES = {
    Verdict.REGRESSED: "bold red",
    Verdict.PRESERVED: "blue",
    Verdict.IMPROVED: "green",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_MEASURABLE: "magenta",
}
_ASCII = str.maketrans(
    {
        "−": "-",
        "→": "->",
        "–": "-",
        "…": "...",
        "‖": "||",
        "’": "'",
        "∞": "inf",
        "▼": "v",
        "▲": "^",
        "●": "=",
        "×": "x",
        "⟨": "<",
        "⟩": ">",
        "─": "-",
        "━": "-",
        "≥": ">=",
        "·": "-",
    }
)
_NUMBER: Mapping[str, Any] = {"justify": "right", "no_wrap": True}
_COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "Dimension": {"no_wrap": True},
    "Metric": {"overflow": "fold"},
    "Base": _NUMBER,
    "Cand.": _NUMBER,
    "Difference [95 % CI]": _NUMBER,
    "Pairs": _NUMBER,
    "Verdict": {"overflow": "fold", "min_width": 16},
}
_LEVELS = ("Base", "Cand.")
_ROOM_FOR_LEVELS = 96
"""Narrower than this, levels make room for the metric's title; the difference and its interval stay."""

_KEY = "Differences in points (or the metric’s units) with ordinary 95 % intervals. Pairs: used / left out."


_SYMBOLS = ", ".join(f"{fmt.SYMBOLS[v]} {fmt.WORDS[v]}" for v in Verdict) + "."


def _text(text: str, style: str = "") -> Text:
    return Text(visible(text), style=style)


def _verdict(found: MetricVerdict) -> Text:
    said = fmt.verdict_text(found.verdict)
    if found.severity and found.verdict is Verdict.REGRESSED:
        said += f", {found.severity}"
    if found.scope is Scope.PROMPTS:
        said += ", on these prompts"
    if found.reason and found.verdict is Verdict.INCONCLUSIVE:
        said += f": {found.reason.partition(':')[0]}"
    return _text(said, STYLES[found.verdict] if found.verdict else "dim")


def _cells(found: MetricVerdict, first: bool) -> dict[str, Text]:
    metric, estimate = found.metric, found.estimate
    return {
        "Dimension": _text(metric.dimension.value if first else ""),
        "Metric": Text(clipped(metric.title or metric.name, 60)),
        "Base": _text(fmt.rate(metric, estimate.baseline) if estimate else fmt.NONE),
        "Cand.": _text(fmt.rate(metric, estimate.candidate) if estimate else fmt.NONE),
        "Difference [95 % CI]": Text(fmt.change_text(found), no_wrap=True),
        "Pairs": _text(fmt.pairs_text(found)),
        "Verdict": _verdict(found),
    }


def verdict_table(result: AuditResult, *, secondary: bool = False, width: int = 100) -> Table:
    """Primary metrics (and secondary ones on request) by dimension, capability last and set apart."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    columns = [c for c in _COLUMNS if width >= _ROOM_FOR_LEVELS or c not in _LEVELS]
    for title in columns:
        table.add_column(Text(title), **_COLUMNS[title])
    for dimension in Dimension:
        found = [m for m in result.metrics if m.metric.dimension is dimension]
        shown = [m for m in found if secondary or m.metric.role is Role.PRIMARY]
        if dimension is Dimension.CAPABILITY and shown and table.row_count:
            table.add_section()
        for i, metric in enumerate(shown):
            cells = _cells(metric, first=i == 0)
            table.add_row(*(cells[title] for title in columns))
    return table


def _drift_lines(result: AuditResult) -> list[Text]:
    from trustdelta.report.sections._common import direction, leading_drift, text_name

    shown = leading_drift(result)
    if not shown:
        return [_text(f"Drift: not comparable: {result.drift_note or 'not measured'}")]
    return [
        _text(f"Drift: {fmt.nats(d.nats_per_token)} nats per token on {text_name(d)} ({direction(d)})") for d in shown
    ]


def _print(console: Console, result: AuditResult, secondary: bool) -> None:
    names = f"{clipped(result.baseline.name, 60)} → {clipped(result.candidate.name, 60)}"
    console.print(Text(names, style="bold"))
    table = verdict_table(result, secondary=secondary, width=console.width)
    if table.row_count:
        console.print(Text(""))
        console.print(table)
        console.print(_text(_KEY, "dim"))
        console.print(Text(""))
    for line in _drift_lines(result):
        console.print(line)
    for note in result.notes:
        console.print(_text(f"Note: {note}"))
    overall = Text(f"{fmt.verdict_text(result.overall).upper()}", style=STYLES[result.overall])
    console.print(Text.assemble(overall, "  ", visible(headline(result))))


def render(
    result: AuditResult, *, width: int = 100, colour: bool = False, ascii_only: bool = False, secondary: bool = False
) -> str:
    """The table, drift, notes and overall verdict as text with lines of at most `width` columns."""
    return _written(Screen(width, colour, ascii_only), lambda console: _print(console, result, secondary))


@dataclass(frozen=True, slots=True)
class Screen:
    """What text is written for: columns, whether it shows colours, whether it knows ASCII alone."""

    width: int = 100
    colour: bool = False
    ascii_only: bool = False

    @classmethod
    def of(cls, stream: TextIO) -> Screen:
        """Colour only on a terminal without NO_COLOR, ASCII where the stream's encoding is not Unicode."""
        terminal = stream.isatty()
        colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        width = min(max(shutil.get_terminal_size().columns, 80), 120) if terminal else 100
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
        return cls(width, bool(colour), not encoding.startswith("utf"))


def _written(screen: Screen, write: Callable[[Console], None]) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=screen.width,
        force_terminal=screen.colour,
        color_system="standard" if screen.colour else None,
        no_color=not screen.colour,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    write(console)
    text = "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode() if screen.ascii_only else text


def shown(result: AuditResult, stream: TextIO, *, secondary: bool = False) -> str:
    """The table as `stream` can show it."""
    return _written(Screen.of(stream), lambda console: _print(console, result, secondary))


def shown_table(title: str, table: blocks.Table, stream: TextIO) -> str:
    """A table of a page under its title, as `stream` can show it; pictures are left out."""
    kept = [i for i, column in enumerate(table.columns) if not column.picture]
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i in kept:
        drawn.add_column(Text(visible(table.columns[i].title)), justify="right" if table.columns[i].numeric else "left")
    for row in (*table.rows, *table.beside):
        drawn.add_row(*(_cell_text(row[i]) for i in kept))

    def write(console: Console) -> None:
        console.print(Text(visible(title), style="bold"))
        console.print(drawn)
        console.print(_text(f"{table.caption} {_SYMBOLS}", "dim"))

    return _written(Screen.of(stream), write)


def _cell_text(content: blocks.Inlines) -> Text:
    """A cell's words: a verdict by its symbol in its colour, no remarks, so that many columns fit."""
    text = Text()
    for part in content:
        if isinstance(part, blocks.Badge) and part.verdict:
            text.append(" " if text else "")
            text.append(fmt.SYMBOLS[part.verdict], STYLES[part.verdict])
            text.append(visible(f" {part.detail}" if part.detail else ""))
        elif isinstance(part, str):
            text.append(visible(part))
        elif isinstance(part, blocks.Code):
            text.append(visible(part.text))
    return text
