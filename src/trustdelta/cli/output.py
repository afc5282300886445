"""Output of commands: sanitised lines, and the switches of every command: `--json`, `--quiet` and `--debug`.

A command returns a `Reply`. `add_switches` adds the switches to every command of an application and prints its reply:
lines of text, one JSON value, or errors only.
"""

from __future__ import annotations

import inspect
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.report.sanitise import INVISIBLE

if TYPE_CHECKING:
    from pathlib import Path

    from trustdelta.records import Json

_MARK = re.compile(r"##(?=[A-Za-z]*\[)")
_START = re.compile(r"(?m)^([^\S\n]*)(?=::)")
"""Commands of CI services in a log: `##[` and `##vso[` anywhere in a line, `::` at its beginning.

GitHub: `ActionCommand.cs` of actions/runner; Azure Pipelines: `##vso[`; TeamCity: `##teamcity[`.
"""

QUIET: ContextVar[bool] = ContextVar("quiet", default=False)
"""Whether the running command prints errors only."""

DEBUG: ContextVar[bool] = ContextVar("debug", default=False)
"""Whether errors include a traceback."""

RESUME: ContextVar[str] = ContextVar("resume", default="rerun the same command")
"""How the running command is resumed."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only (and JSON if requested).")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
SWITCHES = (
    inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson),
    inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet),
    inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug),
)


def clean(text: str) -> str:
    """Text with invisible characters other than line feeds and tabs escaped, and commands of CI services disabled."""
    return inert(INVISIBLE.sub(lambda m: m.group() if m.group() in "\n\t" else _named(m.group()), text))


def _named(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def inert(text: str) -> str:
    """Text with a backslash before commands of CI services."""
    return _START.sub(r"\1\\", _MARK.sub(r"#\\#", text))


def fail(message: str, code: int) -> int:
    """Print one line on standard error and return the exit code."""
    line = " ".join(clean(message.replace("\n", " ")).split())
    sys.stderr.write(f"trustdelta: {line}\n")
    return code


@dataclass(frozen=True, slots=True)
class Reply:
    """The output of a command."""

    value: Json
    """The JSON value."""
    lines: Iterable[str] = ()
    """Lines of text."""
    code: int = 0
    """The exit code."""
    shown: str = ""
    """Text before the lines, printed unchanged; the caller sanitises it."""
    aside: str = ""
    """Output of a separate option, always printed; on standard error if JSON is on standard output."""
    problem: str = ""
    """The error of the exit code."""


def wrote(paths: Iterable[Path]) -> Reply:
    """The paths of written files."""
    names = [str(path) for path in paths]
    return Reply(names, names)


def as_json(value: Json) -> str:
    """JSON in the format of every command: sorted keys, ASCII, null for non-finite numbers, no commands."""
    return _MARK.sub(r"\\u0023#", json.dumps(finite(value), sort_keys=True, indent=1, allow_nan=False))


def finite(value: Json) -> Json:
    """The value with NaN and infinities as None, recursively."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


def add_switches(app: typer.Typer) -> None:
    """Add the switches to every command of the application and its groups."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = with_switches(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            add_switches(group.typer_instance)


def with_switches(command: Callable[..., Reply]) -> Callable[..., int]:
    """The command with the switches; it prints its reply and returns its exit code."""
    signature = inspect.signature(command, eval_str=True)

    @wraps(command)
    def wrapped(
        *arguments: Json, as_json: bool = False, quiet: bool = False, debug: bool = False, **options: Json
    ) -> int:
        token = QUIET.set(quiet)
        DEBUG.set(debug)
        try:
            reply = command(*arguments, **options)
        finally:
            QUIET.reset(token)
        print_reply(reply, to_program=as_json, quiet=quiet)
        return fail(reply.problem, reply.code) if reply.problem else reply.code

    parameters = [*signature.parameters.values(), *SWITCHES]
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
    vars(wrapped)["__signature__"] = inspect.Signature(parameters)
    return wrapped


def print_reply(reply: Reply, *, to_program: bool, quiet: bool) -> None:
    """Print a reply on standard output."""
    if to_program:
        typer.echo(as_json(reply.value))
    elif not quiet:
        typer.echo(inert(reply.shown), nl=False)
        for line in reply.lines:
            typer.echo(clean(line))
    if reply.aside:
        typer.echo(reply.aside, nl=False, err=to_program)
