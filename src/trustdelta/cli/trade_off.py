"""The `study trade-off` command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.bars import Bars
from trustdelta.cli.output import Reply
from trustdelta.profiles import NAMES
from trustdelta.records import Dimension

if TYPE_CHECKING:
    from trustdelta.report.studies.trade_off import TradeOff

EXAMPLE = "Example: trustdelta study trade-off organism:instruct organism:sft --out studies/path"


def register(app: typer.Typer) -> None:
    """Add this command to the `study` commands."""
    app.command("trade-off", epilog=EXAMPLE)(trade_off)


def trade_off(  # noqa: PLR0913 - the signature is the command's interface
    baseline: Annotated[str, typer.Argument(help="organism:NAME, hub id or folder of the baseline.")],
    candidate: Annotated[str, typer.Argument(help="The same for the candidate, of equal architecture and vocabulary.")],
    out: Annotated[Path, typer.Option(help="Folder; rerun the same command to resume.")],
    points: Annotated[int, typer.Option(min=2, max=101, help="Audited mixes, including both ends.")] = 11,
    keep: Annotated[float, typer.Option(min=0, max=1, help="Fraction of the gain that a mix must retain.")] = 0.9,
    guard: Annotated[
        list[Dimension] | None,
        typer.Option(help="Dimension that a certified mix must preserve (default: all of trust)."),
    ] = None,
    profile: Annotated[str, typer.Option(help=f"One of {NAMES}.")] = "quick",
    setting: Annotated[list[str] | None, typer.Option("--set", help="Any setting of an audit, as KEY=VALUE.")] = None,
) -> Reply:
    """Interpolate the weights of two models, audit the mixes, and recommend one that retains gain and trust, if any."""
    from trustdelta.cli.audit import settings
    from trustdelta.report.studies.trade_off import as_json as dumped
    from trustdelta.study import trade_off as study

    shares = tuple(round(n / (points - 1), 4) for n in range(points))
    options = study.TradeOffOptions(baseline, candidate, shares, keep, profile, settings(setting), tuple(guard or ()))
    with Bars() as bars:
        result = study.trade_off(options, out, bars)
    return Reply(json.loads(dumped(result)), tuple(mix_lines(result, out)))


def mix_lines(result: TradeOff, out: Path) -> Iterator[str]:
    """A line for each mix, then the recommendation and the path of the page."""
    from trustdelta.report.studies.trade_off import dimensions, kept_low_of, kept_of

    names = dimensions(result)
    yield "share  gain kept  at least  " + "".join(f"{d.value:<16}" for d in names)
    for mix in result.mixes:
        words = "".join(f"{mix.points[d].verdict.value if d in mix.points else '-':<16}" for d in names)
        words += "certified" if mix.certified else ""
        yield f"{mix.share:<5.2f}  {kept_of(mix):>9}  {kept_low_of(mix):>8}  {words}".rstrip()
    yield result.reason
    yield f"page: {out / 'trade-off.html'}"
