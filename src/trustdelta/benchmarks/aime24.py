"""AIME 2024: 30 problems whose answers are integers from 0 to 999, with several samples per problem."""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.math500 import problem, solved
from trustdelta.benchmarks.shared.tables import jsonl_rows
from trustdelta.records import Better, Dimension, Prompt

NAME = "aime24"
REPO = "thu-coai/LRM-Safety-Study"
FILE = "reasoning_evaluation/data/aime_24/test2024.jsonl"
PAPER = "Mathematical Association of America, American Invitational Mathematics Examination I and II, 2024"


def load(data: DataSource) -> list[Prompt]:
    """All 30 problems."""
    return [problem(NAME, row["problem"], row["answer"]) for row in jsonl_rows(data, REPO, FILE, ("problem", "answer"))]


def proofs(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers to the first problem."""
    return solved(prompts[0] if prompts else problem(NAME, "What is ten times ten?", "100"))


BENCHMARK = Benchmark(
    name=NAME,
    title="AIME 2024",
    dimension=Dimension.CAPABILITY,
    specs=(MetricSpec("accuracy", "math_answer", "AIME 2024 accuracy", Better.HIGHER, tier="C"),),
    load=load,
    proofs=proofs,
    paper=PAPER,
    licence="problems: MAA; compilation: MIT",
    source=f"{REPO}, {FILE}",
    expected_count=30,
    answer_tokens=2048,
    thought_tokens=16384,
    draws=8,
    notes=("One of 30 answers is 3.3 pp: eight samples per problem reduce sampling noise, not that between problems.",),
)
