"""The verdict table in the terminal: fits 100 columns, works without colour, and falls back to ASCII.

Names and reasons reach the terminal as `rich.text.Text`, never as markup, after `sanitise.visible`: no escape sequence,
bidirectional override or console markup of a model's name acts on the reader's screen.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trustdelta.records import AuditResult, MetricVerdict, Role, Scope, Verdict, in_order
from trustdelta.report import blocks
from trustdelta.report import format as fmt
from trustdelta.report.format import headline
from trustdelta.report.rows import MetricRow, by_dimension, distinct
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
    "Change [95 % CI]": _NUMBER,
    "Prompts": _NUMBER,
    "Verdict": {"overflow": "fold", "min_width": 16},
}
_LEVELS = ("Base", "Cand.")
_ROOM_FOR_LEVELS = 96
"""Least width in columns at which the levels are shown; below it only the change and its interval are."""

KEY = "Positive is better; pp or metric units, ordinary 95 % CI. Prompts: scored / excluded."


_SYMBOLS = ", ".join(f"{fmt.SYMBOLS[v]} {fmt.WORDS[v]}" for v in Verdict) + "."


def _text(text: str, style: str = "") -> Text:
    return Text(visible(text), style=style)


def _verdict(metric_verdict: MetricVerdict) -> Text:
    verdict = metric_verdict.verdict
    words = fmt.verdict_text(verdict)
    if metric_verdict.severity and verdict is Verdict.REGRESSED:
        words += f", {fmt.reason(metric_verdict.severity)}"
    if metric_verdict.scope is Scope.PROMPTS:
        words += ", on these prompts"
    if metric_verdict.reason and verdict is Verdict.INCONCLUSIVE:
        words += f": {metric_verdict.reason.partition(':')[0]}"
    return _text(words, STYLES[verdict] if verdict else "dim")


def _cells(row: MetricRow, verdict: Text, *, first: bool) -> dict[str, Text]:
    return {
        "Dimension": _text(row.dimension if first else ""),
        "Metric": Text(clipped(row.title, 60)),
        "Base": _text(row.baseline),
        "Cand.": _text(row.candidate),
        "Change [95 % CI]": Text(row.change, no_wrap=True),
        "Prompts": _text(row.prompts),
        "Verdict": verdict,
    }


def _cause(reason: str) -> str:
    """The cause in `not run: BENCHMARKS: CAUSE; NEXT STEP`."""
    return reason.partition(";")[0].rpartition(": ")[2]


def verdict_table(result: AuditResult, *, secondary: bool = False, width: int = 100) -> Table:
    """Primary metrics (and secondary ones on request) by dimension; extended ones and capability below a rule."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    columns = [c for c in _COLUMNS if width >= _ROOM_FOR_LEVELS or c not in _LEVELS]
    for title in columns:
        table.add_column(Text(title), **_COLUMNS[title])
    groups = dict(by_dimension(result))
    unmeasured = {d.dimension: d for d in result.dimensions if not d.driver}
    above_rule = True
    for dimension in in_order([*groups, *unmeasured]):
        shown = [m for m in groups.get(dimension, ()) if secondary or m.metric.role is Role.PRIMARY]
        metric_rows = distinct([MetricRow.of(m) for m in shown])
        rows = [_cells(metric_rows[i], _verdict(m), first=i == 0) for i, m in enumerate(shown)]
        if dimension in unmeasured:
            row = MetricRow.of_dimension(unmeasured[dimension])
            row = replace(row, title=f"(not run: {_cause(row.reason)})")
            verdict = _text(fmt.verdict_text(row.verdict), STYLES[Verdict.NOT_MEASURABLE])
            rows.append(_cells(row, verdict, first=not rows))
        if not dimension.trust and above_rule and rows and table.row_count:
            table.add_section()
        above_rule = above_rule and (dimension.trust or not rows)
        for cells in rows:
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
        console.print(_text(KEY, "dim"))
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
    """Table, drift, notes and overall verdict as text with lines of at most `width` columns."""
    return _written(Screen(width, colour, ascii_only), lambda console: _print(console, result, secondary))


@dataclass(frozen=True, slots=True)
class Screen:
    """What the output device can show."""

    width: int = 100
    """Columns."""
    colour: bool = False
    """Whether it shows colours."""
    ascii_only: bool = False
    """Whether it is limited to ASCII."""

    @classmethod
    def of(cls, stream: TextIO) -> Screen:
        """Colour only on a terminal without NO_COLOR; ASCII where the stream's encoding is not Unicode."""
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
    """The audit's table in the form that `stream` can show."""
    return _written(Screen.of(stream), lambda console: _print(console, result, secondary))


def shown_table(title: str, table: blocks.Table, stream: TextIO) -> str:
    """A report table under its title in the form that `stream` can show, without pictures."""
    visible_columns = [i for i, column in enumerate(table.columns) if not column.picture]
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i in visible_columns:
        drawn.add_column(Text(visible(table.columns[i].title)), justify="right" if table.columns[i].numeric else "left")
    for row in (*table.rows, *table.beside):
        drawn.add_row(*(_cell_text(row[i]) for i in visible_columns))

    def write(console: Console) -> None:
        console.print(Text(visible(title), style="bold"))
        console.print(drawn)
        console.print(_text(f"{table.caption} {_SYMBOLS}", "dim"))

    return _written(Screen.of(stream), write)


def _cell_text(content: blocks.Inlines) -> Text:
    """A cell's text: verdicts as coloured symbols and no remarks, so that many columns fit."""
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
