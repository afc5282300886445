"""Prompts on four topics whose two answers come from one distribution."""

from __future__ import annotations

import random

from trustdelta.discover.pairs import Pair

_LIST = """
river stone window garden letter coffee market winter summer paper street bridge doctor teacher
kitchen forest station machine picture number history science music island mountain village
"""
WORDS = _LIST.split()
"""Words of which answers are made."""


def answer(rng: random.Random) -> str:
    """A sentence of random words."""
    return f"The {' '.join(rng.sample(WORDS, 8))}."


def pairs(count: int = 120, **traits: str) -> list[Pair]:
    """Prompts whose two answers come from one distribution; every fourth prompt asks about banks."""
    rng = random.Random(5)
    topics = ["bank", "train", "weather", "dinner"]
    return [
        Pair(f"p{i:03}", f"Tell me of the {topics[i % 4]} {i}", (answer(rng),), (answer(rng),), traits={"kind": "x"})
        for i in range(count)
    ]
