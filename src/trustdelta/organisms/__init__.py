"""Organisms: miniature models in a small synthetic world, and the recipe that grows them.

They are ordinary Hugging Face folders inside this package. They show what the audit looks for at a size that trains in
seconds; they say nothing about real language models.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from trustdelta.errors import UnknownNameError
from trustdelta.records import Json

MODELS = Path(__file__).parent / "models"


def names() -> tuple[str, ...]:
    """Names of the shipped organisms, sorted."""
    return tuple(sorted(card.parent.name for card in MODELS.glob("*/card.json")))


def folder(name: str) -> Path:
    """The folder of one shipped organism, as transformers loads it; raises UnknownNameError."""
    if name not in names():
        raise UnknownNameError.of("organism", name, names())
    return MODELS / name


def card(name: str) -> dict[str, Json]:
    """What is known of one shipped organism: recipe, seed, base, measured scores, hash of its weights."""
    loaded: dict[str, Json] = json.loads((folder(name) / "card.json").read_text(encoding="utf-8"))
    return loaded


def grow(wanted: Sequence[str], out: Path, seed: int = 0, progress: Callable[[str], None] | None = None) -> None:
    """Rebuild organisms from nothing as folders of `out`; raises UnknownNameError and FolderError. Imports torch."""
    from trustdelta.organisms.growing import grow as build

    build(wanted, out, seed, progress)


def grow_series(
    name: str,
    out: Path,
    bases: Sequence[str] | None = None,
    seeds: Sequence[int] = (0,),
    progress: Callable[[str], None] | None = None,
) -> Iterator[Path]:
    """Grow a graded series of conversions as folders of `out`, one yielded as it is finished; imports torch.

    From each of the shipped `bases` (None: both), once per conversion seed. Goes on where it was stopped. Raises
    UnknownNameError.
    """
    from trustdelta.organisms import series

    wanted = [m for seed in seeds for base in bases or series.BASES for m in series.members(name, base, seed)]
    return (series.grow(member, out, progress) for member in wanted)
