"""The `organisms` commands: miniature models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustdelta.cli.bars import Bars
from trustdelta.cli.output import Reply, as_json, wrote
from trustdelta.errors import UsageError

app = typer.Typer(help="Miniature models: list, show, train.", no_args_is_help=True)


@app.command("list", epilog="Example: trustdelta organisms list")
def list_() -> Reply:
    """List the miniature models and their purposes."""
    from trustdelta import organisms

    cards = {name: organisms.card(name) for name in organisms.names()}
    return Reply(cards, (f"organism:{name:<26} {card['title']}" for name, card in cards.items()))


@app.command(epilog="Example: trustdelta organisms show sft")
def show(name: str) -> Reply:
    """Print the card of one miniature model as JSON."""
    from trustdelta import organisms

    return Reply(card := organisms.card(name), as_json(card).split("\n"))


GROW = """Examples:

trustdelta organisms grow instruct sft --out grown --seed 0

trustdelta organisms grow --series replay --seeds 3 --out series
"""


@app.command(epilog=GROW)
def grow(
    names: Annotated[list[str] | None, typer.Argument(help="Models to train.", show_default=False)] = None,
    out: Annotated[Path, typer.Option(help="Folder of the model folders.")] = Path("grown"),
    seed: Annotated[int, typer.Option(min=0, help="First seed.")] = 0,
    series: Annotated[str, typer.Option(help="Train this series of conversions instead.")] = "",
    base: Annotated[list[str] | None, typer.Option(help="Instruct organism of the series (default: both).")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Conversion seeds of the series.")] = 1,
) -> Reply:
    """Train the miniature models from scratch (minutes on one core), or a series of conversions of a shipped one.

    Rerun the same command to resume an interrupted series.
    """
    from trustdelta import organisms

    names = names or []
    if bool(names) == bool(series):
        raise UsageError("organisms grow takes names or --series NAME, one of the two; see trustdelta organisms list.")
    if series:
        with Bars() as bars:
            return wrote(organisms.grow_series(series, out, base, range(seed, seed + seeds), bars.note))
    with Bars() as bars:
        organisms.grow(names, out, seed, bars.note)
    return wrote(out / name for name in names)
