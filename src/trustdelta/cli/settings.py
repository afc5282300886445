"""The `settings` command: the settings of `--set` and configuration files."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli import names
from trustdelta.cli.output import Reply

if TYPE_CHECKING:
    from trustdelta.config.describe import Description

EXAMPLES = """Examples:

trustdelta settings

trustdelta settings statistics
"""
WIDTH = 100


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog=EXAMPLES)(settings)


def settings(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A setting, by its full or short name, or a group of settings.", autocompletion=names.settings
        ),
    ] = None,
) -> Reply:
    """Describe the settings that `audit --set NAME=VALUE` and a configuration file take."""
    from trustdelta.config.describe import descriptions
    from trustdelta.errors import UnknownNameError
    from trustdelta.problems import suggestion

    known = descriptions()
    chosen = [d for d in known if name is None or name in (d.name, d.short, d.name.partition(".")[0])]
    if not chosen:
        hint = suggestion(str(name), {n for d in known for n in (d.name, d.short)})
        raise UnknownNameError(f"there is no setting {name!r}{hint}. See `trustdelta settings`.")
    return Reply([asdict(d) for d in chosen], [line for d in chosen for line in lines(d)])


def lines(setting: Description) -> Iterator[str]:
    """One setting as lines of text."""
    short = f" (or {setting.short})" if setting.short != setting.name else ""
    default = "" if setting.default in (None, "", {}, ()) else f"; default {setting.default}"
    yield f"{setting.name}{short}: {setting.type}{default}"
    yield from textwrap.wrap(setting.text, WIDTH, initial_indent="    ", subsequent_indent="    ")
