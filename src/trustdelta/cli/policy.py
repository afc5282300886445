"""The `policy` command: gate policies are checked where they are written, before there is a run."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.output import Reply
from trustdelta.errors import ConfigError

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Policy files.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog="Example: trustdelta policy trustdelta.yaml")(policy)


def policy(files: Files) -> Reply:
    """Check gate policies: keys, dimensions, metric names, reasons, and allowances that have ended. Runs nothing."""
    from trustdelta.pipeline.policy_check import check_policy

    today = datetime.datetime.now(datetime.UTC).date()
    found = {str(file): list(check_policy(file, today)) for file in files}
    wrong = [f"{file}: {line}" for file, lines in found.items() for line in lines]
    if wrong:
        return Reply(found, wrong[1:], ConfigError.exit_code, problem=wrong[0])
    return Reply(found, [f"{len(files)} sound: {', '.join(found)}"])
