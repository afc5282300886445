"""A definition as a benchmark, which audits and checks use like a built-in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark, DataSource, KnownAnswer, MetricSpec, no_rows
from trustdelta.benchmarks.shared.rows import messages, none_of_its_own
from trustdelta.config import OwnBenchmark, OwnKnown, OwnMetric
from trustdelta.data import DataFiles
from trustdelta.data.hub import HubFile
from trustdelta.errors import DataError
from trustdelta.own.prompts import columns_read, prompt_of_messages, prompts_of
from trustdelta.own.rows import rows_of
from trustdelta.problems import suggestion
from trustdelta.records import Json, Message, Part, Prompt, Role
from trustdelta.scorers.recorded import SCORER as RECORDED_SCORE

EXAMPLE = "An example of a prompt."
"""Prompt of a known answer that names none, where prompts come with recorded responses."""


def build(definition: OwnBenchmark, folder: Path, digests: Mapping[str, str] | None = None) -> Benchmark:
    """The benchmark of a definition, whose files lie beside it in `folder`.

    `digests`: SHA-256 by name that the file of prompts must have.
    """
    recorded = definition.prompts.recorded
    return Benchmark(
        name=definition.name,
        title=definition.title or definition.name,
        dimension=definition.dimension,
        specs=[_spec(metric) for metric in definition.metrics],
        load=none_of_its_own if recorded else _loader(definition, folder, digests or {}),
        from_rows=_from_rows(definition) if recorded else no_rows,
        row_columns=tuple(dict.fromkeys(c for _, c in columns_read(definition, with_prompt=False))) if recorded else (),
        fixture_rows=tuple(_example(known) for known in definition.known) if recorded else (),
        owns=(lambda prompt: True) if recorded else None,
        proofs=lambda prompts: [_known(definition, k, i, prompts) for i, k in enumerate(definition.known)],
        paper=definition.paper,
        licence=definition.licence,
        source=definition.prompts.hub
        or definition.prompts.file
        or ("recorded responses" if recorded else "its own file"),
        answer_tokens=definition.answer_tokens,
        thought_tokens=definition.thought_tokens,
        personal=definition.personal,
        notes=definition.notes,
    )


def _spec(metric: OwnMetric) -> MetricSpec:
    return MetricSpec(
        name=metric.name,
        scorer=metric.scorer,
        title=metric.title or metric.name.replace("_", " ").capitalize(),
        better=metric.better,
        tier=metric.tier,
        role=Role.PRIMARY if metric.primary else Role.SECONDARY,
        part=Part(metric.part),
        strata=metric.strata,
        bound=metric.bound,
        reduce=metric.reduce,
        judged=metric.scorer.partition("/")[0] in judged_scorers() if metric.judged is None else metric.judged,
        margin=metric.margin,
        signed=metric.signed,
    )


@cache
def judged_scorers() -> frozenset[str]:
    """The scorers that give a judge's opinion in a built-in benchmark."""
    built_in = (m.scorer for b in registry.built_in().values() for m in b.metrics if m.judged)
    return frozenset(("rubric", *built_in))


def _loader(definition: OwnBenchmark, folder: Path, digests: Mapping[str, str]) -> Callable[[DataSource], list[Prompt]]:
    def load(data: DataSource) -> list[Prompt]:
        files = data if isinstance(data, DataFiles) else DataFiles(None, Path())
        prompts = prompts_of(definition, *rows_of(definition, folder, HubFile(files), digests))
        _check_strata(definition, prompts)
        return prompts

    return load


def _check_strata(definition: OwnBenchmark, prompts: Sequence[Prompt]) -> None:
    """Raise DataError for a metric of a kind of prompt that does not occur."""
    known = list(dict.fromkeys(p.stratum for p in prompts if p.stratum))
    for i, metric in enumerate(definition.metrics):
        for stratum in metric.strata:
            if stratum not in known:
                near = (
                    suggestion(stratum, known) or f"; wanted one of {', '.join(known) or 'none: set columns.stratum'}"
                )
                raise DataError(f"{definition.name}: metrics.{i}.strata: no prompt is of the kind {stratum!r}{near}.")


def _from_rows(definition: OwnBenchmark) -> Callable[[Iterable[Mapping[str, Json]]], list[Prompt]]:
    def from_rows(rows: Iterable[Mapping[str, Json]]) -> list[Prompt]:
        made = (
            prompt_of_messages(definition, messages(row), row, f"{definition.name}: recorded prompt {n}")
            for n, row in enumerate(rows, start=1)
        )
        prompts = list({prompt.join_key: prompt for prompt in made}.values())
        _check_strata(definition, prompts)
        return prompts

    return from_rows


def _example(known: OwnKnown) -> dict[str, Json]:
    return {"prompt": known.prompt or EXAMPLE, **known.row}


def _known(definition: OwnBenchmark, known: OwnKnown, i: int, prompts: Sequence[Prompt]) -> KnownAnswer:
    """A known answer with its prompt; raises DataError where the data hold no such prompt."""
    scorers = {m.name: m.scorer for m in definition.metrics}
    expected = {scorers[name]: value for name, value in known.scores.items() if scorers[name] != RECORDED_SCORE.name}
    return KnownAnswer(
        f"known.{i}", _prompt_of(definition, known, i, prompts), known.response, expected, known.outcome, known.finish
    )


def _prompt_of(definition: OwnBenchmark, known: OwnKnown, i: int, prompts: Sequence[Prompt]) -> Prompt:
    if definition.prompts.recorded:
        messages = (Message("user", known.prompt or EXAMPLE),)
        return prompt_of_messages(definition, messages, known.row, f"{definition.name}: known.{i}.row")
    if not prompts:
        return prompt_of_messages(definition, (Message("user", known.prompt or EXAMPLE),), {}, f"known.{i}")
    if not known.prompt:
        return prompts[0]
    text = known.prompt.strip()
    equal = [p for p in prompts if p.question.strip() == text] or [p for p in prompts if text in p.question]
    if len(equal) == 1:
        return equal[0]
    near = suggestion(text, [p.question for p in prompts])
    raise DataError(
        f"{definition.name}: known.{i}.prompt: found {text[:80]!r}, which is in {len(equal)} of the {len(prompts)} "
        f"prompts, wanted the question of exactly one{near}."
    )
