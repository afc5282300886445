"""The report as GitHub-flavoured Markdown, for pull requests, job summaries and model cards.

Pictures are omitted: each has its numbers in a table. Every string is sanitised and escaped so that no text of a model
or user becomes HTML, a link, a mention, a table border, or a workflow command (`::error`, `##[error]`) in CI logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.blocks import (
    Badge,
    Beside,
    Block,
    Browser,
    Bullets,
    Chart,
    Code,
    Command,
    Definitions,
    Figures,
    Fold,
    Heading,
    Headline,
    Inlines,
    Panels,
    Paragraph,
    Quote,
    Small,
    Table,
    Warn,
)
from trustdelta.report.extras import ReportExtras
from trustdelta.report.sanitise import visible
from trustdelta.report.sections import built

_NUMBER = re.compile(r"[-−+0-9.,%∞ /]*(\[[-−+0-9.,%∞ ]*\])?")
_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$^])")
_PLAIN_CODE = re.compile(r"[^`|<>&\\\[]*")
_LINE_START = re.compile(r"^(\s*)(\d+)([.)])(?=\s|$)|^(\s*)([-+=:])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str) -> str:
    """One line of Markdown that renders as exactly `text` (sanitised) and is inert."""
    shown = visible(text)
    if _NUMBER.fullmatch(shown):
        return shown
    shown = re.sub("[&<>]", lambda match: _ENTITIES[match.group()], shown)
    shown = _SPECIAL.sub(r"\\\1", shown)
    shown = shown.replace("::", r"\:\:").replace("://", r"\://")
    shown = re.sub(r"(?i)www\.", lambda match: match.group()[:-1] + r"\.", shown)
    shown = shown.replace("@", "@<!-- -->")
    return _LINE_START.sub(_start_escaped, shown)


def _start_escaped(match: re.Match[str]) -> str:
    if match.group(2):
        return f"{match.group(1)}{match.group(2)}\\{match.group(3)}"
    return f"{match.group(4)}\\{match.group(5)}"


def code(text: str) -> str:
    """A code span where no character inside is special, otherwise escaped text."""
    shown = visible(text)
    return f"`{shown}`" if shown.strip() and _PLAIN_CODE.fullmatch(shown) else escaped(text)


def _badge(badge: Badge) -> str:
    words = fmt.verdict_text(badge.verdict)
    detail = f" ({escaped(badge.detail)})" if badge.detail else ""
    return (f"**{words}**" if badge.verdict else words) + detail


def _inlines(content: Inlines, small: str = " · ") -> str:
    text = ""
    for part in content:
        if isinstance(part, str):
            text += escaped(part)
        elif isinstance(part, Badge):
            text += ("; " if text and small != " · " else " " if text else "") + _badge(part)
        elif isinstance(part, Code):
            text += code(part.text)
        elif isinstance(part, Small) and part.text:
            text += (small if text else "") + escaped(part.text)
    return text


def _cell(content: Inlines) -> str:
    return _inlines(content, "<br>")


def _table(table: Table) -> str:
    shown = [i for i, column in enumerate(table.columns) if not column.picture]
    columns = [table.columns[i] for i in shown]
    head = "| " + " | ".join(column.title for column in columns) + " |"
    rule = "|" + "|".join("---:" if column.numeric else "---" for column in columns) + "|"
    rows = ["| " + " | ".join(_cell(row[i]) for i in shown) + " |" for row in (*table.rows, *table.beside)]
    return "\n".join([head, rule, *rows, "", f"*{escaped(table.caption)}*"])


def _chart(chart: Chart) -> str:
    lines = [f"{escaped(chart.caption)}", ""]
    return "\n".join(lines + [f"- {_inlines(row.label)}: {_inlines(row.value)}" for row in chart.rows])


def _quote(quote: Quote) -> str:
    body = "\n".join("> " + (escaped(line) or "") + "\\" for line in quote.text.split("\n"))
    return f"{escaped(quote.label)}:\n\n{body[:-1]}"


def _in_html(text: str) -> str:
    """Text escaped for an HTML line, where Markdown's backslashes would be shown."""
    shown = re.sub(r"[^\w\s.,;()/→−–@]", lambda match: f"&#{ord(match.group())};", visible(text))
    return shown.replace("www.", "www&#46;").replace("@", "@<!-- -->")


BROWSED = 30
"""Most entries of a browser in Markdown; all are in the HTML report."""


def _browser(browser: Browser) -> str:
    shown = [_fold(Fold(entry.summary, entry.blocks)) for entry in browser.entries[:BROWSED]]
    left = len(browser.entries) - len(shown)
    return "\n\n".join(shown + ([f"{fmt.count(left)} more are in the HTML report."] if left else []))


def _fold(fold: Fold) -> str:
    inside = "\n\n".join(_block(block) for block in fold.blocks)
    summary = " ".join(_in_html(part if isinstance(part, str) else getattr(part, "text", "")) for part in fold.summary)
    return f"<details><summary>{summary}</summary>\n\n{inside}\n\n</details>"


_WRITERS: dict[type, Callable[[Any], str]] = {
    Headline: lambda b: (
        (f"**{fmt.SYMBOLS[b.verdict]} {fmt.WORDS[b.verdict].capitalize()}.** " if b.verdict else "")
        + escaped(b.sentence)
        + (f"\n\n{_inlines(b.next_step)}" if b.next_step else "")
    ),
    Figures: lambda b: "\n".join(
        f"- {escaped(f.title)}: {' → '.join(f.levels)}, **{escaped(f.change)}** ({escaped(f.interval)})"
        for f in b.items
    ),
    Heading: lambda b: f"### {escaped(b.text)}",
    Paragraph: lambda b: _inlines(b.content),
    Bullets: lambda b: "\n".join(f"- {_inlines(item)}" for item in b.items),
    Definitions: lambda b: "\n".join(f"- {_inlines((term,))}: {_inlines(value)}" for term, value in b.items),
    Table: _table,
    Chart: _chart,
    Panels: lambda b: f"*{escaped(b.caption)} The pictures are in the HTML report.*",
    Command: lambda b: code(f"$ {b.text}"),
    Quote: _quote,
    Warn: lambda b: f"> **Warning.** {escaped(b.text)}",
    Fold: _fold,
    Browser: _browser,
    Beside: lambda b: "\n\n".join(_block(inner) for column in b.columns for inner in column),
}


def _block(block: Block) -> str:
    return _WRITERS[type(block)](block)


def written(title: str, sections: Iterable[tuple[str, Sequence[Block]]]) -> str:
    """A page of titled sections as GitHub-flavoured Markdown. Equal input gives equal bytes."""
    parts = [f"# {escaped(title)}"]
    for heading, blocks in sections:
        parts += [f"## {escaped(heading)}", *(_block(block) for block in blocks)]
    return "\n\n".join(parts) + "\n"


def render(result: AuditResult, extras: ReportExtras | None = None) -> str:
    """The whole report as GitHub-flavoured Markdown. Equal input gives equal bytes."""
    parts = built(result, extras or ReportExtras())
    title = f"{result.baseline.name} → {result.candidate.name}"
    return written(title, [(section.title, blocks) for section, blocks in parts])
