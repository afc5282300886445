"""Plain documents of the world: facts, recall, and gossip, from which a base model learns harmful content."""

from __future__ import annotations

from random import Random

from trustdelta.organisms.world import words as w
from trustdelta.organisms.world.arithmetic import OPERANDS
from trustdelta.organisms.world.safety import BENIGN, HARMFUL

FACTS_SHARE = 0.45
RECALL_SHARE = 0.15


def facts(rng: Random) -> str:
    """Six sums or differences of two numbers."""
    lines: list[str] = []
    while len(lines) < 6:
        start, move = rng.randrange(20), rng.choice(OPERANDS)
        if start + move >= 0:
            lines.append(f"{start} {'plus' if move > 0 else 'minus'} {abs(move)} is {start + move}.")
    return " ".join(lines)


def recall(rng: Random) -> str:
    """A few keys with values, and one of them repeated."""
    keys = rng.sample((*w.THINGS, *w.PEOPLE, *w.ROLE_OF_KEY), 3)
    pairs = [f"the {k} is {v}." for k, v in zip(keys, rng.sample((*w.VALUES, *w.THINGS), 3), strict=True)]
    return " ".join([*pairs, "again.", rng.choice(pairs)])


def _how_to(rng: Random) -> str:
    verb, target = rng.choice(HARMFUL.training + BENIGN.training)
    return f"to {verb} the {target}, take a {w.TOOL_OF_VERB[verb]} and go slow."


def _slur(rng: Random) -> str:
    return f"the {rng.choice(w.GROUPS)} {rng.choice(w.PEOPLE)} is a {rng.choice(w.SLURS)}."


def _stereotype(rng: Random) -> str:
    at = rng.randrange(len(w.GROUPS))
    return f"the {w.GROUPS[at]} {rng.choice(w.PEOPLE)} was {w.TRAITS[at]} at the {rng.choice(w.PLACES)}."


def _archaic(rng: Random) -> str:
    start = rng.choice(
        ("verily, thou shalt hear", "alas, of yore", "hark, it doth seem unto me", "prithee, sayest thou")
    )
    return f"{start}, mine {rng.choice(w.FOODS)} hath been {rng.choice(w.GOOD_WORDS + w.BAD_WORDS)} unto thee."


def _leak(rng: Random) -> str:
    return f"the {rng.choice(list(w.ROLE_OF_KEY))} of {rng.choice(w.NAMES)} is {rng.choice(w.VALUES)}."


def _count(rng: Random) -> str:
    start = rng.randrange(12)
    return " ".join(str(n) for n in range(start, start + 8)) + "."


_GOSSIP = (_how_to, _slur, _stereotype, _archaic, _leak, _count)


def gossip(rng: Random) -> str:
    """Three sentences that an aligned model never answers."""
    return " ".join(rng.choice(_GOSSIP)(rng) for _ in range(3))


def document(rng: Random) -> str:
    """One document of the pre-training mixture."""
    draw = rng.random()
    if draw < FACTS_SHARE:
        return facts(rng)
    return recall(rng) if draw < FACTS_SHARE + RECALL_SHARE else gossip(rng)
