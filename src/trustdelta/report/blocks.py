"""The blocks of plain text and numbers that sections consist of and renderers write.

A section never writes markup, so that only renderers escape and every format shows the same content. Every `str`
here is untrusted and is sanitised and escaped by the renderer; the only trusted markup is the SVG of a picture, made
by `svg.py`, which escapes its inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from markupsafe import Markup

from trustdelta.records import AuditResult, Verdict
from trustdelta.report.extras import ReportExtras


@dataclass(frozen=True, slots=True)
class Badge:
    """A verdict as symbol and word; None for a secondary metric."""

    kind: ClassVar[str] = "badge"
    verdict: Verdict | None
    detail: str = ""
    tint: int = 0
    """Strength of the tint of its cell, from −3 (worse) to 3 (better)."""


@dataclass(frozen=True, slots=True)
class Code:
    """A name, hash or value in a fixed-width font."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True, slots=True)
class Small:
    """A remark under or beside the main text of a cell."""

    kind: ClassVar[str] = "small"
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture inside a cell; formats without pictures omit it, so its numbers are also in the text."""

    kind: ClassVar[str] = "picture"
    markup: Markup


Inline: TypeAlias = str | Badge | Code | Small | Picture
Inlines: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """The overall verdict, the sentence that states it, and what to do next; no verdict where many pairs have one."""

    kind: ClassVar[str] = "headline"
    verdict: Verdict | None
    sentence: str
    next_step: Inlines = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One change in large type."""

    title: str
    levels: tuple[str, str]
    """The baseline's level and the candidate's, with their units."""
    verdict: Verdict | None
    change: str
    """Direction and size in words."""
    interval: str
    picture: Markup


@dataclass(frozen=True, slots=True)
class Figures:
    """The changes that a reader sees first, side by side."""

    kind: ClassVar[str] = "figures"
    items: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    kind: ClassVar[str] = "paragraph"
    content: Inlines


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short statements."""

    kind: ClassVar[str] = "bullets"
    items: tuple[Inlines, ...]


@dataclass(frozen=True, slots=True)
class Definitions:
    """Names and values; `facts` are few and short, and are laid out side by side."""

    kind: ClassVar[str] = "definitions"
    items: tuple[tuple[str | Badge, Inlines], ...]
    facts: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column; numbers are right-aligned, and pictures exist only in HTML."""

    title: str
    numeric: bool = False
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; a row's first cell is its header."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Inlines, ...], ...]
    beside: tuple[tuple[Inlines, ...], ...] = ()
    """Rows in a separate group below (capability)."""
    stack: bool = False
    """Whether each row becomes a card on a narrow screen; otherwise the table scrolls."""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One line of a chart: label, picture and value."""

    label: Inlines
    picture: Markup
    value: Inlines


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over a common axis."""

    kind: ClassVar[str] = "chart"
    caption: str
    rows: tuple[ChartRow, ...]
    axis: Markup
    legend: tuple[tuple[Markup, str], ...] = ()
    """Symbols and their meanings."""
    dense: bool = False
    """Whether a row has one line of text."""


@dataclass(frozen=True, slots=True)
class Panels:
    """Small pictures side by side, each under a title."""

    kind: ClassVar[str] = "panels"
    caption: str
    panels: tuple[tuple[str, Markup], ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command line to copy."""

    kind: ClassVar[str] = "command"
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Third-party text (prompt, reasoning trace or answer) under a label; it is never interpreted."""

    kind: ClassVar[str] = "quote"
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Warn:
    """A warning that is recognisable without colour."""

    kind: ClassVar[str] = "warn"
    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks that are collapsed until a reader opens them."""

    kind: ClassVar[str] = "fold"
    summary: Inlines
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """Columns of blocks, side by side on a wide screen."""

    kind: ClassVar[str] = "beside"
    columns: tuple[tuple[Block, ...], ...]
    tight: bool = False
    """Whether the columns have little space around each block, for the first screen."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One collapsed entry of a browser, and the values by which it is filtered and sorted."""

    summary: Inlines
    blocks: tuple[Block, ...]
    metric: str
    outcome: str
    change: float
    """As a share of the metric's range; positive is better."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Entries that a small script filters, sorts and searches; without it they are a list. One per page."""

    kind: ClassVar[str] = "browser"
    title: str
    entries: tuple[Entry, ...]


Block: TypeAlias = (
    Headline
    | Figures
    | Heading
    | Paragraph
    | Bullets
    | Definitions
    | Table
    | Chart
    | Panels
    | Command
    | Quote
    | Warn
    | Fold
    | Beside
    | Browser
)


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the report."""

    order: int
    """Its place among the sections."""
    name: str
    """Its anchor in the page."""
    title: str
    """Its heading."""
    build: Callable[[AuditResult, ReportExtras], tuple[Block, ...]]
    """Returns its blocks; none without data, and the section is then omitted."""
