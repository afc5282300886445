"""Several audits side by side, as HTML, Markdown and JSON: a leaderboard and plots per baseline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from trustdelta.report import markdown
from trustdelta.report.blocks import Block, Bullets, Code, Column, Inlines, Table
from trustdelta.report.html import Frame, page
from trustdelta.report.studies import changes, leaderboard, pictures
from trustdelta.report.studies.records import Comparison

TITLE = "Audits side by side"
LIMITS = (
    "Runs are compared only where they share the baseline, and in a dimension only where they share metrics and "
    "prompts; other values are marked as not comparable.",
    "Intervals are ordinary 95 % intervals of each run against its baseline. Two runs whose intervals overlap may "
    "still differ; only two runs of one pair are tested against each other.",
    "Each verdict is that of its audit, under the plan of that audit.",
)


def sections(comparison: Comparison) -> Iterator[tuple[str, str, tuple[Block, ...]]]:
    """Name, title and blocks of each section; groups are numbered where there are several."""
    if comparison.results:
        earlier, later = comparison.results
        yield "changes", "What changed between the runs", changes.build(earlier, later, comparison.paired)
    for i, group in enumerate(comparison.groups):
        tag = f"-{i}" if i else ""
        yield f"leaderboard{tag}", f"Against {group.title}", leaderboard.build(group)
        if len(group.pairs) > 1:
            drawn = (*pictures.planes(group, tag), *pictures.forests(group, tag))
            yield f"plots{tag}", f"Gain and dimensions, against {group.title}", drawn
    if comparison.settings:
        yield "settings", "Differences in settings", (_settings(comparison),)
    notes = [note for group in comparison.groups for note in group.notes]
    yield "limits", "Limitations", (Bullets(tuple((x,) for x in (*LIMITS, *notes))),)


def _settings(comparison: Comparison) -> Table:
    columns = (Column("Setting"), *(Column(name) for name in comparison.runs))
    rows = tuple(((s.name,), *cells(s.values)) for s in comparison.settings)
    return Table("Settings, models and prompts in which the runs differ.", columns, rows)


def tables(comparison: Comparison) -> Iterator[tuple[str, Table]]:
    """The leaderboards with their titles."""
    for group in comparison.groups:
        for block in leaderboard.build(group):
            if isinstance(block, Table):
                yield f"Against {group.title}", block


def cells(values: Sequence[str]) -> tuple[Inlines, ...]:
    """One cell per value."""
    return tuple((Code(value),) for value in values)


def render_html(comparison: Comparison) -> str:
    """The page's text. Equal results give equal bytes."""
    frame = Frame(f"{TITLE} (trustdelta)", "Comparison of audits", (TITLE,), "the verdicts of the runs named in it.")
    return page(frame, [part for part in sections(comparison) if part[2]])


def render_markdown(comparison: Comparison) -> str:
    """The same as Markdown."""
    return markdown.written(TITLE, [(title, blocks) for _, title, blocks in sections(comparison) if blocks])


def as_json(comparison: Comparison) -> str:
    """The comparison as JSON, keys sorted."""
    values = asdict(replace(comparison, results=()))
    values.pop("results")
    return json.dumps(values, sort_keys=True, indent=1, allow_nan=False) + "\n"
