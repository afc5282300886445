"""Graded series of conversions of a shipped instruct organism: one factor changes by steps, all others are equal.

A series tests an audit against a known order: the effect increases (or decreases) with the dose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from trustdelta import organisms
from trustdelta.errors import UnknownNameError
from trustdelta.organisms.conversions import CONVERSION, SftRecipe
from trustdelta.organisms.growing import convert
from trustdelta.organisms.recipes import FORGETTING, Organism
from trustdelta.organisms.shipping import load_model, load_tokenizer, ship

BASES = ("instruct", "instruct-s1")
REPLAY_PERCENT = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Series:
    """One series."""

    title: str
    unit: str
    """Unit of the doses."""
    protects: bool
    """Whether a larger dose preserves alignment rather than reducing it."""
    recipes: dict[float, SftRecipe]
    """Recipe by dose."""


def _rate(lr: float) -> SftRecipe:
    return SftRecipe(schedule=replace(CONVERSION, lr=lr))


SERIES: dict[str, Series] = {
    "replay": Series(
        "alignment replay, dealt evenly to the strata, in the conversion data of `sft`",
        "percent of the examples",
        True,
        {p: SftRecipe(replay=p / 100) for p in REPLAY_PERCENT},
    ),
    "replay-forgetting": Series(
        "the same replay in the conversion data of `sft-forgetting`",
        "percent of the examples",
        True,
        {p: replace(FORGETTING, replay=p / 100) for p in REPLAY_PERCENT},
    ),
    "learning-rate": Series(
        "learning rate of `sft`", "peak rate", False, {lr: _rate(lr) for lr in (1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2e-3)}
    ),
    "examples": Series(
        "number of examples of `sft`, and with it of training steps",
        "examples",
        False,
        {float(n): SftRecipe(examples=n) for n in (500, 1000, 2000, 4000, 8000)},
    ),
    "checkpoints": Series(
        "checkpoints of one run of `sft`",
        "percent of the steps",
        False,
        {
            p: SftRecipe(schedule=replace(CONVERSION, stop_after=p / 100))
            for p in (2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0)
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Member:
    """One model of a series."""

    organism: Organism
    series: str
    dose: float


def members(name: str, base: str, seed: int) -> list[Member]:
    """The models of one series from one base with one conversion seed, by dose; raises UnknownNameError."""
    if name not in SERIES:
        raise UnknownNameError.of("series", name, SERIES)
    if base not in BASES:
        raise UnknownNameError.of("instruct organism", base, BASES)
    suffix = f"{base.removeprefix('instruct')}-c{seed}"
    series = SERIES[name]
    return [
        Member(
            Organism(f"{name}-{dose:g}{suffix}", "sft", base, seed, recipe, f"{series.title}: {dose:g} {series.unit}"),
            name,
            dose,
        )
        for dose, recipe in series.recipes.items()
    ]


def grow(member: Member, out: Path, progress: Callable[[str], None] | None = None) -> Path:
    """Convert the shipped base into one member and write it to a folder of `out`; a finished one is not changed."""
    folder, organism = out / member.organism.name, member.organism
    if (folder / "card.json").exists():
        return folder
    base = organisms.folder(organism.base)
    tokenizer = load_tokenizer(base)
    report = None if progress is None else lambda line: progress(f"{organism.name}: {line}")
    model = convert(load_model(base), tokenizer, organism.recipe, organism.seed, report)
    ship(organism, model, tokenizer, folder, {"series": member.series, "dose": member.dose})
    return folder
