"""Several audits side by side, as HTML, Markdown and JSON: a leaderboard and plots for each baseline, never mixed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from trustdelta.report import markdown
from trustdelta.report.blocks import Block, Bullets, Code, Column, Inlines, Table
from trustdelta.report.html import Frame, page
from trustdelta.report.studies import leaderboard, pictures
from trustdelta.report.studies.records import Comparison

TITLE = "Audits side by side"
LIMITS = (
    "Runs are compared only where they share the baseline, and in a dimension only where they share the metrics and "
    "the prompts; what does not is marked and has no value beside the others.",
    "Intervals are ordinary 95 % ones of each run against its baseline. Two runs whose intervals overlap may still "
    "differ, and no test between runs is made here.",
    "Each verdict is that of its own audit, under its own plan.",
)


def sections(found: Comparison) -> Iterator[tuple[str, str, tuple[Block, ...]]]:
    """Name, title and blocks of each section; groups are numbered where there are several."""
    for i, group in enumerate(found.groups):
        tag = f"-{i}" if i else ""
        yield f"leaderboard{tag}", f"Against {group.title}", leaderboard.build(group)
        if len(group.pairs) > 1:
            drawn = (*pictures.planes(group, tag), *pictures.forests(group, tag))
            yield f"plots{tag}", f"Gain and dimensions, against {group.title}", drawn
    if found.settings:
        yield "settings", "Where the runs differ", (_settings(found),)
    notes = [note for group in found.groups for note in group.notes]
    yield "limits", "What this page can and cannot say", (Bullets(tuple((x,) for x in (*LIMITS, *notes))),)


def _settings(found: Comparison) -> Table:
    columns = (Column("Setting"), *(Column(name) for name in found.runs))
    rows = tuple(((s.name,), *cells(s.values)) for s in found.settings)
    return Table("Settings, models and prompts in which the runs differ.", columns, rows)


def tables(found: Comparison) -> Iterator[tuple[str, Table]]:
    """The leaderboards, each with its title."""
    for group in found.groups:
        for block in leaderboard.build(group):
            if isinstance(block, Table):
                yield f"Against {group.title}", block


def cells(values: Sequence[str]) -> tuple[Inlines, ...]:
    """Values as they are, each a cell."""
    return tuple((Code(value),) for value in values)


def render_html(found: Comparison) -> str:
    """The page's text. Equal results give equal bytes."""
    frame = Frame(f"{TITLE} (trustdelta)", "Comparison of audits", (TITLE,), "the verdicts of the runs named in it.")
    return page(frame, [part for part in sections(found) if part[2]])


def render_markdown(found: Comparison) -> str:
    """The same as Markdown."""
    return markdown.written(TITLE, [(title, blocks) for _, title, blocks in sections(found) if blocks])


def as_json(found: Comparison) -> str:
    """The comparison as JSON, keys sorted."""
    return json.dumps(asdict(found), sort_keys=True, indent=1, allow_nan=False) + "\n"
