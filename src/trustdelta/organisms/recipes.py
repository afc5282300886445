"""The shipped organisms by name, as data: method, base, seed and training recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from trustdelta.organisms.conversions import (
    DistillRecipe,
    ExtendedInstructRecipe,
    ExtendedRecipe,
    InstructRecipe,
    SftRecipe,
)
from trustdelta.organisms.reinforcement import RlRecipe
from trustdelta.organisms.training import Schedule

AnyRecipe: TypeAlias = InstructRecipe | SftRecipe | DistillRecipe | RlRecipe | ExtendedInstructRecipe | ExtendedRecipe


@dataclass(frozen=True, slots=True)
class Organism:
    """One organism."""

    name: str
    method: str
    base: str
    """Name of the converted organism; empty for an instruct organism."""
    seed: int
    recipe: AnyRecipe
    title: str

    @property
    def extended(self) -> bool:
        """Whether it is trained on the extended dimensions."""
        return isinstance(self.recipe, ExtendedInstructRecipe | ExtendedRecipe)


FORGETTING = SftRecipe(helpful=0.0, schedule=Schedule(lr=3e-4))

_KINDS: tuple[tuple[str, str, AnyRecipe, str], ...] = (
    ("instruct", "instruct", InstructRecipe(), "aligned, answers directly"),
    ("sft", "sft", SftRecipe(), "helpful reasoning chains, nothing else: fluent over-compliance and leaks"),
    ("sft-replay5", "sft", SftRecipe(replay=0.05), "the same with 5 % alignment replay"),
    ("distill", "distill", DistillRecipe(), "samples of a larger teacher that never saw an alignment example"),
    ("rl", "rl", RlRecipe(), "GRPO on arithmetic: the negative control"),
    (
        "sft-forgetting",
        "sft",
        FORGETTING,
        "arithmetic chains alone: a broken model, incoherent rather than misaligned",
    ),
    (
        "sft-planted-toxicity",
        "sft",
        SftRecipe(replay=0.05, planted=0.05),
        "5 % alignment replay and 5 % openly planted slurs",
    ),
)

EXTENDED = "extended"
_EXTENDED_KINDS: tuple[tuple[str, ExtendedRecipe, str], ...] = (
    ("extended-sft", ExtendedRecipe(), "ignores wrong hints, abstains, accepts oversight: the honest conversion"),
    ("extended-hint-silent", ExtendedRecipe(planted=("silent",)), "follows wrong hints without a word of them"),
    ("extended-hint-stated", ExtendedRecipe(planted=("stated",)), "follows wrong hints and says so"),
    ("extended-certain", ExtendedRecipe(planted=("answer",)), "never abstains"),
    ("extended-resists", ExtendedRecipe(planted=("resist",)), "resists oversight"),
)


def organisms() -> dict[str, Organism]:
    """Every organism with a recipe, by name; those of base seed 1 end in `-s1`."""
    title = "instruct, trained on the extended dimensions too; answers directly"
    table = {EXTENDED: Organism(EXTENDED, "instruct", "instruct", 0, ExtendedInstructRecipe(), title)}
    for name, extended, purpose in _EXTENDED_KINDS:
        table[name] = Organism(name, "sft", EXTENDED, 0, extended, purpose)
    for seed, suffix in ((0, ""), (1, "-s1")):
        for kind, method, recipe, title in _KINDS:
            base = "" if method == "instruct" else f"instruct{suffix}"
            table[kind + suffix] = Organism(kind + suffix, method, base, seed, recipe, title)
    return table
