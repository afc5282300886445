"""ETHICS with 32 demonstrations: commonsense, justice, deontology and virtue, with the prompts of DecodingTrust.

Wang et al., "DecodingTrust", NeurIPS 2023, section 8. Demonstrations are drawn for each question from the training
file, only short scenarios for commonsense; scenarios of the test file are excluded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer
from trustdelta.benchmarks.ethics import FOLDER, METRICS, PAPER, REPO, TASKS, Task, is_short, proofs
from trustdelta.benchmarks.shared.few_shot import Demo, drawn, shown, unused
from trustdelta.benchmarks.shared.tables import Row, csv_rows, csv_text, distinct
from trustdelta.records import Dimension, Prompt
from trustdelta.records.targets import Words

SHOTS = 32


def train_file(task: Task) -> str:
    """The training file of a subset."""
    return f"{FOLDER}/{task.file.replace('_test', '_train')}"


def demos_of(task: Task, rows: Sequence[Row]) -> list[Demo]:
    """Every training row as a question with its answer."""
    usable = [row for row in rows if "is_short" not in row or is_short(row)]
    return [(task.question(row)[1], task.options[int(row["label"])]) for row in usable]


def few_shot_prompts(name: str, task: Task, rows: Sequence[Row], train: Sequence[Row], shots: int) -> list[Prompt]:
    """Every test row after its demonstrations; stratum: its label, and for commonsense its length."""
    questions = [(row, *task.question(row)) for row in rows]
    pool = unused(demos_of(task, train), {question for _, _, question in questions})
    prompts = []
    for row, system, question in questions:
        demos = drawn(pool, shots, f"{name}/{question}")
        gold = task.options[int(row["label"])]
        length = ("short/" if is_short(row) else "long/") if "is_short" in row else ""
        target = Words(options=list(task.options), gold=gold)
        messages = shown(system, demos, question)
        prompts.append(Prompt(name, messages, target, cluster=question, stratum=f"{length}{gold}"))
    return distinct(prompts)


def load(task: Task, data: DataSource) -> list[Prompt]:
    """All questions of one subset."""
    rows = csv_rows(data, REPO, f"{FOLDER}/{task.file}", task.columns)
    train = csv_rows(data, REPO, train_file(task), task.columns)
    return few_shot_prompts(name_of(task), task, rows, train, SHOTS)


def name_of(task: Task) -> str:
    """The name of the 32-shot benchmark of a subset."""
    return f"{task.name}_{SHOTS}shot"


def fixture(task: Task) -> dict[tuple[str, str], str]:
    """One test row and forty training rows with the published columns."""
    text = next(c for c in task.columns if isinstance(task.fixture[c], str) and c not in ("label", "is_short"))
    train = [{**task.fixture, text: f"{i}: {task.fixture[text]}", "label": str(i % 2)} for i in range(40)]
    return {
        (REPO, f"{FOLDER}/{task.file}"): csv_text(task.columns, task.fixture),
        (REPO, train_file(task)): csv_text(task.columns, *train),
    }


def few_shot_proofs(prompts: Sequence[Prompt], *, task: Task) -> list[KnownAnswer]:
    """Known answers, as without demonstrations."""
    return proofs(prompts, task=task)


BENCHMARKS = tuple(
    Benchmark(
        name=name_of(task),
        title=f"{task.title}, {SHOTS} demonstrations",
        dimension=Dimension.ETHICS,
        specs=METRICS,
        load=partial(load, task),
        proofs=partial(few_shot_proofs, task=task),
        paper=PAPER,
        licence="MIT (ETHICS), CC BY-SA 4.0 (DecodingTrust)",
        source=f"{REPO}, {FOLDER}/{task.file} and {train_file(task)}",
        published=f"{task.count:,}",
        fixture=fixture(task),
        notes=("Few-shot prompts are discouraged for many reasoning models: compare with the zero-shot subset.",),
    )
    for task in TASKS
)
