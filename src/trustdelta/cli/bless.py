"""The `bless` command: pins a run's verdict as the accepted state of its pair."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.output import Reply
from trustdelta.errors import UsageError

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of an audit (its --out).", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog="Example: trustdelta bless runs/audit --reason 'Accepted for release 2.1.'")(bless)


def bless(
    run: Run,
    reason: Annotated[str, typer.Option(help="Why this state is accepted; it is in every later report of the gate.")],
    to: Annotated[Path, typer.Option(help="File to commit beside the policy.")] = Path("trustdelta-blessed.json"),
) -> Reply:
    """Pin a run's verdict, so that `trustdelta gate --blessed FILE` stops only for what is new or worse."""
    from trustdelta.files import save_text
    from trustdelta.pipeline.conclude import check_all, read_verdict
    from trustdelta.report.blessed import dumps, of

    if not reason.strip():
        raise UsageError("bless: found an empty --reason, wanted why this state is accepted.")
    result = read_verdict(run)
    check_all(run)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    blessed = of(result, day, reason.strip())
    save_text(to, dumps(blessed))
    regressed = [name for name, m in blessed.metrics.items() if m.verdict.value == "regressed"]
    line = f"{to}: {len(blessed.metrics)} metrics blessed, {len(regressed)} of them regressed"
    return Reply({"written": str(to), "regressed": regressed}, (line,))
