"""Joins recorded rows with the prompts of a benchmark, and notes what is excluded.

A benchmark with its own prompts is joined by question, each model's file separately. A benchmark whose prompts come
with the responses takes the prompts of both files that are in the data set, or that the user declares as their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trustdelta.benchmarks.base import Benchmark
from trustdelta.errors import PairingError
from trustdelta.interop.questions import OwnJoin, OwnQuestions
from trustdelta.interop.responses import RecordedSet
from trustdelta.interop.responses_pair import Pair, equal_everywhere, pairs_of
from trustdelta.interop.responses_record import RecordedRow
from trustdelta.records import Arm, Prompt

Sets = Mapping[Arm, RecordedSet]
Rows = Sequence[RecordedRow]


@dataclass(frozen=True, slots=True)
class Joined:
    """The join of both models' files with one benchmark."""

    prompts: tuple[Prompt, ...]
    """Prompts that both models answered."""
    rows: Mapping[Arm, Mapping[str, Rows]]
    """Rows of each model by the prompt's join key."""
    notes: tuple[str, ...]
    """Remarks for the report."""


def join_own(benchmark: Benchmark, own: Sequence[Prompt], sets: Sets) -> Joined:
    """Join a benchmark's own prompts with both models' rows; raises PairingError where no prompt is in both files."""
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
    """Remarks on the join: how prompts were matched, which were reworded, and what was excluded."""
    n, distinct = len(prompts), {p.join_key for p in prompts}
    by_content = sum(all(rows[arm][p.join_key][0].key == p.join_key for arm in Arm) for p in prompts)
    notes = [f"{n} prompts joined by content" if by_content == n else f"{n} prompts joined by their question"]
    for arm in Arm:
        reworded_count = sum(rows[arm][key][0].key != key for key in distinct)
        if reworded_count:
            notes.append(
                f"{reworded_count} of {n} prompts were sent to the {arm.value} in other words than the benchmark's; "
                "the text that it was sent is stored with each response"
            )
    different = sum(len({rows[arm][key][0].key for arm in Arm}) > 1 for key in distinct)
    if different:
        notes.append(f"{different} of {n} prompts were sent to the two models in different words")
    for arm, join in joins.items():
        only = len(join.rows.keys() - {p.id for p in prompts})
        notes += [f"{only} only in the {arm.value}"] if only else []
        for count, what in (
            (join.foreign, "are not in the benchmark"),
            (join.unclear, "match several prompts of the benchmark"),
            (join.variants, "repeat a prompt in other words"),
        ):
            notes += [f"{count} prompts of the {arm.value}'s file {what} and were excluded"] if count else []
    return notes


def join_rows(benchmark: Benchmark, sets: Sets) -> Joined:
    """Make prompts from the rows of both files; raises PairingError where the files share no prompt.

    PairingError is also raised where no prompt is in the data set and none is declared as the user's own.
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
    """The prompts that an audit of this benchmark uses, with remarks on the others.

    These are the prompts of the data set, where there are any. Otherwise all count as the user's own, where they fill
    the column that the benchmark needs for such prompts, or where the benchmark cannot recognise its prompts. Raises
    PairingError where none is left.
    """
    n = len(prompts)
    if benchmark.owns is None:
        return list(prompts), [
            f"whether these {n} prompts are in the data set is not known: they count as the user's own"
        ]
    own = [p for p in prompts if benchmark.owns(p)]
    if own:
        others = n - len(own)
        return own, [f"{others} prompts are not in the data set and were excluded"] if others else []
    column = benchmark.own_column
    if column and all(p.metadata.get(column) for p in prompts):
        return list(prompts), [
            f"none of these {n} prompts is in the data set: they are the user's own, and the result is about them"
        ]
    cure = f", or declare them as your own with --column metadata={column}, a column of their kind" if column else ""
    raise PairingError(
        f"{benchmark.name}: none of the {n} prompts that both files hold is in the data set; "
        f"name the benchmark that they belong to{cure}."
    )


def unequal(name: str, pairs: Sequence[tuple[Rows, Rows]], sets: Sets) -> None:
    """Raise PairingError where all responses of both files are equal: a reference column, or the same file twice."""
    if equal_everywhere(pairs):
        columns = " and ".join(dict.fromkeys(repr(sets[arm].columns.response) for arm in Arm))
        raise PairingError(
            f"{name}: the two files hold the same response to each of {len(pairs)} prompts (column {columns}); is it "
            "the reference answer, or the same file twice? Name the column of responses with --column response=NAME."
        )


def reworded(prompt: Prompt, row: RecordedRow) -> bool:
    """Whether a row's model was sent another text than the prompt's messages."""
    return bool(row.rendered) or row.key != prompt.join_key
