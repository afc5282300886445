"""Rows to prompts: text or template, system text, kind, cluster, groups and target, by the columns of a definition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from trustdelta.benchmarks.shared.tables import LETTERS
from trustdelta.config import OwnBenchmark
from trustdelta.errors import DataError
from trustdelta.interop.chats import read_prompt
from trustdelta.interop.responses_guess import columns_listed
from trustdelta.interop.responses_paths import nearest, values
from trustdelta.own.targets import columns_of, target_of_row
from trustdelta.records import Json, Message, Prompt

HOLE = re.compile(r"\{([^{}\n]+)\}")
"""A column in a template."""
PROMPT = "prompt"
"""Column of the prompt where the definition names none."""
OPTIONS = "options"
"""The hole of a template that lists the labelled options."""


def prompts_of(definition: OwnBenchmark, rows: Sequence[Json], name: str) -> list[Prompt]:
    """The prompts of rows, in order; `name` (a file) begins every error message.

    Raises DataError for a missing column, a blank or repeated prompt, and a target of another type.
    """
    check_columns(definition, rows, name)
    prompts: dict[str, tuple[int, Prompt]] = {}
    for n, row in enumerate(rows, start=1):
        prompt = _prompt(definition, row, f"{name}: row {n}")
        first, _ = prompts.setdefault(prompt.join_key, (n, prompt))
        if first != n:
            raise DataError(f"{name}: rows {first} and {n} hold the same prompt; delete one of them.")
    return [prompt for _, prompt in prompts.values()]


def columns_read(definition: OwnBenchmark, *, with_prompt: bool = True) -> Iterator[tuple[str, str]]:
    """The key of the definition and the column, for every column that prompts are made of.

    `with_prompt`: also the columns of the prompt's text, which recorded responses have in their own form.
    """
    columns = definition.columns
    if with_prompt:
        if not definition.template:
            yield "columns.prompt", columns.prompt or PROMPT
        if columns.system:
            yield "columns.system", columns.system
        yield from (("template", hole) for hole in HOLE.findall(definition.template) if hole != OPTIONS)
        yield from ((f"columns.groups.{kind}", column) for kind, column in columns.groups.items())
        if columns.cluster:
            yield "columns.cluster", columns.cluster
    if columns.stratum:
        yield "columns.stratum", columns.stratum
    for key, value in definition.target.items():
        yield from ((f"target.{key}", column) for column in columns_of(value))


def recorded_columns(definition: OwnBenchmark) -> dict[str, Json]:
    """The column map of recorded responses that a definition declares; with the prompt's where prompts come along."""
    columns = definition.columns
    if not definition.prompts.recorded:
        return dict(columns.recorded)
    named = {role: getattr(columns, role) for role in ("prompt", "system", "cluster", "groups")}
    return {**{role: value for role, value in named.items() if value}, **columns.recorded}


def check_columns(definition: OwnBenchmark, rows: Sequence[Json], name: str) -> None:
    """Raise DataError for a column that no row has."""
    for key, column in columns_read(definition):
        if not any(values(row, column) for row in rows):
            known = columns_listed(rows)
            raise DataError(
                f"{name}: {key}: no row has the column {column!r}{nearest(column, known)}; "
                f"name one of its columns: {', '.join(known) or 'none'}."
            )


def prompt_of_messages(definition: OwnBenchmark, messages: tuple[Message, ...], row: Json, where: str) -> Prompt:
    """A prompt with the given messages, whose other parts come from a row."""
    columns = definition.columns
    try:
        target = target_of_row(definition.target, [m.scorer for m in definition.metrics], row)
    except DataError as problem:
        raise DataError(f"{where}: {problem}; correct the row, or `target` in the benchmark's file.") from None
    groups = {kind: text for kind, column in columns.groups.items() if (text := cell(row, column))}
    return Prompt(
        definition.name,
        messages,
        target=target,
        cluster=cell(row, columns.cluster),
        stratum=cell(row, columns.stratum),
        groups=groups,
    )


def cell(row: Json, column: str) -> str:
    """The text in a row's column; empty without a column or a value."""
    value = next(iter(values(row, column)), None) if column else None
    return "" if value is None else str(value)


def _prompt(definition: OwnBenchmark, row: Json, where: str) -> Prompt:
    prompt = prompt_of_messages(definition, (), row, where)
    if definition.template:
        messages: tuple[Message, ...] = (Message("user", _filled(definition.template, row, prompt.target, where)),)
    else:
        column = definition.columns.prompt or PROMPT
        text = read_prompt(next(iter(values(row, column)), None))
        if text is None:
            raise DataError(f"{where}: found no text in the column {column!r}, wanted a text or chat messages.")
        messages = text.messages
    if system := cell(row, definition.columns.system).strip():
        messages = (Message("system", system), *messages)
    return Prompt(
        prompt.benchmark, messages, prompt.target, prompt.cluster, prompt.stratum, prompt.metadata, prompt.groups
    )


def _filled(template: str, row: Json, target: Json, where: str) -> str:
    """The template with a row's values; raises DataError for a blank one."""

    def value(hole: re.Match[str]) -> str:
        if hole[1] == OPTIONS and isinstance(target, dict) and OPTIONS in target:
            labels = target.get("labels", LETTERS)
            return "\n".join(f"{label}) {option}" for label, option in zip(labels, target[OPTIONS], strict=False))
        text = cell(row, hole[1])
        if not text.strip():
            raise DataError(f"{where}: found no text in the column {hole[1]!r}, which the template needs.")
        return text

    return HOLE.sub(value, template).strip()
