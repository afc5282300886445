"""Reads recorded responses into flat rows: one row per prompt and draw.

`read_recorded` reads a file with a `ColumnMap` into a `RecordedSet`; `responses_pair` joins two of them, and
`questions` joins one with a benchmark's own prompts, by prompt. Nothing is joined by position, except the draws of a
second file of scores, whose response texts must be equal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from trustdelta.errors import DataError
from trustdelta.interop.batches import with_requests
from trustdelta.interop.foreign import COLUMNS, Log, flat, table
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_files import read_file
from trustdelta.interop.responses_guess import columns_listed, guessed, models_of
from trustdelta.interop.responses_paths import keys, nearest, values
from trustdelta.interop.responses_record import RecordedRow
from trustdelta.interop.responses_rows import RowReader
from trustdelta.records import Finish, Json

NAMED = 5
"""Most rows or prompts in a message."""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Counts of irregular rows in a file."""

    rows: int = 0
    duplicates: int = 0
    """Rows with the (prompt, draw) of an earlier row; the first one is used."""
    repeated: int = 0
    """Rows with the prompt of an earlier row, without a column of draws; they are further draws."""
    failed: int = 0
    moderated: int = 0
    empty: int = 0
    """Blank responses, which are used."""
    unscored: int = 0
    """Rows without a score, if there are score columns."""
    mismatched: int = 0
    """Scores of another text, which are not used."""
    unknown_finish: int = 0
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By kind, at most NAMED places in the file."""

    def lines(self) -> list[str]:
        """One line for each kind of irregularity."""
        counts = ("duplicates", "repeated", "failed", "moderated", "empty", "unscored", "mismatched", "unknown_finish")
        return [
            f"{getattr(self, name)} {name.replace('_', ' ')} of {self.rows} ({'; '.join(self.named.get(name, ()))})"
            for name in counts
            if getattr(self, name)
        ]


@dataclass(frozen=True, slots=True)
class RecordedSet:
    """The rows of one file, in its order."""

    rows: tuple[RecordedRow, ...]
    columns: ColumnMap
    diagnostics: Diagnostics
    sources: tuple[tuple[str, str], ...] = ()
    """File names with the SHA-256 of their bytes."""
    remarks: tuple[str, ...] = ()
    """Remarks on the file as a whole."""
    missing: tuple[str, ...] = ()
    """Declared roles without a column in the file."""

    def by_key(self) -> dict[str, list[RecordedRow]]:
        """Rows by join key of their prompt, ordered by draw; keys in the order of the file."""
        groups: dict[str, list[RecordedRow]] = {}
        for row in self.rows:
            groups.setdefault(row.key, []).append(row)
        return {key: sorted(rows, key=lambda r: r.draw) for key, rows in groups.items()}

    def prompt_rows(self) -> list[dict[str, Json]]:
        """Rows for `Benchmark.from_rows`, one per distinct prompt."""
        return [rows[0].prompt_row for rows in self.by_key().values()]


def read_recorded(
    path: Path,
    columns: ColumnMap | None = None,
    *,
    scores: Path | None = None,
    score_columns: ColumnMap | None = None,
    lenient: Collection[str] = (),
) -> RecordedSet:
    """Read one file of recorded responses, and optionally a second one of their scores.

    `lenient`: roles whose column may be missing. Raises DataError, with line or row, for a file that is missing, empty,
    damaged or half-written, a column that no row has, an ambiguous column or several models, an invalid prompt, and a
    score that is not a finite number.
    """
    responses, digest = _read_one(path, columns or ColumnMap(), lenient)
    if scores is None:
        return replace(responses, sources=((path.name, digest),))
    judged, scores_digest = _read_one(scores, score_columns or ColumnMap(scores={"score": "score"}))
    joined = _with_scores(responses, judged, scores)
    return replace(joined, sources=((path.name, digest), (scores.name, scores_digest)))


def _read_one(path: Path, columns: ColumnMap, lenient: Collection[str] = ()) -> tuple[RecordedSet, str]:
    data, digest = read_file(path)
    log = data if isinstance(data, Log) else flat(path, data)
    remarks: tuple[str, ...] = ()
    if log is not None and not (columns.prompt or columns.response or columns.rows):
        data, columns, remarks = log.rows, columns_of(log.rows, columns), log.remarks
    elif isinstance(data, Log):
        data = data.rows
    columns = columns.within_rows()
    rows = _rows(path, data if columns.rows else table(path, data), columns)
    rows, columns = with_requests(path, rows, columns) if columns.requests else (rows, columns)
    rows = _chosen(path, rows, columns)
    columns = guessed(path, rows, columns)
    columns, missing = _check_columns(path, rows, columns, lenient)
    responses = _collect(rows, RowReader(path, columns))
    return replace(responses, remarks=remarks, missing=missing), digest


def columns_of(rows: Sequence[Json], declared: ColumnMap) -> ColumnMap:
    """The columns of a log's rows, overridden by the declared ones; `recorded` reads the first score."""
    present = {name: name for name in COLUMNS if name != "model" and any(row[name] is not None for row in rows)}
    names = list(dict.fromkeys(name for row in rows for name in row["scores"]))
    scores = {name: f"scores.{name}" for name in names}
    for row in rows:  # a name may contain dots, and a whole name takes precedence over a path
        row |= {f"scores.{name}": value for name, value in row["scores"].items()}
        row |= {f"metadata.{name}": value for name, value in row["metadata"].items()}
    metadata = {name: f"metadata.{name}" for row in rows for name in row["metadata"]}
    first = {"score": f"scores.{names[0]}"} if names else {}
    present |= {"response": "response"} | ({"question": "questions[]"} if any(row["questions"] for row in rows) else {})
    plain: dict[str, Any] = present | {role: path for role, path in declared.paths.items() if "." not in role}
    named: dict[str, Any] = {
        "scores": {**first, **scores, **{role: scores.get(path, path) for role, path in declared.scores.items()}},
        "metadata": {**metadata, **{role: metadata.get(path, path) for role, path in declared.metadata.items()}},
        "groups": {kind: metadata.get(path, path) for kind, path in declared.groups.items()},
    }
    return replace(declared, **named, **plain)


def _rows(path: Path, data: Json, columns: ColumnMap) -> list[Json]:
    if columns.rows:
        start: list[Json] = data if isinstance(data, list) else [data]
        rows = [row for item in start for row in values(item, columns.rows)]
    else:
        rows = data if isinstance(data, list) else [data]
    if not rows:
        problem = f"rows path {columns.rows!r} leads nowhere in it" if columns.rows else "it holds no rows"
        top = data[0] if isinstance(data, list) and data else data
        raise DataError(f"{path}: {problem}; columns found: {', '.join(keys(top)) or 'none'}.")
    if not isinstance(rows[0], Mapping):
        raise DataError(f"{path}: a row is {type(rows[0]).__name__}, wanted an object; set the path to the rows.")
    return rows


def _chosen(path: Path, rows: list[Json], columns: ColumnMap) -> list[Json]:
    """The rows that `where` selects; raises DataError if there are none, or if they are of several models."""
    for column, value in columns.where.items():
        selected = [row for row in rows if value == "*" or any(str(v) == value for v in values(row, column))]
        if not selected:
            present = list(dict.fromkeys(str(v) for row in rows for v in values(row, column)))
            listed = ", ".join(map(repr, present[:NAMED])) or "nothing"
            raise DataError(f"{path}: no row has {value!r} in column {column!r}; it holds {listed}.")
        rows = selected
    name, models = models_of(rows, columns)
    if len(models) > 1:
        listed = ", ".join(map(repr, models[:NAMED])) + (", …" if len(models) > NAMED else "")
        raise DataError(
            f"{path}: holds responses of {len(models)} models in column {name!r}: {listed}; pick one with --column "
            f"where={name}={models[0]} (baseline.where=… and candidate.where=… where both models are in one file)."
        )
    return rows


def _check_columns(
    path: Path, rows: Sequence[Json], columns: ColumnMap, lenient: Collection[str]
) -> tuple[ColumnMap, tuple[str, ...]]:
    """The existing columns, and the roles without a column; prompt and response are required."""
    known = columns_listed(rows)
    for role in ("prompt", "response"):
        if not getattr(columns, role):
            raise DataError(
                f"{path}: no {role} column was given or recognised; columns found: {', '.join(known)}; "
                f"name it with --column {role}=NAME."
            )
    missing = [role for role, name in columns.paths.items() if not any(values(row, name) for row in rows)]
    for role in missing:
        if role not in lenient:
            name, listed = columns.paths[role], ", ".join(known)
            raise DataError(
                f"{path}: {role} column {name!r} is in no row{nearest(name, known)}; columns found: {listed}; "
                f"name one of them with --column {role}=NAME."
            )
    return columns.without(missing), tuple(missing)


def _collect(rows: Sequence[Json], reader: RowReader) -> RecordedSet:
    """Read all rows, remove duplicates, and count irregular ones."""
    unique: dict[tuple[str, int], RecordedRow] = {}
    irregular: dict[str, list[str]] = {"repeated": reader.repeated}
    n = 0
    for row in (response for i, data in enumerate(rows, 1) for response in reader.read(i, data)):
        n += 1
        if unique.setdefault((row.key, row.draw), row) is not row:
            irregular.setdefault("duplicates", []).append(row.where)
            continue
        for kind in _irregularities(row, reader.columns):
            irregular.setdefault(kind, []).append(row.where)
    return RecordedSet(tuple(unique.values()), reader.columns, _diagnostics(n, irregular))


def _irregularities(row: RecordedRow, columns: ColumnMap) -> list[str]:
    """The kinds of irregularity of one row."""
    kinds = []
    if row.finish is Finish.ERROR:
        kinds.append("moderated" if row.moderated else "failed")
    elif not row.text or row.text.isspace():
        kinds.append("empty")
    if columns.scores and not row.scores:
        kinds.append("unscored")
    if columns.finish and row.finish is Finish.UNKNOWN:
        kinds.append("unknown_finish")
    return kinds


def _diagnostics(rows: int, irregular: Mapping[str, Sequence[str]]) -> Diagnostics:
    counts = {name: len(places) for name, places in irregular.items()}
    named = {name: tuple(places[:NAMED]) for name, places in irregular.items() if places}
    return Diagnostics(rows=rows, **counts, named=named)


def _with_scores(responses: RecordedSet, judged: RecordedSet, scores: Path) -> RecordedSet:
    """Responses with the scores of a second file, joined by prompt and draw, for equal texts."""
    table = {(row.key, row.draw): row for row in judged.rows}
    if not any((row.key, row.draw) in table for row in responses.rows):
        raise DataError(f"{scores}: none of its prompts has a response; do both files contain the same prompts?")
    rows, irregular = [], {name: list(places) for name, places in responses.diagnostics.named.items()}
    unscored, mismatched = [], []
    for row in responses.rows:
        score = table.get((row.key, row.draw))
        if score is not None and score.text.strip() != row.text.strip():
            mismatched.append(row.where)
        elif score is not None and score.scores:
            row = replace(row, scores={**row.scores, **score.scores})
        if not row.scores:
            unscored.append(row.where)
        rows.append(row)
    irregular |= {"unscored": unscored[:NAMED], "mismatched": mismatched[:NAMED]}
    named = {name: tuple(places) for name, places in irregular.items() if places}
    diagnostics = replace(responses.diagnostics, unscored=len(unscored), mismatched=len(mismatched), named=named)
    return replace(responses, rows=tuple(rows), diagnostics=diagnostics)
