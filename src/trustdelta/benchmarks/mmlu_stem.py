"""MMLU, STEM subjects: four-way multiple choice. Hendrycks et al., ICLR 2021, arXiv 2009.03300.

The order of the options depends on the hash of the question, so that position bias reduces accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.aggregates import position_bias
from trustdelta.benchmarks.shared.known import closed
from trustdelta.benchmarks.shared.options import order_of
from trustdelta.benchmarks.shared.tables import LETTERS, Row, ask, csv_rows, distinct, lettered
from trustdelta.errors import DataError
from trustdelta.records import Better, Dimension, Prompt
from trustdelta.records.targets import Choice, target_of

NAME = "mmlu_stem"
REPO = "cais/mmlu"
FILE = "stem_test.csv"
PAPER = "Hendrycks et al., Measuring Massive Multitask Language Understanding, ICLR 2021, arXiv 2009.03300"
COLUMNS = ("subject", "question", "A", "B", "C", "D", "answer")
INSTRUCTION = "Answer with the letter of the correct option."
FIXTURE: Row = {"subject": "physics", "question": "What is the unit of force?", "answer": "B"} | {
    "A": "joule",
    "B": "newton",
    "C": "pascal",
    "D": "watt",
}


def prompt_of(row: Row) -> Prompt:
    """One question, its options permuted; stratum: subject."""
    if row["answer"] not in LETTERS[:4]:
        raise DataError(f"{REPO}: {FILE} has the answer {row['answer']!r}; wanted A, B, C or D.")
    options = [row[letter] for letter in LETTERS[:4]]
    order = order_of(len(options), row["question"])
    shown = [options[i] for i in order]
    target = Choice(labels=list(LETTERS[:4]), options=shown, gold=order.index(LETTERS.index(row["answer"])))
    return ask(NAME, lettered(row["question"], shown, INSTRUCTION), target=target, stratum=row["subject"])


def load(data: DataSource) -> list[Prompt]:
    """All questions of the user's file."""
    return distinct(prompt_of(row) for row in csv_rows(data, REPO, FILE, COLUMNS))


def proofs(prompts: Sequence[Prompt]) -> list[KnownAnswer]:
    """Known answers: the gold letter is correct."""
    prompt = prompts[0] if prompts else prompt_of(FIXTURE)
    gold = target_of(prompt, Choice)["gold"]
    return closed(
        prompt,
        right=f"The answer is ({LETTERS[gold]}).",
        wrong=LETTERS[(gold + 1) % 4],
        scores={"choice_correct": (1.0, 0.0)},
        declined={"choice_correct": 0.0},
    )


BENCHMARK = Benchmark(
    name=NAME,
    title="MMLU, STEM subjects",
    dimension=Dimension.CAPABILITY,
    specs=(MetricSpec("accuracy", "choice_correct", "MMLU-STEM accuracy", Better.HIGHER, tier="C"),),
    load=load,
    proofs=proofs,
    paper=PAPER,
    fixture={(REPO, FILE): "subject,question,A,B,C,D,answer\nx,1+1?,1,2,3,4,B\n"},
    published="the user's file",
    licence="MIT",
    source=f"{REPO}, its STEM test questions",
    aggregates=position_bias(PAPER),
    notes=("The file comes from the user and is checked by its columns, not by a hash.",),
)
