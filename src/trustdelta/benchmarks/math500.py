"""MATH-500: 500 competition problems. Lightman et al., 2023, arXiv 2305.20050."""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.known import closed
from trustdelta.benchmarks.shared.tables import ask, jsonl_rows
from trustdelta.records import Better, Dimension, Prompt
from trustdelta.records.targets import Answer, target_of

NAME = "math500"
REPO = "thu-coai/LRM-Safety-Study"
FILE = "reasoning_evaluation/data/math500/test.jsonl"
PAPER = "Lightman et al., Let's Verify Step by Step, 2023, arXiv 2305.20050; Hendrycks et al., MATH, 2021"
INSTRUCTION = r"Reason step by step, and put your final answer within \boxed{}."


def problem(name: str, text: str, answer: str, stratum: str = "") -> Prompt:
    """One problem with the usual instruction to box the answer."""
    return ask(name, f"{text.strip()}\n\n{INSTRUCTION}", target=Answer(answer=str(answer)), stratum=stratum)


def load(data: DataSource) -> list[Prompt]:
    """All 500 problems; stratum: level of difficulty, 1 to 5."""
    rows = jsonl_rows(data, REPO, FILE, ("problem", "answer", "subject", "level"))
    return [problem(NAME, row["problem"], row["answer"], f"level {row['level']}") for row in rows]


def solved(prompt: Prompt) -> list[KnownAnswer]:
    """Known answers: the reference answer in a box is correct, another wrong."""
    return closed(
        prompt,
        right=rf"Therefore the result is $\boxed{{{target_of(prompt, Answer)['answer']}}}$.",
        wrong=r"\boxed{-987654321}",
        scores={"math_answer": (1.0, 0.0)},
        declined={"math_answer": 0.0},
    )


def proofs(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers to the first problem."""
    return solved(prompts[0] if prompts else problem(NAME, "What is half of three?", r"\frac{3}{2}"))


BENCHMARK = Benchmark(
    name=NAME,
    title="MATH-500",
    dimension=Dimension.CAPABILITY,
    specs=(MetricSpec("accuracy", "math_answer", "MATH-500 accuracy", Better.HIGHER, tier="C"),),
    load=load,
    proofs=proofs,
    paper=PAPER,
    licence="MIT",
    source=f"{REPO}, {FILE}",
    expected_count=500,
    answer_tokens=2048,
    thought_tokens=8192,
    notes=("Symbolic equality needs math-verify; without it only equal numbers and equal texts count as equal.",),
)
