"""The `discover` command: differences of a finished run that no metric asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.output import Reply

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished audit.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog="Example: trustdelta discover runs/instruct--sft-1a2b3c4d --top 5")(discover)


def discover(
    run: Run,
    out: Annotated[Path | None, typer.Option(help="Folder of the page; default: the run's.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Differences printed here; the page has all.")] = 10,
    include_text: Annotated[
        bool, typer.Option("--include-text", help="Include texts that may be disturbing in the examples.")
    ] = False,
) -> Reply:
    """Find differences between the models' answers that no metric asked about, as discover.html, .md and .json.

    Mined on one half of the prompts and tested on the other half; nothing is generated and no judge is called.
    """
    from trustdelta.files import save_text
    from trustdelta.pipeline import discover as station
    from trustdelta.report.differences_page import as_json, lines, render_html, render_markdown

    result = station.discover(run, include_text=include_text)
    folder = out or run
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"html": render_html(result), "md": render_markdown(result), "json": as_json(result)}
    paths = [save_text(folder / f"discover.{ending}", text) for ending, text in texts.items()]
    return Reply(json.loads(as_json(result)), (*lines(result, top), f"page: {paths[0]}"))
