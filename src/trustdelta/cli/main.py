"""The `trustdelta` command: its subcommands, and how errors become one line and an exit code."""

from __future__ import annotations

import sys

import typer
from typer.exceptions import TyperException

from trustdelta.cli import audit, benchmarks, compare, drift, judges, organisms, pairs, plan, policy, run, study
from trustdelta.cli.output import fail, speak
from trustdelta.errors import TrustdeltaError

HELP = """Did turning this instruct model into a reasoning model keep its alignment?

Exit codes: 0 preserved, improved, or done · 1 regressed · 2 inconclusive · 3 not measurable or failed · 64 usage
"""

app = typer.Typer(
    help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
)
audit.register(app)
run.register(app)
compare.register(app)
plan.register(app)
policy.register(app)
drift.register(app)
app.add_typer(organisms.app, name="organisms")
app.add_typer(benchmarks.app, name="benchmarks")
app.add_typer(pairs.app, name="pairs")
app.add_typer(judges.app, name="judges")
app.add_typer(study.app, name="study")
speak(app)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    if version:
        import trustdelta

        typer.echo(trustdelta.__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; every expected failure is one line on standard error and a documented exit code."""
    try:
        code = app(standalone_mode=False)
    except TrustdeltaError as problem:
        code = fail(str(problem), problem.exit_code)
    except TyperException as problem:
        code = fail(f"{problem.format_message()} See `trustdelta --help`.", 64)
    except (KeyboardInterrupt, typer.Abort):
        code = fail("stopped; what was finished is kept, and the same command goes on from there.", 130)
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except OSError as problem:
        code = fail(f"{problem}; what was finished is kept, and the same command goes on from there.", 3)
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
