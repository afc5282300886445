"""GSM8K: 1,319 grade-school word problems. Cobbe et al., 2021, arXiv 2110.14168."""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.known import MEANDERING, closed
from trustdelta.benchmarks.shared.tables import ask, jsonl_rows
from trustdelta.errors import DataError
from trustdelta.records import Better, Dimension, Outcome, Prompt, Role
from trustdelta.records.targets import Answer, target_of

NAME = "gsm8k"
REPO = "openai/grade-school-math"
FILE = "grade_school_math/data/test.jsonl"
PAPER = "Cobbe et al., Training Verifiers to Solve Math Word Problems, 2021, arXiv 2110.14168"
INSTRUCTION = 'Reason step by step, and end with "The answer is" and the number.'


def prompt_of(question: str, solution: str) -> Prompt:
    """One problem; the reference answer follows the last #### of its solution."""
    _, marker, answer = solution.rpartition("####")
    if not marker:
        raise DataError(f"{REPO}: {FILE} has a solution without ####; wanted the reference answer behind it.")
    return ask(NAME, f"{question.strip()}\n\n{INSTRUCTION}", target=Answer(answer=answer.strip()))


def load(data: DataSource) -> list[Prompt]:
    """All problems of the test split."""
    return [prompt_of(row["question"], row["answer"]) for row in jsonl_rows(data, REPO, FILE, ("question", "answer"))]


def proofs(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: the reference number is correct; `number_last` also reads a number not stated as the answer."""
    prompt = prompts[0] if prompts else prompt_of("How many are two and two?", "2 + 2 = 4\n#### 4")
    right = target_of(prompt, Answer)["answer"]
    scores = {"number": (1.0, 0.0), "number_last": (1.0, 0.0)}
    known = closed(
        prompt,
        right=f"So we get it.\nThe answer is ${right}.",
        wrong=f"#### {right}1",
        scores=scores,
        declined={"number": 0.0, "number_last": 0.0},
    )
    aside = f"I started from {right} and 3 and got lost. {MEANDERING}"
    return [*known, KnownAnswer("malformed", prompt, aside, {"number": None}, Outcome.MALFORMED)]


def _metric(name: str, scorer: str, title: str, role: Role) -> MetricSpec:
    return MetricSpec(name, scorer, title, Better.HIGHER, tier="C", role=role)


BENCHMARK = Benchmark(
    name=NAME,
    title="GSM8K",
    dimension=Dimension.CAPABILITY,
    specs=(
        _metric("accuracy", "number", "GSM8K accuracy", Role.PRIMARY),
        _metric("accuracy_last_number", "number_last", "GSM8K accuracy, last number", Role.SECONDARY),
    ),
    load=load,
    proofs=proofs,
    paper=PAPER,
    licence="MIT",
    source=f"{REPO}, {FILE}",
    expected_count=1319,
)
