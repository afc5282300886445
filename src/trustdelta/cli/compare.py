"""The `compare` command: comparison of several audits."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.output import Reply

Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of audits.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog="Example: trustdelta compare runs/sft runs/rl --out runs/sft-or-rl")(compare)


def compare(
    runs: Runs,
    out: Annotated[Path, typer.Option(help="Folder of the page; an earlier page is replaced.")] = Path(
        "runs/comparison"
    ),
) -> Reply:
    """Compare audits: leaderboard and plots, as compare.html, compare.md and compare.json.

    Audits that are not comparable (other baseline, prompts or metrics) are marked.
    """
    from trustdelta.report.studies.side_by_side import as_json, tables
    from trustdelta.report.terminal import shown_table
    from trustdelta.study.compare_runs import side_by_side, write

    comparison = side_by_side(runs)
    paths = write(comparison, out)
    shown = "".join(shown_table(title, table, sys.stdout) for title, table in tables(comparison))
    return Reply(json.loads(as_json(comparison)), (f"page: {paths[0]}",), shown=shown)
