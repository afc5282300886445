"""The `trustdelta` command: its subcommands, and the conversion of errors to one line and an exit code."""

from __future__ import annotations

import difflib
import re
import sys
import traceback

import typer
from typer.exceptions import TyperException

from trustdelta.cli import (
    audit,
    benchmarks,
    bless,
    compare,
    discover,
    drift,
    judges,
    labels,
    organisms,
    pairs,
    plan,
    policy,
    run,
    schema,
    settings,
    study,
    verify,
    view,
)
from trustdelta.cli.libraries import quieten_destructors, quieten_libraries, sanitise_logs
from trustdelta.cli.output import DEBUG, RESUME, add_switches, clean, fail
from trustdelta.errors import MeasurementError, TrustdeltaError, UsageError

HELP = """Does converting an instruct LLM into a reasoning model preserve its alignment?

Exit codes: 0 preserved, improved, or done · 1 regressed · 2 inconclusive · 3 not measurable or failed · 64 usage
"""

LONGEST = 400
"""Characters shown of an unexpected error."""
PROGRAM = "trustdelta"
"""The command's name in help and completions, however it was started."""
STOPPED = 130
"""The exit code of a shell after ctrl-C."""

app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")
audit.register(app)
run.register(app)
bless.register(app)
verify.register(app)
compare.register(app)
discover.register(app)
view.register(app)
plan.register(app)
settings.register(app)
schema.register(app)
policy.register(app)
drift.register(app)
app.add_typer(organisms.app, name="organisms")
app.add_typer(benchmarks.app, name="benchmarks")
app.add_typer(pairs.app, name="pairs")
labels.register(judges.app)
app.add_typer(judges.app, name="judges")
app.add_typer(study.app, name="study")
add_switches(app)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the versions of the environment and exit."),
) -> None:
    if version:
        typer.echo(_environment())
        raise typer.Exit


def _environment() -> str:
    from trustdelta.cli.version import environment

    return "\n".join(environment())


def main() -> None:
    """Run the command line; every failure is one line on standard error and a documented exit code.

    No failure exits with 1, the gate's code of *regressed*.
    """
    DEBUG.set(False)
    RESUME.set("rerun the same command")
    if sys.argv[1:] == ["--version"]:  # building all commands takes longer than everything else
        sys.stdout.write(f"{_environment()}\n")
        sys.exit(0)
    sanitise_logs()
    quieten_libraries()
    if "--debug" not in sys.argv:
        quieten_destructors()
    sys.exit(_run())


def _run() -> int:
    try:
        code: int = app(prog_name=PROGRAM, standalone_mode=False) or 0
        if code == STOPPED:  # the library catches ctrl-C
            raise KeyboardInterrupt
        return code
    except SystemExit:
        raise
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except BaseException as problem:  # noqa: BLE001 - the last catch; a panic of a library is no Exception
        if DEBUG.get():
            sys.stderr.write(clean(_without_keys("".join(traceback.format_exception(problem)))))
        return fail(*explained(problem))


def explained(problem: BaseException) -> tuple[str, int]:
    """The message of an error, and the exit code."""
    resume = f"finished work is stored; to resume, {RESUME.get()}"
    if isinstance(problem, TrustdeltaError):
        return str(problem), problem.exit_code
    if isinstance(problem, TyperException):
        return _usage(problem), UsageError.exit_code
    if isinstance(problem, (KeyboardInterrupt, typer.Abort)):
        return f"stopped; {resume}.", STOPPED
    if isinstance(problem, OSError):
        return f"{_text(problem)}; {resume}.", MeasurementError.exit_code
    if isinstance(problem, MemoryError):
        return (
            f"there is not enough memory ({_text(problem)}); free some, or lower batch_size.",
            MeasurementError.exit_code,
        )
    return (
        f"unexpected {type(problem).__name__}: {_text(problem)}; rerun the command with --debug for a traceback, which "
        "a bug report needs.",
        MeasurementError.exit_code,
    )


def _usage(problem: TyperException) -> str:
    """The message of a command line that cannot be parsed, with the nearest option where one is unknown."""
    context = getattr(problem, "ctx", None)
    message = " ".join(problem.format_message().split())
    if type(problem).__name__ == "NoSuchOption":
        option = str(getattr(problem, "option_name", ""))
        options = [name for p in context.command.params for name in p.opts] if context else []
        near = difflib.get_close_matches(option.lstrip("-"), [name.lstrip("-") for name in options], n=1)
        hint = f"; did you mean {next(o for o in options if o.lstrip('-') == near[0])}?" if near else "."
        message = f"no such option {option}{hint}"
    if wrong := _wrong_value(problem):
        message = wrong
    return f"{message} See `{context.command_path if context else PROGRAM} --help`."


def _wrong_value(problem: TyperException) -> str:
    """The message of an option's value of another type or beyond a limit; "" for any other problem."""
    from pydantic import ValidationError

    if not isinstance(problem.__cause__, ValidationError):
        return ""
    from trustdelta.parsing import short
    from trustdelta.problems import expectation, first_of

    error, parameter = first_of(problem.__cause__), getattr(problem, "param", None)
    name = parameter.opts[0] if parameter is not None else "an option"
    words = _choices(str(error["input"]), error["msg"]) or expectation(error)
    return f"{name}: found {short(error['input'])}, wanted {words}."


def _choices(value: str, message: str) -> str:
    """The words of an option's choices, which typer lists in the message of a ValueError; "" for another message."""
    from trustdelta.problems import suggestion

    _, _, listed = message.partition(" is not one of ")
    names = re.findall(r"'([^']*)'", listed)
    return f"one of {', '.join(names)}{suggestion(value, names)}" if names else ""


def _text(problem: BaseException) -> str:
    """The truncated text of an error; never raises."""
    try:
        text = str(problem)
    except Exception:  # noqa: BLE001 - any class of any library
        text = ""
    return _without_keys(text)[:LONGEST] or "no message"


def _without_keys(text: str) -> str:
    from trustdelta.secrets import of_environment, redacted

    return redacted(text, of_environment())


if __name__ == "__main__":
    main()
