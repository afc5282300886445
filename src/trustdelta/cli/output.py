"""Printing: clean lines on standard error, and the two switches of every command, `--json` and `--quiet`.

A command returns a `Reply`. `speak` gives every command of an application both switches and prints its reply: lines for
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

if TYPE_CHECKING:
    from pathlib import Path

    from trustdelta.records import Json

UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control and bidirectional characters: never printed, whatever a model, a file or a user put in them."""

QUIET: ContextVar[bool] = ContextVar("quiet", default=False)
"""Whether the command under way prints nothing but errors."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors (and JSON where asked).")]
SWITCHES = (
    inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson),
    inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet),
)


def clean(text: str) -> str:
    """Text with control and bidirectional characters made visible."""
    return UNSAFE.sub(lambda m: f"\\x{ord(m.group()):02x}", text)


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
    """JSON as every command prints it: keys sorted, ASCII, numbers that JSON lacks as null."""
    return json.dumps(finite(value), sort_keys=True, indent=1, allow_nan=False)


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
    """Give every command of the application, and of those in it, `--json` and `--quiet`."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = spoken(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            speak(group.typer_instance)


def spoken(command: Callable[..., Reply]) -> Callable[..., int]:
    """The command with both switches, printing its reply and returning its exit code."""
    signature = inspect.signature(command, eval_str=True)

    @wraps(command)
    def speaking(*given: Json, as_json: bool = False, quiet: bool = False, **named: Json) -> int:
        token = QUIET.set(quiet)
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
        typer.echo(reply.shown, nl=False)
        for line in reply.lines:
            typer.echo(clean(line))
    if reply.aside:
        typer.echo(reply.aside, nl=False, err=to_program)
