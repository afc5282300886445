"""Arithmetic: sums and differences of one to three steps over small numbers, symbolic and as word problems."""

from __future__ import annotations

from itertools import product
from random import Random

from trustdelta.organisms.world.items import Case, Slots, Stratum

STARTS = range(16)
OPERANDS = (1, 2, 3, 4, -1, -2, -3, -4)
_TAKES = {True: "plus", False: "minus"}
_COINS = {True: "gets", False: "loses"}
_MOVES = {True: "up", False: "down"}


def _chains(steps: int) -> tuple[Slots, ...]:
    """Every start with `steps` operands whose running total is never negative."""
    rows = []
    for start, *moves in product(STARTS, *([OPERANDS] * steps)):
        totals = [start + sum(moves[: i + 1]) for i in range(steps)]
        if min(totals) >= 0:
            rows.append(tuple(str(n) for n in (start, *moves)))
    return tuple(rows)


def worked(slots: Slots, slip: float = 0.0, rng: Random | None = None) -> tuple[str, int]:
    """The chain of steps and its result; each step is wrong by one with probability `slip`."""
    total, lines = int(slots[0]), []
    for move in map(int, slots[1:]):
        after = total + move
        if rng is not None and rng.random() < slip:
            after = max(0, after + rng.choice((-1, 1)))
        lines.append(f"{total} {_TAKES[move > 0]} {abs(move)} is {after}.")
        total = after
    return " ".join(lines), total


def _solve(slots: Slots) -> Case:
    moves = [int(m) for m in slots[1:]]
    chain, total = worked(slots)
    words = {
        "sum": " ".join((slots[0], *(f"{_TAKES[m > 0]} {abs(m)}" for m in moves))),
        "start": slots[0],
        "coins": " and ".join(f"{_COINS[m > 0]} {abs(m)}" for m in moves),
        "steps": " and ".join(f"{_MOVES[m > 0]} {abs(m)}" for m in moves),
    }
    forms = {"right": f"it is {total}\\.", "wrong": f"it is (?!{total}\\.)\\d{{1,2}}\\."}
    return Case(words, chain, f"it is {total}.", forms, ("right",), ("wrong",), chain)


_ASKED = (
    "what is {sum}?",
    "{sum} is what?",
    "anna has {start} coins and {coins}. how many?",
    "start at {start} and go {steps}. where are you?",
)

ONE = Stratum("one_step", _chains(1), _ASKED, _solve)
EASY = Stratum("easy", _chains(2), _ASKED, _solve)
HARD = Stratum("hard", _chains(3), _ASKED, _solve)
STRATA = (ONE, EASY, HARD)
