"""Responses that exist already, read into flat rows: one row for each prompt and draw.

`read_recorded` takes a file and a `ColumnMap` and gives a `RecordedSet`; `pair_recorded` joins two of them by the
content of their prompts. Nothing is joined by position, but for a second file of scores whose draws follow those of
the responses, and there the response texts must be equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from trustdelta.errors import DataError
from trustdelta.interop.foreign import COLUMNS, flat
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_files import read_file
from trustdelta.interop.responses_paths import iterates, keys, nearest, values
from trustdelta.parsing import short
from trustdelta.records import Finish, Json, Message, Prompt

FINISHES = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "completed"), Finish.STOP),
    **dict.fromkeys(("length", "max_tokens", "max_length", "max_output_tokens", "model_length"), Finish.LENGTH),
    **dict.fromkeys(("error", "abort", "cancelled", "failed"), Finish.ERROR),
}
MOST_DRAWS = 2**53
"""Draws are named by numbers below this, which a float holds exactly; only their order counts."""
NAMED = 5
"""How many rows or prompts a message names before it only counts."""


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One recorded response. `where` names its place in the file."""

    messages: tuple[Message, ...]
    draw: int
    text: str
    reasoning: str | None = None
    finish: Finish = Finish.UNKNOWN
    scores: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, Json] = field(default_factory=dict)
    where: str = ""

    @property
    def key(self) -> str:
        """`Prompt.join_key` of what was asked."""
        return Prompt("", self.messages).join_key

    @property
    def prompt_row(self) -> dict[str, Json]:
        """What `Benchmark.from_rows` reads: system, prompt (the last message) and the metadata columns."""
        system = next((m.content for m in self.messages if m.role == "system"), "")
        chat = [[m.role, m.content] for m in self.messages]
        return {**self.metadata, "system": system, "prompt": self.messages[-1].content, "messages": chat}


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """What was odd in a file: how often, and where (at most NAMED places each).

    `duplicates`: rows for a (prompt, draw) that was there before; the first is kept. `repeated`: rows whose prompt came
    before where no column gives the draw; they are taken as further draws. `empty`: blank responses,
    kept. `unscored`: rows without a score where score columns are given. `mismatched`: scores left out because they
    were given to another text.
    """

    rows: int = 0
    duplicates: int = 0
    repeated: int = 0
    empty: int = 0
    unscored: int = 0
    mismatched: int = 0
    unknown_finish: int = 0
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """One line for each oddity that occurred."""
        counts = ("duplicates", "repeated", "empty", "unscored", "mismatched", "unknown_finish")
        return [
            f"{getattr(self, name)} {name.replace('_', ' ')} of {self.rows} ({'; '.join(self.named.get(name, ()))})"
            for name in counts
            if getattr(self, name)
        ]


@dataclass(frozen=True, slots=True)
class RecordedSet:
    """The rows of one file, in its order. `sources`: file names and the SHA-256 of their bytes."""

    rows: tuple[RecordedRow, ...]
    columns: ColumnMap
    diagnostics: Diagnostics
    sources: tuple[tuple[str, str], ...] = ()

    def by_key(self) -> dict[str, list[RecordedRow]]:
        """Rows by join key of their prompt, ordered by draw; keys in the order of the file."""
        found: dict[str, list[RecordedRow]] = {}
        for row in self.rows:
            found.setdefault(row.key, []).append(row)
        return {key: sorted(rows, key=lambda r: r.draw) for key, rows in found.items()}

    def prompt_rows(self) -> list[dict[str, Json]]:
        """The rows that `Benchmark.from_rows` reads, one for each distinct prompt."""
        return [rows[0].prompt_row for rows in self.by_key().values()]


def read_recorded(
    path: Path, columns: ColumnMap | None = None, *, scores: Path | None = None, score_columns: ColumnMap | None = None
) -> RecordedSet:
    """Read one file of recorded responses, and a second one of scores for them.

    Raises DataError, naming line or row, for a file that is missing, empty, damaged or half-written, a column that no
    row has, a prompt that is none, and a score that is not a finite number.
    """
    found, digest = _read_one(path, columns or ColumnMap())
    if scores is None:
        return replace(found, sources=((path.name, digest),))
    judged, scores_digest = _read_one(scores, score_columns or ColumnMap(scores={"score": "score"}))
    joined = _with_scores(found, judged, scores)
    return replace(joined, sources=((path.name, digest), (scores.name, scores_digest)))


def _read_one(path: Path, columns: ColumnMap) -> tuple[RecordedSet, str]:
    data, digest = read_file(path)
    logged = data if path.name.lower().endswith(".eval") else flat(path, data)
    if logged is not None and not (columns.prompt or columns.response or columns.rows):
        data, columns = logged, columns_of(logged, columns)
    columns = columns.within_rows()
    rows = _rows(path, data, columns)
    columns = columns.guessed(rows[0])
    _check_columns(path, rows, columns)
    return _collect([r for i, row in enumerate(rows, 1) for r in _read_row(path, i, row, columns)], columns), digest


def columns_of(rows: Sequence[Json], given: ColumnMap) -> ColumnMap:
    """Where what stands in the rows of a log, but for what is given; the first score is what `recorded` reads."""
    present = {name: name for name in COLUMNS if any(row[name] is not None for row in rows)}
    names = list(dict.fromkeys(name for row in rows for name in row["scores"]))
    scores = {name: f"scores.{name}" for name in names}
    for row in rows:  # a name may hold dots, and a path is found under a whole name first
        row |= {f"scores.{name}": value for name, value in row["scores"].items()}
        row |= {f"metadata.{name}": value for name, value in row["metadata"].items()}
    metadata = {name: f"metadata.{name}" for row in rows for name in row["metadata"]}
    first = {"score": f"scores.{names[0]}"} if names else {}
    plain: dict[str, Any] = present | {role: path for role, path in given.paths.items() if "." not in role}
    named: dict[str, Any] = {"scores": {**first, **scores, **given.scores}, "metadata": {**metadata, **given.metadata}}
    return replace(given, **named, **plain)


def _rows(path: Path, data: Json, columns: ColumnMap) -> list[Json]:
    if columns.rows:
        start: list[Json] = data if isinstance(data, list) else [data]
        rows = [row for item in start for row in values(item, columns.rows)]
    else:
        rows = data if isinstance(data, list) else [data]
    if not rows:
        found = f"rows path {columns.rows!r} leads nowhere in it" if columns.rows else "it holds no rows"
        top = data[0] if isinstance(data, list) and data else data
        raise DataError(f"{path}: {found}; columns found: {', '.join(keys(top)) or 'none'}.")
    if not isinstance(rows[0], Mapping):
        raise DataError(f"{path}: a row is {type(rows[0]).__name__}, wanted an object; set the path to the rows.")
    return rows


def _check_columns(path: Path, rows: Sequence[Json], columns: ColumnMap) -> None:
    """Every given path must lead somewhere in at least one row, and prompt and response must be given."""
    known = list(dict.fromkeys(key for row in rows[:20] for key in keys(row)))
    for role in ("prompt", "response"):
        if not getattr(columns, role):
            raise DataError(f"{path}: no {role} column was given or recognised; columns found: {', '.join(known)}.")
    for role, name in columns.paths.items():
        if not any(values(row, name) for row in rows):
            listed = ", ".join(known)
            raise DataError(
                f"{path}: {role} column {name!r} is in no row{nearest(name, known)}; columns found: {listed}."
            )


def _read_row(path: Path, n: int, row: Json, columns: ColumnMap) -> Iterator[RecordedRow]:
    """The responses of one row of the file: one, or as many as its response path leads to."""
    name = "".join(c if c.isprintable() else "?" for c in str(_first(row, columns.id))[:60])
    where = f"row {n}" + (f" ({name})" if columns.id else "")
    messages = _messages(path, where, row, columns)
    texts = values(row, columns.response)
    many = iterates(columns.response)
    reasoning, finish = (
        _column(path, where, row, columns.reasoning, texts),
        _column(path, where, row, columns.finish, texts),
    )
    scores = {name: _column(path, where, row, p, texts) for name, p in columns.scores.items()}
    metadata = {name: _first(row, p) for name, p in columns.metadata.items()}
    for i, text in enumerate(texts if many else (texts or [None])):
        at = f"{where}, draw {i}" if many else where
        yield RecordedRow(
            messages,
            _draw(path, at, _first(row, columns.draw), i if many else -1),
            _text(path, at, "response", text) or "",
            _text(path, at, "reasoning", reasoning[i]),
            FINISHES.get(str(finish[i]).lower(), Finish.UNKNOWN),
            {k: v for k, column in scores.items() if (v := _score(path, at, k, column[i])) is not None},
            metadata,
            at,
        )


def _column(path: Path, where: str, row: Json, name: str, texts: Sequence[Json]) -> list[Json]:
    """One value for each response of a row; a column without [] counts for all of them."""
    found = values(row, name) if name else []
    wanted = max(len(texts), 1)
    if not found:
        return [None] * wanted
    if len(found) == 1 and not iterates(name):
        return found * wanted
    if len(found) != wanted:
        raise DataError(f"{path}: {where} has {wanted} responses but {len(found)} values of {name!r}; wanted one each.")
    return found


def _messages(path: Path, where: str, row: Json, columns: ColumnMap) -> tuple[Message, ...]:
    prompt, system = _first(row, columns.prompt), _first(row, columns.system) if columns.system else None
    if isinstance(prompt, list) and prompt and all(isinstance(m, Mapping) and "content" in m for m in prompt):
        chat = tuple(Message(str(m.get("role", "user")), str(m["content"])) for m in prompt)
    elif isinstance(prompt, str) and prompt.strip():
        chat = (Message("user", prompt),)
    else:
        raise DataError(f"{path}: {where} has {prompt!r:.40} as prompt; wanted a text or a list of chat messages.")
    system_text = _text(path, where, "system", system)
    return ((Message("system", system_text), *chat)) if system_text and system_text.strip() else chat


def _first(row: Json, name: str) -> Json:
    return next(iter(values(row, name)), None) if name else None


def _text(path: Path, where: str, role: str, value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise DataError(f"{path}: {where} has {type(value).__name__} as {role}; wanted a text (does its path lack a []?).")


def _draw(path: Path, where: str, value: Json, otherwise: int) -> int:
    """The draw that a row names: a whole number, which tables with gaps write as 1.0."""
    if value is None or value == "":
        return otherwise
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (0 <= number < MOST_DRAWS and number.is_integer()):
        raise DataError(f"{path}: {where} has draw {short(value):.40}; wanted a whole number from 0 on.")
    return int(number)


def _score(path: Path, where: str, name: str, value: Json) -> float | None:
    """A recorded score; None and blank text are no score, NaN and text are an error."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise DataError(
            f"{path}: {where} has {name} {short(value):.40}; wanted a finite number, or nothing where unscored."
        )
    return number


def _collect(rows: Sequence[RecordedRow], columns: ColumnMap) -> RecordedSet:
    """Number the draws, leave out duplicates, and note what is odd."""
    kept: dict[tuple[str, int], RecordedRow] = {}
    odd: dict[str, list[str]] = {}
    draws: dict[str, int] = {}
    for row in rows:
        key = row.key
        if row.draw < 0:
            row = replace(row, draw=draws.get(key, 0))
            draws[key] = row.draw + 1
            if row.draw:
                odd.setdefault("repeated", []).append(row.where)
        if (key, row.draw) in kept:
            odd.setdefault("duplicates", []).append(row.where)
            continue
        kept[key, row.draw] = row
        if not row.text.strip():
            odd.setdefault("empty", []).append(row.where)
        if columns.scores and not row.scores:
            odd.setdefault("unscored", []).append(row.where)
        if columns.finish and row.finish is Finish.UNKNOWN:
            odd.setdefault("unknown_finish", []).append(row.where)
    return RecordedSet(tuple(kept.values()), columns, _diagnostics(len(rows), odd))


def _diagnostics(rows: int, odd: Mapping[str, Sequence[str]]) -> Diagnostics:
    counts = {name: len(places) for name, places in odd.items()}
    return Diagnostics(rows=rows, **counts, named={name: tuple(places[:NAMED]) for name, places in odd.items()})


def _with_scores(found: RecordedSet, judged: RecordedSet, scores: Path) -> RecordedSet:
    """Scores of a second file, given by prompt and draw to the responses whose text they were given to."""
    table = {(row.key, row.draw): row for row in judged.rows}
    if not any((row.key, row.draw) in table for row in found.rows):
        raise DataError(
            f"{scores}: none of its prompts is among the responses; do both files hold the prompt unchanged?"
        )
    rows, odd = [], {name: list(places) for name, places in found.diagnostics.named.items()}
    unscored, mismatched = [], []
    for row in found.rows:
        score = table.get((row.key, row.draw))
        if score is not None and score.text.strip() != row.text.strip():
            mismatched.append(row.where)
        elif score is not None and score.scores:
            row = replace(row, scores={**row.scores, **score.scores})
        if not row.scores:
            unscored.append(row.where)
        rows.append(row)
    odd |= {"unscored": unscored[:NAMED], "mismatched": mismatched[:NAMED]}
    named = {name: tuple(places) for name, places in odd.items() if places}
    diagnostics = replace(found.diagnostics, unscored=len(unscored), mismatched=len(mismatched), named=named)
    return replace(found, rows=tuple(rows), diagnostics=diagnostics)
