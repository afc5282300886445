"""Audits of responses that exist already: files in, prompts and replay engines out, joined by what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig, RecordedFile
from trustdelta.data import open_source
from trustdelta.engines.base import Engine
from trustdelta.engines.replay import ReplayEngine
from trustdelta.errors import ConfigError, PairingError
from trustdelta.interop.responses import RecordedRow, RecordedSet, read_recorded
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_pair import pair_recorded
from trustdelta.pipeline.task import Task, check_unique
from trustdelta.records import Arm, Json, Prompt, Response
from trustdelta.thoughts import infer_prompt_opened_thought

Sets = Mapping[Arm, RecordedSet]


def assemble_recorded(config: AuditConfig, benchmarks: dict[str, Benchmark]) -> Task:
    """Prompts that both models answered, benchmark by benchmark, with remarks on everything that was left out.

    Raises DataError for a file that cannot be read, PairingError where nothing was asked of both models.
    """
    prompts: list[Prompt] = []
    notes: list[str] = []
    sets: dict[str, Sets] = {}
    for name, benchmark in benchmarks.items():
        sets[name] = {arm: read_file(recorded_file(config, arm, name)) for arm in Arm}
        rows, report = pair_recorded(sets[name][Arm.BASELINE], sets[name][Arm.CANDIDATE])
        notes.extend(f"{name}: {line}." for line in report.lines())
        found: Sequence[Prompt] = benchmark.from_rows(rows)
        if not found:
            found = closed_prompts(config, benchmark, sets[name])
            others = len(rows) - len(found)
            notes.extend(
                [f"{name}: {others} of them are no prompt of the benchmark and were left out."] if others else []
            )
        prompts.extend(found)
        for arm in Arm:
            notes.extend(f"{name}, {arm.value}: {line}." for line in sets[name][arm].diagnostics.lines())
    check_unique(prompts)

    def engine(config: AuditConfig, arm: Arm) -> Engine:
        del config
        return replay_engine({name: by_arm[arm] for name, by_arm in sets.items()})

    return Task(benchmarks, tuple(prompts), tuple(notes), engine)


def recorded_file(config: AuditConfig, arm: Arm, benchmark: str) -> RecordedFile:
    """The file that holds one model's responses to one benchmark; raises ConfigError where none is given."""
    for file in config.model(arm.value).recorded:
        if file.benchmark == benchmark:
            return file
    raise ConfigError(f"{benchmark}: found no {arm.value} responses; give both models' files for every benchmark.")


def read_file(file: RecordedFile) -> RecordedSet:
    """One file of responses, with the scores of its second file where there is one."""
    return read_recorded(
        file.file,
        ColumnMap.of(file.columns),
        scores=file.scores,
        score_columns=ColumnMap.of(file.score_columns) if file.score_columns else None,
    )


def closed_prompts(config: AuditConfig, benchmark: Benchmark, sets: Sets) -> Sequence[Prompt]:
    """The prompts of a benchmark's own data that both models answered; raises PairingError where there are none."""
    data = open_source(config.data_dir, allow_download=config.allow_download)
    answered = [sets[arm].by_key() for arm in Arm]
    own = benchmark.load(data)
    found = [p for p in own if all(p.join_key in rows for rows in answered)]
    if not found:
        raise PairingError(
            f"{benchmark.name}: none of its {len(own)} prompts is among the recorded ones; check the prompt column."
        )
    return found


def replay_engine(sets: Mapping[str, RecordedSet]) -> ReplayEngine:
    """The engine that serves one model's recorded responses to every benchmark."""
    recorded = {
        (name, key): [as_response(row, opened=opened) for row in rows]
        for name, found in sets.items()
        for opened in [prompts_opened_thought(found)]
        for key, rows in found.by_key().items()
    }
    identity: dict[str, Json] = {
        name: {"files": [list(s) for s in found.sources], "columns": found.columns.json()}
        for name, found in sets.items()
    }
    return ReplayEngine(recorded, identity)


def prompts_opened_thought(found: RecordedSet) -> bool:
    """Whether the prompts ended inside a thought: as declared, else as most of the responses show."""
    declared = found.columns.prompt_opened_thought
    return infer_prompt_opened_thought(row.text for row in found.rows) if declared is None else declared


def as_response(row: RecordedRow, *, opened: bool) -> Response:
    """One recorded row as a response; the prompt's id is filled in when it is asked for."""
    return Response(
        prompt_id="",
        draw=row.draw,
        text=row.text,
        finish=row.finish,
        prompt_opened_thought=opened,
        reasoning=row.reasoning,
        recorded=dict(row.scores),
    )
