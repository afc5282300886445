"""The shipped organisms by name, as data: method, base, seed and training recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from trustdelta.organisms.conversions import DistillRecipe, InstructRecipe, SftRecipe
from trustdelta.organisms.reinforcement import RlRecipe
from trustdelta.organisms.training import Schedule

AnyRecipe: TypeAlias = InstructRecipe | SftRecipe | DistillRecipe | RlRecipe


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


def organisms() -> dict[str, Organism]:
    """Every organism with a recipe, by name; those of base seed 1 end in `-s1`."""
    table = {}
    for seed, suffix in ((0, ""), (1, "-s1")):
        for kind, method, recipe, title in _KINDS:
            base = "" if method == "instruct" else f"instruct{suffix}"
            table[kind + suffix] = Organism(kind + suffix, method, base, seed, recipe, title)
    return table
