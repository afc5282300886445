"""Rows of pinned files with checked columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from trustdelta.benchmarks.base import DataSource
from trustdelta.errors import DataError
from trustdelta.records import Json, Message, Prompt
from trustdelta.records.targets import Target

Row = dict[str, Json]
csv.field_size_limit(10_000_000)


def csv_rows(data: DataSource, repo: str, path: str, columns: Sequence[str], *, delimiter: str = ",") -> list[Row]:
    """Rows of a CSV or TSV file; raises DataError where a required column is missing or a row is too short."""
    reader = csv.DictReader(io.StringIO(data.text(repo, path), newline=""), delimiter=delimiter)
    rows: list[Row] = [dict(row) for row in reader]
    _check_columns(repo, path, reader.fieldnames or (), columns)
    for line, row in enumerate(rows, start=2):
        if any(row[name] is None for name in columns):
            raise DataError(f"{repo}: {path}, row {line}, is too short; wanted the columns {', '.join(columns)}.")
    return rows


def csv_text(columns: Sequence[str], *rows: Row) -> str:
    """A CSV file with these columns, for fixtures."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def jsonl_rows(data: DataSource, repo: str, path: str, columns: Sequence[str]) -> list[Row]:
    """Rows of a JSON lines file; raises DataError where a line is not an object or lacks a required key."""
    text = data.text(repo, path)
    try:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as problem:
        raise DataError(f"{repo}: {path} is not JSON lines: {problem}.") from None
    return _objects(repo, path, rows, columns)


def json_value(data: DataSource, repo: str, path: str) -> Json:
    """The value of a JSON file; raises DataError where it is not JSON."""
    try:
        return json.loads(data.text(repo, path))
    except (ValueError, RecursionError) as problem:
        raise DataError(f"{repo}: {path} is not JSON: {problem}.") from None


def json_rows(data: DataSource, repo: str, path: str, columns: Sequence[str]) -> list[Row]:
    """Rows of a JSON list of objects; raises DataError for any other value or a missing key."""
    value = json_value(data, repo, path)
    if not isinstance(value, list):
        raise DataError(f"{repo}: {path} holds a {type(value).__name__}; wanted a list of objects.")
    return _objects(repo, path, value, columns)


def _objects(repo: str, path: str, rows: list[Json], columns: Sequence[str]) -> list[Row]:
    for row in rows:
        if not isinstance(row, dict):
            raise DataError(f"{repo}: {path} holds a {type(row).__name__} as a row; wanted an object.")
        _check_columns(repo, path, row, columns)
    return rows


def _check_columns(repo: str, path: str, columns: Iterable[str], required: Sequence[str]) -> None:
    names = list(columns)
    missing = [name for name in required if name not in names]
    if missing:
        raise DataError(
            f"{repo}: {path} has no column {', '.join(map(repr, missing))}; found {', '.join(map(repr, names))}; "
            "the file is not the pinned version."
        )


def ask(
    benchmark: str,
    question: str,
    *,
    system: str = "",
    target: Target | None = None,
    cluster: str = "",
    stratum: str = "",
) -> Prompt:
    """A prompt of one user message and an optional system message."""
    head = (Message("system", system),) if system else ()
    return Prompt(benchmark, (*head, Message("user", question)), target=target, cluster=cluster, stratum=stratum)


def distinct(prompts: Iterable[Prompt]) -> list[Prompt]:
    """The prompts without repeats, since a repeated prompt adds no information."""
    return list({prompt.id: prompt for prompt in prompts}.values())


LETTERS = tuple("ABCDEFGHIJ")


def lettered(question: str, options: Sequence[str], instruction: str, labels: Sequence[str] = LETTERS) -> str:
    """A question, its labelled options and an instruction, on separate lines."""
    listed = "\n".join(f"{label}) {option}" for label, option in zip(labels, options, strict=False))
    return f"{question}\n\n{listed}\n\n{instruction}"
