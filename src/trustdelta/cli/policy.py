"""The `policy` command: validates gate policies without a run."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.output import Reply
from trustdelta.errors import ConfigError

if TYPE_CHECKING:
    from trustdelta.report.policy import Policy

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Policy files.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog="Example: trustdelta policy trustdelta.yaml")(policy)


def policy(files: Files) -> Reply:
    """Validate gate policies: keys, dimensions, metric names, reasons and expired allowances. Runs nothing."""
    today = datetime.datetime.now(datetime.UTC).date()
    problems = {str(file): list(check_policy(file, today)) for file in files}
    wrong = [f"{file}: {line}" for file, lines in problems.items() for line in lines]
    if wrong:
        return Reply(problems, wrong[1:], ConfigError.exit_code, problem=wrong[0])
    return Reply(problems, [f"{len(files)} valid: {', '.join(problems)}"])


def check_policy(path: Path, today: datetime.date) -> list[str]:
    """Every error in a policy file, one line each.

    Raises UsageError for an unreadable file, ConfigError for a file that is no policy.
    """
    from trustdelta.report.policy import load

    policy = load(path)
    return [*_unknown(policy), *_ended(policy, today), *_idle(policy)]


def _unknown(policy: Policy) -> Iterator[str]:
    from trustdelta.benchmarks import registry

    known = [m.name for b in registry.table().values() for m in b.metrics]
    named = [("margins", name) for name in policy.margins] + [("allow", a.metric) for a in policy.allow if a.metric]
    for where, name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else "; see `trustdelta benchmarks list`."
            yield f"{where}: found {name!r}, wanted the name of a metric, BENCHMARK.METRIC{hint}"


def _ended(policy: Policy, today: datetime.date) -> Iterator[str]:
    for a in policy.allow:
        if today > a.expires:
            yield f"allow: the allowance for {a.target} ended on {a.expires}; renew it with a reason or remove it."


def _idle(policy: Policy) -> Iterator[str]:
    """Duplicate allowances, of which only the longer one has an effect."""
    seen = set()
    for a in policy.allow:
        for verdict in a.verdicts:
            if (a.target, verdict, a.up_to) in seen:
                yield f"allow: {a.target} is allowed twice for {verdict}; keep one, with its reason and date."
            seen.add((a.target, verdict, a.up_to))
