"""Reads recorded responses into flat rows: one row per prompt and draw.

`read_recorded` reads a file with a `ColumnMap` into a `RecordedSet`; `responses_pair` joins two of them, and
`questions` joins one with a benchmark's own prompts, by prompt. Nothing is joined by position, except the draws of a
second file of scores, whose response texts must be equal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from trustdelta.errors import DataError
from trustdelta.interop.batches import with_requests
from trustdelta.interop.chats import RecordedPrompt, read_prompt, text_of
from trustdelta.interop.foreign import COLUMNS, Log, flat, table
from trustdelta.interop.replies import Reply, error_of, failed, read_replies
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_files import read_file
from trustdelta.interop.responses_guess import columns_listed, guessed, models_of
from trustdelta.interop.responses_paths import iterates, keys, nearest, values
from trustdelta.parsing import short
from trustdelta.records import Finish, FinishReason, Json, Message, Prompt, read_finish

MOST_DRAWS = 2**53
"""Exclusive bound of the numbers of draws, exact as a float; only their order counts."""
NAMED = 5
"""Most rows or prompts in a message."""
ABSENT: tuple[Json, ...] = (None, "", False, 0, [], {}, "None", "none", "null", "nan", "NaN", "False", "false")
"""Values of an error's column without an error."""
CLIENT_ERROR = re.compile(
    r"\A(?:Error code: [45]\d\d\b|(?:openai|anthropic|litellm|httpx|requests|aiohttp|botocore|google)\.[\w.]*"
    r"(?:Error|Exception|Timeout)\b)"
)
"""Start of the text that a client's library writes for a failed request."""


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One recorded response."""

    messages: tuple[Message, ...]
    draw: int
    text: str
    reasoning: str | None = None
    finish: Finish = Finish.UNKNOWN
    scores: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, Json] = field(default_factory=dict)
    where: str = ""
    """Place in the file."""
    error: str = ""
    """The error message, if `finish` is an error."""
    moderated: bool = False
    """Whether a filter withheld the response."""
    rendered: str = ""
    """The rendered prompt, if the file has it."""
    questions: tuple[str, ...] = ()
    """Texts, one of which may be the bare question."""
    document: str = ""
    """Name of the prompt's document."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """By kind, the prompt's group; kinds without a value are omitted."""
    cluster: str = ""
    """The prompt's cluster: a template, source document or conversation."""
    key: str = ""
    """`Prompt.join_key` of the messages."""

    def __post_init__(self) -> None:
        """Hash the messages once, since rows are often searched by their key."""
        if not self.key:
            object.__setattr__(self, "key", Prompt("", self.messages).join_key)

    @property
    def question(self) -> str:
        """The user's last message."""
        return next((m.content for m in reversed(self.messages) if m.role == "user"), self.messages[-1].content)

    @property
    def seen(self) -> str:
        """The text sent to the model, as far as recorded: the rendered prompt, else the chat."""
        return self.rendered or "\n".join(f"{m.role}: {m.content}" for m in self.messages)

    @property
    def prompt_row(self) -> dict[str, Json]:
        """A row for `Benchmark.from_rows`: system, prompt (the user's last message) and the metadata columns."""
        system = next((m.content for m in self.messages if m.role == "system"), "")
        chat = [[m.role, m.content] for m in self.messages]
        return {**self.metadata, "system": system, "prompt": self.question, "messages": chat}


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
    responses = _collect([r for i, row in enumerate(rows, 1) for r in _read_row(path, i, row, columns)], columns)
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
                f"{path}: {role} column {name!r} is in no row{nearest(name, known)}; columns found: {listed}."
            )
    return columns.without(missing), tuple(missing)


def _read_row(path: Path, n: int, row: Json, columns: ColumnMap) -> Iterator[RecordedRow]:
    """The responses of one row of the file: one, or one per value of its response path."""
    name = "".join(c if c.isprintable() else "?" for c in str(_first(row, columns.id))[:60])
    where = f"row {n}" + (f" ({name})" if columns.id else "")
    prompt, last = _prompt(path, where, row, columns)
    replies = _replies(path, where, row, columns, last)
    many = iterates(columns.response) or len(replies) > 1
    reasoning, finish = (
        _column(path, where, row, columns.reasoning, replies),
        _column(path, where, row, columns.finish, replies),
    )
    scores = {name: _column(path, where, row, p, replies) for name, p in columns.scores.items()}
    shared: dict[str, Any] = {
        "metadata": {name: _first(row, p) for name, p in columns.metadata.items()},
        "rendered": _rendered(row, columns) or prompt.rendered,
        "questions": tuple(q for q in values(row, columns.question) if isinstance(q, str)) if columns.question else (),
        "document": str(_first(row, columns.document) or ""),
        "groups": {kind: str(v) for kind, p in columns.groups.items() if (v := _first(row, p)) not in (None, "")},
        "cluster": "" if (cluster := _first(row, columns.cluster)) is None else str(cluster),
    }
    failure = _failure(row, columns, blank=not any(r.text.strip() for r in replies))
    for i, reply in enumerate(replies):
        at = f"{where}, draw {i}" if many else where
        thought = _thought(path, at, reasoning[i]) if columns.reasoning else reply.reasoning
        end, error = _ended(reply, finish[i], failure, thought)
        yield RecordedRow(
            _prompt_of(prompt, reply),
            _draw(path, at, _first(row, columns.draw), i if many else -1),
            reply.text,
            thought,
            end.finish,
            {k: v for k, column in scores.items() if (v := _score(path, at, k, column[i])) is not None},
            where=at,
            error=error,
            moderated=end.moderated,
            **shared,
        )


def _failure(row: Json, columns: ColumnMap, *, blank: bool) -> tuple[FinishReason, str] | None:
    """The failure of a request, from columns other than the response.

    `blank`: the response has no text; only then a status as text counts, since it may be a test's.
    """
    error, status = _first(row, columns.error), row.get("status")
    if blank and isinstance(status, str) and (end := read_finish(status)).finish is Finish.ERROR:
        return end, status
    codes = [row[key] for key in ("status_code", "http_status", "status") if isinstance(row.get(key), int)]
    absent = error in ABSENT or error != error
    if absent and not codes:
        return None
    return error_of({"error": None if absent else error, "status_code": max(codes, default=0)})


def _replies(path: Path, where: str, row: Json, columns: ColumnMap, last: str | None) -> list[Reply]:
    """The values of a row's response path, as replies; `last`: the last answer of the chat, if it is the response."""
    if columns.response == columns.prompt:
        return read_replies(last) or []
    texts = values(row, columns.response)
    single = texts[0] if texts else None
    replies = read_replies(texts if iterates(columns.response) else single) if texts else read_replies(None)
    if replies is None or (iterates(columns.response) and len(replies) != len(texts)):
        wrong = next((type(v).__name__ for v in texts if not isinstance(v, str) and read_replies(v) is None), "list")
        raise DataError(
            f"{path}: {where} has {wrong} as response; wanted a text or an API's reply (does its path lack a []?)."
        )
    return replies


def _ended(
    reply: Reply, finish: Json, failure: tuple[FinishReason, str] | None, thought: str | None
) -> tuple[FinishReason, str]:
    """Finish reason and error of a response: from the row's failure, the finish column, or the reply, in this order.

    A thought without an answer and without a reason is not a failed request.
    """
    if failure is not None:
        return failure
    declared = read_finish(finish)
    if CLIENT_ERROR.match(reply.text):
        return failed(reply.text)
    end = declared if declared.finish is not Finish.UNKNOWN else reply.end
    absent = reply.end.finish is Finish.ERROR and not reply.text
    if absent and not reply.end.moderated and not reply.end.word and (thought or declared.finish is not Finish.UNKNOWN):
        return declared, ""
    why = reply.error or (f"generation ended in {end.word!r}" if end.word else "the request failed")
    return end, why if end.finish is Finish.ERROR else ""


def _prompt(path: Path, where: str, row: Json, columns: ColumnMap) -> tuple[RecordedPrompt, str | None]:
    """The prompt with its system text and input; and the last answer of the chat, if it is the response."""
    value = _first(row, columns.prompt)
    prompt = read_prompt(value)
    if prompt is None:
        raise DataError(f"{path}: {where} has {value!r:.40} as prompt; wanted a text or a list of chat messages.")
    messages, last = prompt.messages, None
    if columns.response == columns.prompt:
        messages, last = messages[:-1], messages[-1].content
    if more := _text(path, where, "input", _first(row, columns.input)):
        *before, end = messages
        messages = (*before, Message(end.role, f"{end.content}\n\n{more}" if more.strip() else end.content))
    system = _first(row, columns.system)
    text = _text(path, where, "system", system if isinstance(system, str) else text_of(system))
    if text and text.strip():
        messages = (Message("system", text), *messages)
    return RecordedPrompt(messages, prompt.rendered), last


def _prompt_of(prompt: RecordedPrompt, reply: Reply) -> tuple[Message, ...]:
    """The messages of the prompt, without an answer that was recorded with them."""
    messages = prompt.messages
    end = messages[-1]
    answered = len(messages) > 1 and end.role == "assistant" and end.content.strip() == reply.text.strip()
    return messages[:-1] if answered and end.content.strip() else messages


def _rendered(row: Json, columns: ColumnMap) -> str:
    value = _first(row, columns.rendered)
    return value if isinstance(value, str) else ""


def _thought(path: Path, where: str, value: Json) -> str | None:
    """A reasoning field: a text, or parts with one."""
    if isinstance(value, Mapping | list):
        replies = read_replies([value] if isinstance(value, Mapping) else value)
        return "".join(r.reasoning or r.text for r in replies or ())
    return _text(path, where, "reasoning", value)


def _column(path: Path, where: str, row: Json, name: str, texts: Sequence[Reply]) -> list[Json]:
    """One value per response of a row; a column without [] applies to all of them."""
    column = values(row, name) if name else []
    count = max(len(texts), 1)
    if not column:
        return [None] * count
    if len(column) == 1 and not iterates(name):
        return column * count
    if len(column) != count:
        raise DataError(f"{path}: {where} has {count} responses but {len(column)} values of {name!r}; wanted one each.")
    return column


def _first(row: Json, name: str) -> Json:
    return next(iter(values(row, name)), None) if name else None


def _text(path: Path, where: str, role: str, value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise DataError(f"{path}: {where} has {type(value).__name__} as {role}; wanted a text (does its path lack a []?).")


def _draw(path: Path, where: str, value: Json, otherwise: int) -> int:
    """The number of a row's draw: an integer, which tables with missing values write as 1.0."""
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
    """A recorded score; None and blank text mean no score, NaN and text are an error."""
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
    """Number the draws, remove duplicates, and count irregular rows."""
    unique: dict[tuple[str, int], RecordedRow] = {}
    irregular: dict[str, list[str]] = {}
    draws: dict[str, int] = {}
    for row in rows:
        key = row.key
        if row.draw < 0:
            row = replace(row, draw=draws.get(key, 0))
            draws[key] = row.draw + 1
            if row.draw:
                irregular.setdefault("repeated", []).append(row.where)
        if (key, row.draw) in unique:
            irregular.setdefault("duplicates", []).append(row.where)
            continue
        unique[key, row.draw] = row
        for kind in _irregularities(row, columns):
            irregular.setdefault(kind, []).append(row.where)
    return RecordedSet(tuple(unique.values()), columns, _diagnostics(len(rows), irregular))


def _irregularities(row: RecordedRow, columns: ColumnMap) -> Iterator[str]:
    """The kinds of irregularity of one row."""
    if row.finish is Finish.ERROR:
        yield "moderated" if row.moderated else "failed"
    elif not row.text.strip():
        yield "empty"
    if columns.scores and not row.scores:
        yield "unscored"
    if columns.finish and row.finish is Finish.UNKNOWN:
        yield "unknown_finish"


def _diagnostics(rows: int, irregular: Mapping[str, Sequence[str]]) -> Diagnostics:
    counts = {name: len(places) for name, places in irregular.items()}
    return Diagnostics(rows=rows, **counts, named={name: tuple(places[:NAMED]) for name, places in irregular.items()})


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
