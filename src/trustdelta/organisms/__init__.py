"""Organisms: miniature models of a small synthetic world, and the recipes that train them.

They are ordinary Hugging Face folders inside this package. They show the effects that an audit measures at a size that
trains in seconds; results do not transfer to real language models.
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
    """The Hugging Face folder of one shipped organism; raises UnknownNameError."""
    if name not in names():
        raise UnknownNameError.of("organism", name, names())
    return MODELS / name


def card(name: str) -> dict[str, Json]:
    """The card of one shipped organism: recipe, seed, base, measured scores, hash of its weights."""
    loaded: dict[str, Json] = json.loads((folder(name) / "card.json").read_text(encoding="utf-8"))
    return loaded


def grow(chosen: Sequence[str], out: Path, seed: int = 0, progress: Callable[[str], None] | None = None) -> None:
    """Train organisms from scratch into folders of `out`; raises UnknownNameError and FolderError. Imports torch."""
    from trustdelta.organisms.growing import grow as build

    build(chosen, out, seed, progress)


def grow_series(
    name: str,
    out: Path,
    bases: Sequence[str] | None = None,
    seeds: Sequence[int] = (0,),
    progress: Callable[[str], None] | None = None,
) -> Iterator[Path]:
    """Train a graded series of conversions into folders of `out`, yielding each finished one; imports torch.

    From each of the shipped `bases` (None: both), once per conversion seed. A rerun resumes. Raises UnknownNameError.
    """
    from trustdelta.organisms import series

    members = [m for seed in seeds for base in bases or series.BASES for m in series.members(name, base, seed)]
    return (series.grow(member, out, progress) for member in members)
