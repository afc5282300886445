"""Audits of recorded responses: reads files, joins them by question, and makes prompts and replay engines."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from trustdelta.benchmarks.base import Benchmark, no_rows
from trustdelta.config import AuditConfig, DataSettings, ModelConfig, RecordedFile
from trustdelta.data import open_source
from trustdelta.engines.base import Engine
from trustdelta.engines.replay import ReplayEngine
from trustdelta.errors import ConfigError
from trustdelta.interop.responses import RecordedSet, read_recorded
from trustdelta.interop.responses_columns import OPTIONAL, ColumnMap
from trustdelta.interop.responses_record import RecordedRow
from trustdelta.pipeline.recorded_join import Joined, Sets, join_own, join_rows, reworded
from trustdelta.pipeline.task import Task, check_unique
from trustdelta.records import Arm, Json, Prompt, Response
from trustdelta.thoughts import infer_prompt_opened_thought, prompt_opens_thought, shown_format


def assemble_recorded(config: AuditConfig, benchmarks: dict[str, Benchmark]) -> Task:
    """Prompts that both models answered, by benchmark, with remarks on everything that is excluded.

    Raises DataError for a file that cannot be read, PairingError where no prompt is in both files.
    """
    joins: dict[str, Joined] = {}
    sets: dict[str, Sets] = {}
    notes: list[str] = []
    for name, benchmark in benchmarks.items():
        with collection_paused():
            sets[name] = read_both(config, benchmark)
        joins[name] = grouped(join_benchmark(config.data, benchmark, sets[name]))
        notes += [f"{name}: {line}." for line in joins[name].notes]
        notes += [f"{name}, {arm.value}: {line}." for arm in Arm for line in remarks(sets[name][arm])]
    prompts = [p for joined in joins.values() for p in joined.prompts]
    check_unique(prompts)

    def engine(config: AuditConfig, arm: Arm) -> Engine:
        del config
        return replay_engine(joins, sets, arm)

    formats = {arm: shown_format(r.text for by_arm in sets.values() for r in by_arm[arm].rows) for arm in Arm}
    return Task(benchmarks, tuple(prompts), tuple(notes), engine, formats)


@contextmanager
def collection_paused() -> Iterator[None]:
    """No garbage collection within: rows hold no cycles, and looking through all of them takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def join_benchmark(settings: DataSettings, benchmark: Benchmark, sets: Sets) -> Joined:
    """The prompts of a benchmark that both files answer, joined by its own questions where it has any."""
    if benchmark.from_rows is not no_rows:
        return join_rows(benchmark, sets)
    data = open_source(settings.folder, allow_download=settings.allow_download)
    return join_own(benchmark, benchmark.load(data), sets)


def grouped(joined: Joined) -> Joined:
    """The prompts with the groups and clusters of the files; the baseline's file has priority."""
    prompts = []
    for prompt in joined.prompts:
        rows = [row for arm in Arm for row in joined.rows[arm][prompt.join_key]]
        named = {kind: group for row in reversed(rows) for kind, group in row.groups.items()}
        cluster = next((row.cluster for row in rows if row.cluster), prompt.cluster)
        prompts.append(replace(prompt, groups={**prompt.groups, **named}, cluster=cluster))
    return replace(joined, prompts=tuple(prompts))


def recorded_file(model: ModelConfig, arm: Arm, benchmark: str) -> RecordedFile:
    """The file with one model's responses to one benchmark; raises ConfigError where none is configured."""
    for file in model.recorded:
        if file.benchmark == benchmark:
            return file
    raise ConfigError(f"{benchmark}: found no {arm.value} responses; give both models' files for every benchmark.")


def read_both(config: AuditConfig, benchmark: Benchmark) -> Sets:
    """Both models' files; an optional column that is named for both may be missing in one of them.

    The column that the benchmark needs for a user's own prompts is read where it exists. Raises DataError for a column
    that neither file has, or that is named only for the file that lacks it.
    """
    files = {arm: recorded_file(config.model(arm.value), arm, benchmark.name) for arm in Arm}
    columns = {arm: ColumnMap.of(file.columns).paths for arm, file in files.items()}
    lenient = OPTIONAL | {role for by_role in columns.values() for role in by_role if role.startswith("groups.")}
    sets = {
        arm: read_file(file, lenient, (benchmark.own_column, *benchmark.row_columns)) for arm, file in files.items()
    }
    for arm, other in ((Arm.BASELINE, Arm.CANDIDATE), (Arm.CANDIDATE, Arm.BASELINE)):
        for role in sets[arm].missing:
            if (role in columns[arm] and columns[other].get(role) != columns[arm][role]) or role in sets[other].missing:
                read_file(files[arm])  # raises DataError, which names the missing column
    return sets


def read_file(file: RecordedFile, lenient: Collection[str] = (), beside: Collection[str] = ()) -> RecordedSet:
    """One file of responses, joined with its file of scores where there is one.

    `lenient`: roles that may be missing. `beside`: metadata columns that are read where the file has them.
    """
    columns = ColumnMap.of(file.columns)
    further = {name: name for name in beside if name and name not in columns.metadata}
    if further:
        columns = replace(columns, metadata={**further, **columns.metadata})
        lenient = {*lenient, *(f"metadata.{name}" for name in further)}
    return read_recorded(
        file.file,
        columns,
        scores=file.scores,
        score_columns=ColumnMap.of(file.score_columns) if file.score_columns else None,
        lenient=lenient,
    )


def remarks(recorded: RecordedSet) -> list[str]:
    """Remarks on one model's file."""
    opened = sum(prompt_opened(row) is not None for row in recorded.rows)
    inside = [f"{opened} of {len(recorded.rows)} prompts end inside an open thought"] if opened else []
    return [*recorded.remarks, *recorded.diagnostics.lines(), *inside]


def replay_engine(joins: Mapping[str, Joined], sets: Mapping[str, Sets], arm: Arm) -> ReplayEngine:
    """The replay engine of one model's recorded responses."""
    recorded: dict[tuple[str, str], RecordedDraws] = {}
    for name, joined in joins.items():
        opened = prompts_opened_thought(sets[name][arm])
        for prompt in joined.prompts:
            recorded[name, prompt.join_key] = RecordedDraws(prompt, joined.rows[arm][prompt.join_key], opened)
    identity: dict[str, Json] = {
        name: {"files": [list(s) for s in by_arm[arm].sources], "columns": by_arm[arm].columns.json()}
        for name, by_arm in sets.items()
    }
    return ReplayEngine(recorded, identity)


def prompts_opened_thought(recorded: RecordedSet) -> bool:
    """Whether unrendered prompts ended inside a thought: as declared, else as most responses show."""
    declared = recorded.columns.prompt_opened_thought
    if declared is not None:
        return declared
    return infer_prompt_opened_thought(row.text for row in recorded.rows if not row.rendered)


def prompt_opened(row: RecordedRow) -> str | None:
    """Format of the thought that a row's prompt opens, from the rendered prompt or from a prefilled answer; or None."""
    return prompt_opens_thought(row.rendered or row.messages[-1].content)


@dataclass(frozen=True, slots=True)
class RecordedDraws:
    """The recorded responses to one prompt; each is made where it is read, so that its row alone is held."""

    prompt: Prompt
    rows: Sequence[RecordedRow]
    opened: bool
    """Whether unrendered prompts end inside a thought."""

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.rows)

    def __getitem__(self, draw: int) -> Response:
        """One sample."""
        row = self.rows[draw]
        sent = row.seen if reworded(self.prompt, row) else ""
        return as_response(row, self.prompt.id, draw, sent, opened=self.opened)


def as_response(row: RecordedRow, prompt_id: str = "", draw: int = 0, sent: str = "", *, opened: bool) -> Response:
    """One recorded row as a response to a prompt; `sent`: the text that the model was sent, where it differs."""
    begun = prompt_opened(row) is not None
    return Response(
        prompt_id=prompt_id,
        draw=draw,
        text=row.text,
        finish=row.finish,
        prompt_opened_thought=begun or (opened and not row.rendered),
        reasoning=row.reasoning,
        error=row.error,
        recorded=dict(row.scores),
        moderated=row.moderated,
        asked=sent,
    )
