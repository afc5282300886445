"""The `compare` command: several audits side by side."""

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
    out: Annotated[Path, typer.Option(help="Folder of the page; an earlier one in it is replaced.")] = Path(
        "runs/comparison"
    ),
) -> Reply:
    """Put audits side by side: leaderboard and plots, as compare.html, compare.md and compare.json.

    What is not comparable (another baseline, other prompts, other metrics) is marked and not mixed.
    """
    from trustdelta.report.studies.side_by_side import as_json, tables
    from trustdelta.report.terminal import shown_table
    from trustdelta.study.compare_runs import side_by_side, write

    found = side_by_side(runs)
    paths = write(found, out)
    shown = "".join(shown_table(title, table, sys.stdout) for title, table in tables(found))
    return Reply(json.loads(as_json(found)), (f"page: {paths[0]}",), shown=shown)
