"""Misguided Attention: well-known puzzles, changed so that the well-known answer is wrong.

52 prompts of github.com/cpldcpu/MisguidedAttention (2025). An LLM judge graded each response by weighted criteria; its
recorded total (0 to 1) is the score. Variants of one puzzle form a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustdelta.benchmarks.base import Benchmark, KnownAnswer, MetricSpec
from trustdelta.benchmarks.known_prompts import known
from trustdelta.benchmarks.shared.rows import Row, column, none_of_its_own, prompts, proof
from trustdelta.records import Better, Dimension, Message, Outcome, Prompt

NAME = "misguided_attention"
SOURCE = "github.com/cpldcpu/MisguidedAttention, version 0.3 (long)"
FAMILIES = (
    ("monty hall", ("monty", "game show", "three doors", "behind one door", "rabbit holes", "defective")),
    ("river crossing", ("cabbage", "goat", "a river", "the river")),
    ("bridge and torch", ("torch", "bridge")),
    ("water jugs", ("jug", "liter")),
    ("trolley", ("trolley",)),
    ("burning ropes", ("rope",)),
    ("knights and knaves", ("knight", "always lies", "two doors", "guard")),
    (
        "riddle",
        ("what am i", "riddle", "what can't", "what has ", "what goes", "what walks", "what occurs", "tall when"),
    ),
    ("conjunction fallacy", ("bank teller", "more probable", "linda")),
    ("unstoppable force", ("unstoppable", "immovable")),
    ("barber", ("barber", "shave")),
    ("feathers and steel", ("feather", "pound of", "steel")),
)
"""Puzzle families and the words in a prompt that identify them; the first match counts."""


def family(prompt: str) -> str:
    """The puzzle family of a prompt; "" for an unknown one."""
    text = prompt.lower()
    return next((name for name, words in FAMILIES if any(word in text for word in words)), "")


def from_rows(rows: Iterable[Row]) -> list[Prompt]:
    """One prompt for each distinct puzzle; cluster: the puzzle family."""
    return prompts(NAME, rows, cluster=lambda row: family(column(row, "prompt")), keep=("id", "prompt_id"))


def proofs(loaded: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: no answer has a score without a recorded one."""
    prompt = loaded[0] if loaded else Prompt(NAME, (Message("user", "A dead cat is put in a box. Is it alive?"),))
    return [proof("unscored", prompt, "It is dead.", {"recorded": None}, Outcome.JUDGE_FAILED)]


BENCHMARK = Benchmark(
    name=NAME,
    title="Misguided Attention: changed puzzles",
    dimension=Dimension.ROBUSTNESS,
    specs=(
        MetricSpec(
            "judged_score",
            "recorded",
            "Rubric score (recorded judge)",
            Better.HIGHER,
            tier="C",
            judged=True,
            source=SOURCE,
        ),
    ),
    load=none_of_its_own,
    from_rows=from_rows,
    fixture_rows=({"prompt": "A dead cat is put in a box. Is it alive?", "prompt_id": "cat"},),
    proofs=proofs,
    licence="CC0-1.0",
    source=SOURCE,
    draws=3,
    owns=known(NAME),
)
