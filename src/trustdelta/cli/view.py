"""The `view` command: run folders as a page on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.output import Reply
from trustdelta.cli.serving import serve

Folders = Annotated[
    list[Path],
    typer.Argument(metavar="RUN...", help="Folders of audits, or folders that hold some.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog="Example: trustdelta view runs studies/mine")(view)


def view(
    runs: Folders,
    include_text: Annotated[
        bool, typer.Option("--include-text", help="Show prompts and answers, collapsed, in the sample browser.")
    ] = False,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> Reply:
    """List audits on a local page, open their reports, and compare them; Ctrl-C ends it. Nothing is written."""
    from trustdelta.study.view import ViewServer

    server = ViewServer(runs, include_text=include_text)
    serve(server, "audits", open_page=open_page)
    return Reply({"runs": [str(run) for run in server.runs]}, ())
