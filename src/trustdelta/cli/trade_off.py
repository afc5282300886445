"""The `study trade-off` command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.output import Bars, clean

if TYPE_CHECKING:
    from trustdelta.report.studies.trade_off import TradeOff

EXAMPLE = "Example: trustdelta study trade-off organism:instruct organism:sft --out studies/path"


def register(app: typer.Typer) -> None:
    """Add this command to the `study` commands."""
    app.command("trade-off", epilog=EXAMPLE)(trade_off)


def trade_off(  # noqa: PLR0913 - the signature is the command's interface
    baseline: Annotated[str, typer.Argument(help="organism:NAME, hub id or folder of the baseline.")],
    candidate: Annotated[str, typer.Argument(help="The same of the candidate: one architecture, one vocabulary.")],
    out: Annotated[Path, typer.Option(help="Folder; the same command goes on where it was stopped.")],
    points: Annotated[int, typer.Option(min=2, max=101, help="Mixes that are audited, both ends among them.")] = 11,
    keep: Annotated[float, typer.Option(min=0, max=1, help="Share of the gain that a mix must keep.")] = 0.9,
    profile: Annotated[str, typer.Option(help="quick, standard, full or paper.")] = "quick",
    setting: Annotated[list[str] | None, typer.Option("--set", help="Any setting of an audit, as KEY=VALUE.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Mix the weights of two models, audit points on the path, recommend one that keeps gain and trust, if one does."""
    from trustdelta.cli.audit import settings
    from trustdelta.report.studies.trade_off import as_json as dumped
    from trustdelta.study import trade_off as study

    shares = tuple(round(n / (points - 1), 4) for n in range(points))
    asked = study.Asked(baseline, candidate, shares, keep, profile, settings(setting))
    with Bars(quiet=quiet or as_json) as bars:
        result = study.trade_off(asked, out, bars)
    if as_json:
        typer.echo(dumped(result), nl=False)
    elif not quiet:
        _print(result, out)


def _print(result: TradeOff, out: Path) -> None:
    from trustdelta.report.studies.trade_off import dimensions, kept_of

    names = dimensions(result)
    typer.echo(clean("share  gain kept  " + "".join(f"{d.value:<16}" for d in names)))
    for mix in result.mixes:
        words = "".join(f"{mix.points[d].verdict.value if d in mix.points else '-':<16}" for d in names)
        typer.echo(clean(f"{mix.share:<5.2f}  {kept_of(mix):>9}  {words}"))
    typer.echo(clean(result.reason))
    typer.echo(f"page: {out / 'trade-off.html'}")
