"""Printing: clean lines on standard error, and the switches of every command: `--json`, `--quiet` and `--debug`.

A command returns a `Reply`. `speak` gives every command of an application the switches and prints its reply: lines for
people, or one JSON value, or nothing but errors.
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
"""What a CI service takes for a command in a log: `##[` and `##vso[` anywhere in a line, `::` where it begins.

GitHub: `ActionCommand.cs` of actions/runner; Azure Pipelines: `##vso[`; TeamCity: `##teamcity[`.
"""

QUIET: ContextVar[bool] = ContextVar("quiet", default=False)
"""Whether the command under way prints nothing but errors."""

DEBUG: ContextVar[bool] = ContextVar("debug", default=False)
"""Whether an error is shown with its traceback."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors (and JSON where asked).")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
SWITCHES = (
    inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson),
    inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet),
    inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug),
)


def clean(text: str) -> str:
    """Text with every invisible character but line feeds and tabs named, and no line a command to a CI service."""
    return inert(INVISIBLE.sub(lambda m: m.group() if m.group() in "\n\t" else _named(m.group()), text))


def _named(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def inert(text: str) -> str:
    """Text with a backslash where a CI service would take a line for a command."""
    return _START.sub(r"\1\\", _MARK.sub(r"#\\#", text))


def fail(message: str, code: int) -> int:
    """Print one line on standard error and return the exit code."""
    line = " ".join(clean(message.replace("\n", " ")).split())
    sys.stderr.write(f"trustdelta: {line}\n")
    return code


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command has to say: `lines` for people, `value` for programs, and its exit code.

    `shown` stands before the lines and is printed as it is: its maker has made it safe. `aside` is output that was
    asked for by an option of its own: printed always, on standard error where JSON has standard output. `problem` is
    the error that goes with the exit code.
    """

    value: Json
    lines: Iterable[str] = ()
    code: int = 0
    shown: str = ""
    aside: str = ""
    problem: str = ""


def wrote(paths: Iterable[Path]) -> Reply:
    """The files that a command wrote."""
    names = [str(path) for path in paths]
    return Reply(names, names)


def as_json(value: Json) -> str:
    """JSON as every command prints it: keys sorted, ASCII, numbers that JSON lacks as null, no command in it."""
    return _MARK.sub(r"\\u0023#", json.dumps(finite(value), sort_keys=True, indent=1, allow_nan=False))


def finite(value: Json) -> Json:
    """The value with NaN and infinities as None, whatever it holds."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


def speak(app: typer.Typer) -> None:
    """Give every command of the application, and of those in it, the switches."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = spoken(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            speak(group.typer_instance)


def spoken(command: Callable[..., Reply]) -> Callable[..., int]:
    """The command with the switches, printing its reply and returning its exit code."""
    signature = inspect.signature(command, eval_str=True)

    @wraps(command)
    def speaking(*given: Json, as_json: bool = False, quiet: bool = False, debug: bool = False, **named: Json) -> int:
        token = QUIET.set(quiet)
        DEBUG.set(debug)
        try:
            reply = command(*given, **named)
        finally:
            QUIET.reset(token)
        say(reply, to_program=as_json, quiet=quiet)
        return fail(reply.problem, reply.code) if reply.problem else reply.code

    parameters = [*signature.parameters.values(), *SWITCHES]
    speaking.__annotations__ = {p.name: p.annotation for p in parameters}
    vars(speaking)["__signature__"] = inspect.Signature(parameters)
    return speaking


def say(reply: Reply, *, to_program: bool, quiet: bool) -> None:
    """Print a reply on standard output."""
    if to_program:
        typer.echo(as_json(reply.value))
    elif not quiet:
        typer.echo(inert(reply.shown), nl=False)
        for line in reply.lines:
            typer.echo(clean(line))
    if reply.aside:
        typer.echo(reply.aside, nl=False, err=to_program)
