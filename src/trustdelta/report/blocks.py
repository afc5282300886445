"""What a section is made of: blocks of plain text and numbers, which each renderer writes in its own language.

A section never writes markup. So escaping lives in the renderers alone, and every format shows the same content.
Every `str` here is untrusted and is sanitised and escaped by the renderer; the only trusted markup is the SVG of a
picture, made by `svg.py`, which escapes what it is given.
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
    """A verdict as symbol and word; None is a secondary metric."""

    kind: ClassVar[str] = "badge"
    verdict: Verdict | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A name, hash or value set in a fixed-width face."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True, slots=True)
class Small:
    """A remark under or beside the main text of a cell."""

    kind: ClassVar[str] = "small"
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture inside a cell; formats without pictures leave it out, so it never stands for a number."""

    kind: ClassVar[str] = "picture"
    markup: Markup


Inline: TypeAlias = str | Badge | Code | Small | Picture
Inlines: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """The overall verdict and the one sentence that says it."""

    kind: ClassVar[str] = "headline"
    verdict: Verdict
    sentence: str


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
    """Names and values; `facts` are few and short, and are set side by side."""

    kind: ClassVar[str] = "definitions"
    items: tuple[tuple[str | Badge, Inlines], ...]
    facts: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title; numbers are set to the right, aligned by digit; pictures exist in HTML alone."""

    title: str
    numeric: bool = False
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; a row's first cell is its header. `beside` are rows set apart below (capability).

    `stack`: on a narrow screen each row becomes a card; otherwise the table scrolls.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Inlines, ...], ...]
    beside: tuple[tuple[Inlines, ...], ...] = ()
    stack: bool = False


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One line of a chart: what it is, its picture, its value in words."""

    label: Inlines
    picture: Markup
    value: Inlines


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over one common axis. `legend`: (symbol picture, meaning). `dense`: one line of text per row."""

    kind: ClassVar[str] = "chart"
    caption: str
    rows: tuple[ChartRow, ...]
    axis: Markup
    legend: tuple[tuple[Markup, str], ...] = ()
    dense: bool = False


@dataclass(frozen=True, slots=True)
class Panels:
    """Small pictures side by side, each under its own title."""

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
    """Text that somebody else wrote (prompt, thought or answer), set apart under a label, never interpreted."""

    kind: ClassVar[str] = "quote"
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Warn:
    """A warning that stands out without relying on colour."""

    kind: ClassVar[str] = "warn"
    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks that are closed until a reader opens them."""

    kind: ClassVar[str] = "fold"
    summary: Inlines
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """Columns of blocks side by side where there is room, one under the other where there is not."""

    kind: ClassVar[str] = "beside"
    columns: tuple[tuple[Block, ...], ...]


Block: TypeAlias = (
    Headline
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
)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report: `build` returns its blocks, none where it has nothing to say. Sorted by `order`."""

    order: int
    name: str
    title: str
    build: Callable[[AuditResult, ReportExtras], tuple[Block, ...]]
