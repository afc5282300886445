"""Which recorded rows answer which prompt of a benchmark, and what is to be said of it.

A benchmark with prompts of its own is joined by its questions, each model's file for itself. One whose prompts come
with the responses takes what both models were asked, as far as that is its own or the user says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trustdelta.benchmarks.base import Benchmark
from trustdelta.errors import PairingError
from trustdelta.interop.questions import OwnJoin, OwnQuestions
from trustdelta.interop.responses import RecordedRow, RecordedSet
from trustdelta.interop.responses_pair import Pair, equal_everywhere, pairs_of
from trustdelta.records import Arm, Prompt

Sets = Mapping[Arm, RecordedSet]
Rows = Sequence[RecordedRow]


@dataclass(frozen=True, slots=True)
class Joined:
    """The prompts that both models answered, each model's rows by the join key of the prompt, and remarks."""

    prompts: tuple[Prompt, ...]
    rows: Mapping[Arm, Mapping[str, Rows]]
    notes: tuple[str, ...]


def join_own(benchmark: Benchmark, own: Sequence[Prompt], sets: Sets) -> Joined:
    """A benchmark's own prompts with what both models answered; raises PairingError where there are none."""
    questions = OwnQuestions(own)
    joins = {arm: questions.join(sets[arm].by_key()) for arm in Arm}
    left, right = joins[Arm.BASELINE], joins[Arm.CANDIDATE]
    prompts = tuple(p for p in own if p.id in left.rows and p.id in right.rows)
    if not prompts:
        raise PairingError(
            f"{benchmark.name}: none of its {len(own)} prompts is among those that both files hold (baseline: "
            f"{len(left.rows)}, candidate: {len(right.rows)}); check the prompt column and the name of the benchmark."
        )
    rows = {arm: {p.join_key: joins[arm].rows[p.id] for p in prompts} for arm in Arm}
    unequal(benchmark.name, [(rows[Arm.BASELINE][p.join_key], rows[Arm.CANDIDATE][p.join_key]) for p in prompts], sets)
    return Joined(prompts, rows, tuple(own_notes(prompts, joins, rows)))


def own_notes(
    prompts: Sequence[Prompt], joins: Mapping[Arm, OwnJoin], rows: Mapping[Arm, Mapping[str, Rows]]
) -> list[str]:
    """How own prompts were joined, in what words each model was asked, and what was left out."""
    n, distinct = len(prompts), {p.join_key for p in prompts}
    by_content = sum(all(rows[arm][p.join_key][0].key == p.join_key for arm in Arm) for p in prompts)
    notes = [f"{n} prompts joined by content" if by_content == n else f"{n} prompts joined by their question"]
    for arm in Arm:
        other = sum(rows[arm][key][0].key != key for key in distinct)
        if other:
            notes.append(
                f"{other} of {n} prompts were put to the {arm.value} in other words than the benchmark's own; "
                "what it was sent is kept with each response"
            )
    apart = sum(len({rows[arm][key][0].key for arm in Arm}) > 1 for key in distinct)
    if apart:
        notes.append(f"{apart} of {n} prompts were put to the two models in different words")
    for arm, join in joins.items():
        only = len(join.rows.keys() - {p.id for p in prompts})
        notes += [f"{only} only in the {arm.value}"] if only else []
        for count, what in (
            (join.foreign, "are none of the benchmark's"),
            (join.unclear, "fit several of the benchmark's"),
            (join.variants, "ask one of its prompts once more in other words"),
        ):
            notes += [f"{count} prompts of the {arm.value}'s file {what} and were left out"] if count else []
    return notes


def join_rows(benchmark: Benchmark, sets: Sets) -> Joined:
    """Prompts made from what both models were asked; raises PairingError where they have nothing in common.

    Raises it too where none of them is the benchmark's and nothing says that they are the user's own.
    """
    pairs, report = pairs_of(sets[Arm.BASELINE], sets[Arm.CANDIDATE])
    made = benchmark.from_rows([pair.prompt_row for pair in pairs])
    prompts, notes = belonging(benchmark, made)
    by_key: dict[str, Pair] = {pair.key: pair for pair in pairs}
    unequal(benchmark.name, [(by_key[p.join_key].baseline, by_key[p.join_key].candidate) for p in prompts], sets)
    rows = {
        Arm.BASELINE: {p.join_key: by_key[p.join_key].baseline for p in prompts},
        Arm.CANDIDATE: {p.join_key: by_key[p.join_key].candidate for p in prompts},
    }
    return Joined(tuple(prompts), rows, (*report.lines(), *notes))


def belonging(benchmark: Benchmark, prompts: Sequence[Prompt]) -> tuple[list[Prompt], list[str]]:
    """The prompts that an audit of this benchmark takes, and what is to be said of the others.

    The set's own, where there are any among them. Otherwise all, as the user's own, where they fill the column that the
    benchmark asks of such prompts, or where nothing tells which are its own. Raises PairingError where none is left.
    """
    n = len(prompts)
    if benchmark.owns is None:
        return list(prompts), [
            f"nothing tells whether these {n} prompts are the data set's: they count as the user's own"
        ]
    own = [p for p in prompts if benchmark.owns(p)]
    if own:
        others = n - len(own)
        return own, [f"{others} prompts are none of the data set's and were left out"] if others else []
    column = benchmark.own_column
    if column and all(p.metadata.get(column) for p in prompts):
        return list(prompts), [
            f"none of these {n} prompts is one of the data set's: they are the user's own, and so is the finding"
        ]
    cure = (
        f", or take them as your own with --column metadata={column}, a column that says their kind" if column else ""
    )
    raise PairingError(
        f"{benchmark.name}: none of the {n} prompts that both files hold is one of the data set's; "
        f"name the benchmark that they are of{cure}."
    )


def unequal(name: str, pairs: Sequence[tuple[Rows, Rows]], sets: Sets) -> None:
    """Raise PairingError where both files say the same throughout: a column of right answers, or one file twice."""
    if equal_everywhere(pairs):
        columns = " and ".join(dict.fromkeys(repr(sets[arm].columns.response) for arm in Arm))
        raise PairingError(
            f"{name}: the two files hold the same response to each of {len(pairs)} prompts (column {columns}); is it "
            "the reference answer, or one file given twice? Name the models' own with --column response=NAME."
        )


def reworded(prompt: Prompt, row: RecordedRow) -> bool:
    """Whether a row's model was sent something else than the prompt's messages."""
    return bool(row.rendered) or row.key != prompt.join_key
