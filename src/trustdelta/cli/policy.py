"""The `policy` command: gate policies are checked where they are written, before there is a run."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.output import clean
from trustdelta.errors import ConfigError

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Policy files.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog="Example: trustdelta policy trustdelta.yaml")(policy)


def policy(files: Files) -> None:
    """Check gate policies: keys, dimensions, metric names, reasons, and allowances that have ended. Runs nothing."""
    from trustdelta.pipeline.policy_check import check_policy

    today = datetime.datetime.now(datetime.UTC).date()
    wrong = [f"{file}: {line}" for file in files for line in check_policy(file, today)]
    for line in wrong[1:]:
        typer.echo(clean(line), err=True)
    if wrong:
        raise ConfigError(wrong[0])
    typer.echo(clean(f"{len(files)} sound: {', '.join(str(file) for file in files)}"))
