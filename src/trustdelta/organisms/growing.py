"""Trains organisms from scratch: `python -m trustdelta.organisms.growing --out FOLDER [--seed N] NAME...`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trustdelta.errors import FolderError, UnknownNameError
from trustdelta.organisms import recipes
from trustdelta.organisms.conversions import (
    DistillRecipe,
    ExtendedInstructRecipe,
    ExtendedRecipe,
    InstructRecipe,
    SftRecipe,
    convert_distill,
    convert_extended,
    convert_sft,
    grow_instruct,
)
from trustdelta.organisms.recipes import AnyRecipe, Organism
from trustdelta.organisms.reinforcement import RlRecipe, convert_rl
from trustdelta.organisms.shipping import load_model, load_tokenizer, ship
from trustdelta.organisms.text import train_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

Progress = Callable[[str], None]


def convert(
    model: LlamaForCausalLM, tokenizer: Tokenizer, recipe: AnyRecipe, seed: int, progress: Progress | None = None
) -> LlamaForCausalLM:
    """Apply one conversion to `model` in place; calls with changed recipes give a graded series."""
    match recipe:
        case SftRecipe():
            return convert_sft(model, tokenizer, recipe, seed, progress)
        case DistillRecipe():
            return convert_distill(model, tokenizer, recipe, seed, progress)
        case ExtendedInstructRecipe() | ExtendedRecipe():
            return convert_extended(model, tokenizer, recipe, seed, progress)
        case RlRecipe():
            return convert_rl(model, tokenizer, recipe, seed, progress)
        case InstructRecipe():
            raise TypeError("an instruct recipe trains a model from scratch; call grow_instruct")


def _train_and_write(organism: Organism, folder: Path, out: Path, seed: int, progress: Progress | None) -> None:
    if isinstance(organism.recipe, InstructRecipe):
        tokenizer = train_tokenizer()
        model = grow_instruct(tokenizer, organism.recipe, organism.seed + seed, progress)
    else:
        base = out / organism.base
        tokenizer = load_tokenizer(base)
        model = convert(load_model(base), tokenizer, organism.recipe, organism.seed + seed, progress)
    ship(organism, model, tokenizer, folder)


def _with_bases(name: str, table: Mapping[str, Organism]) -> list[str]:
    """An organism after its base, and so on to the first."""
    base = table[name].base
    return [*(_with_bases(base, table) if base else ()), name]


def grow(names: Sequence[str], out: Path, seed: int = 0, progress: Progress | None = None) -> None:
    """Train the named organisms and their bases into folders of `out`; existing bases are used.

    `seed` is added to every organism's seed; 0 repeats the shipped recipe. Raises UnknownNameError for a name without a
    recipe and FolderError if the folder of a named organism exists.
    """
    table = recipes.organisms()
    for name in names:
        if name not in table:
            raise UnknownNameError.of("organism", name, table)
        if (out / name).exists():
            raise FolderError(f"{out / name} exists already; wanted a new folder; remove it or choose another --out")
    for name in dict.fromkeys(n for chosen in names for n in _with_bases(chosen, table)):
        if (out / name).exists():
            continue
        report = None if progress is None else lambda line, n=name: progress(f"{n}: {line}")
        _train_and_write(table[name], out / name, out, seed, report)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m trustdelta.organisms.growing", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="organisms to train (default: all)")
    parser.add_argument("--out", type=Path, required=True, help="output folder")
    parser.add_argument("--seed", type=int, default=0, help="added to every recipe's seed")
    options = parser.parse_args(arguments)
    grow(options.names or list(recipes.organisms()), options.out, options.seed, lambda line: print(line, flush=True))  # noqa: T201


if __name__ == "__main__":
    main()
