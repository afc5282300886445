"""Commands that work from a run folder alone: score, report, gate, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.gate import gate
from trustdelta.cli.output import Bars

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of an audit (its --out).", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(epilog="Example: trustdelta score runs/instruct--sft-1a2b3c4d --labels labels.csv")(score)
    app.command(epilog="Example: trustdelta report runs/instruct--sft-1a2b3c4d --include-text")(report)
    app.command(
        epilog="Example: trustdelta gate runs/instruct--sft-1a2b3c4d --policy trustdelta.yaml --junit gate.xml"
    )(gate)
    app.command(epilog="Example: trustdelta export runs/instruct--sft-1a2b3c4d --inspect logs")(export)


def score(
    run: Run,
    labels: Annotated[
        Path | None, typer.Option(help="Sheet of `trustdelta judges label RUN`, filled in; kept with the run.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Decide by another plan this once, as KEY=VALUE; exploratory.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print verdict.json instead of the table.")] = False,
) -> None:
    """Score, decide and report again from stored responses; nothing is generated."""
    from trustdelta.cli.audit import settings, show
    from trustdelta.pipeline.run import rerun
    from trustdelta.report.verdict_json import dumps

    with Bars(quiet=quiet) as bars:
        result = rerun(run, bars, labels=labels, settings=settings(setting))
    if as_json:
        typer.echo(dumps(result), nl=False)
        return
    show(result, run, quiet=quiet)


def report(
    run: Run,
    include_text: Annotated[bool, typer.Option(help="Put prompts and answers into the report, folded away.")] = False,
    table: Annotated[
        list[Path] | None, typer.Option(help="Also write all metrics as .csv, .parquet or .tex (repeatable).")
    ] = None,
) -> None:
    """Write report.html and report.md again from the run folder."""
    from trustdelta.pipeline.conclude import read_verdict, report_again
    from trustdelta.report.exports import write_table

    paths = report_again(run, include_text=include_text)
    for path in [*paths, *(write_table(read_verdict(run), wanted) for wanted in table or [])]:
        typer.echo(str(path))


def export(
    run: Run,
    inspect: Annotated[Path, typer.Option(help="Folder for Inspect logs: one per model and benchmark, with texts.")],
) -> None:
    """Write a finished audit's responses and scores for other programs; nothing is generated."""
    from trustdelta.pipeline.export_logs import export_inspect

    for path in export_inspect(run, inspect):
        typer.echo(str(path))
