"""Reads labelled rows for measuring a judge from CSV, JSONL, JSON or Parquet; maps labels to two classes."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trustdelta.errors import DataError
from trustdelta.parsing import MOST_DATA, parse_json, read_bytes, read_text, reason
from trustdelta.records import Json, Message, Prompt
from trustdelta.records.targets import Secrets

Row = Mapping[str, Any]
PROMPT = "prompt"
"""The default column of the prompt."""
PLAIN_POSITIVE = frozenset({"1", "true", "yes", "y"})
PLAIN_NEGATIVE = frozenset({"0", "false", "no", "n"})
WHOLE = 1e15
"""Numbers from here on are compared as text."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns."""

    prompt: str
    """The prompt; "": the column "prompt" if there is one, otherwise no prompts."""
    text: str
    """The text to judge."""
    label: str
    group: str = ""
    """The judged model; optional."""


def read(path: Path) -> list[dict[str, Any]]:
    """Rows of a .csv, .tsv, .jsonl, .ndjson, .json (a list) or .parquet file; raises DataError."""
    kind = path.suffix.lower()
    readers = {".csv": _csv, ".tsv": _csv, ".jsonl": _lines, ".ndjson": _lines, ".json": _list, ".parquet": _parquet}
    if kind not in readers:
        raise DataError(f"cannot read {path}: files end in .csv, .tsv, .jsonl, .json or .parquet; rename or convert it")
    try:
        rows = readers[kind](path)
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise DataError(
            f"cannot read {path}: {reason(error)}; pass a UTF-8 CSV, JSONL, JSON list or Parquet file"
        ) from error
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise DataError(f"{path}: row {number} is {type(row).__name__}, wanted an object with columns")
    return rows


def _csv(path: Path) -> list[dict[str, Any]]:
    csv.field_size_limit(1 << 28)
    text = io.StringIO(read_text(path, MOST_DATA), newline="")
    return list(csv.DictReader(text, delimiter="\t" if path.suffix.lower() == ".tsv" else ","))


def _lines(path: Path) -> list[dict[str, Any]]:
    # not splitlines, which also splits at separators inside JSON strings
    return [parse_json(line) for line in read_text(path, MOST_DATA).split("\n") if line.strip()]


def _list(path: Path) -> list[dict[str, Any]]:
    content = parse_json(read_text(path, MOST_DATA))
    if not isinstance(content, list):
        raise TypeError(f"it holds {type(content).__name__}, not a list of rows")
    return content


def _parquet(path: Path) -> list[dict[str, Any]]:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise DataError(f"reading {path} needs pyarrow; run: pip install 'trustdelta[tables]'") from error
    rows: list[dict[str, Any]] = parquet.read_table(io.BytesIO(read_bytes(path, MOST_DATA))).to_pylist()
    return rows


def require(rows: Sequence[Row], columns: Columns) -> None:
    """Raise DataError if there are no rows, or if a named column is in none of them."""
    if not rows:
        raise DataError("the file holds no rows; give one with labelled answers")
    known = {key for row in rows for key in row}
    for role, name in asdict(columns).items():
        if name and name not in known:
            listed = ", ".join(sorted(map(str, known)))
            raise DataError(f"no row has the column {name!r}; name one with --{role}-column. Columns: {listed}.")


def label(value: Any, positive: Sequence[str], negative: Sequence[str]) -> bool | None:
    """True for the positive class, False for the negative one, None for a label of neither.

    Labels are compared as trimmed text, numbers by value (1.0 is 1). With one named class, every other non-missing
    label is the other class; without named classes, 1/true/yes/y is positive and 0/false/no/n negative.
    """
    text = canonical(value)
    if not text:
        return None
    if not positive and not negative:
        low = text.lower()
        return True if low in PLAIN_POSITIVE else False if low in PLAIN_NEGATIVE else None
    if text in {canonical(p) for p in positive}:
        return True
    if text in {canonical(n) for n in negative}:
        return False
    return None if positive and negative else not positive


def missing(value: Any) -> bool:
    """Whether a cell is empty: null or not a number."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def canonical(value: Any) -> str:
    """A label as text, independent of the file's format; "" without one."""
    text = "" if missing(value) else str(value).strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    try:
        number = float(text)
    except ValueError:
        return text
    if math.isnan(number):
        return ""
    return str(int(number)) if number.is_integer() and abs(number) < WHOLE else str(number)


def cell(row: Row, column: str) -> str:
    """The text in one column; "" for an empty cell."""
    value = row.get(column)
    return "" if missing(value) else str(value)


def texts(rows: Sequence[Row], columns: Columns, most: int) -> list[tuple[Prompt, str]]:
    """At most `most` distinct (prompt, text), evenly spaced over the rows with a text."""
    require(rows, columns)
    pairs: dict[str, Prompt] = {}
    for row in rows:
        if cell(row, columns.text).strip():
            pairs.setdefault(cell(row, columns.text), prompt_of(row, columns))
    step = max(1, -(-len(pairs) // max(1, most)))
    return [(prompt, text) for text, prompt in list(pairs.items())[::step]]


def prompt_of(row: Row, columns: Columns) -> Prompt:
    """A prompt of one user message, with the secrets of a leak judge from the column `secrets`.

    `secrets` is a JSON list or text separated by semicolons; without that column the prompt is the secret.
    """
    text = cell(row, columns.prompt or PROMPT)
    secrets = row.get("secrets", text)
    target: Json = Secrets(secrets=_listed(secrets), needed=[])
    return Prompt("calibration", (Message("user", text),), target)


def _listed(value: Any) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [str(v) for v in value]
    text = str(value or "")
    if text.startswith("["):
        try:
            return [str(v) for v in json.loads(text)]
        except (ValueError, RecursionError):
            pass
    return [part.strip() for part in text.split(";") if part.strip()]
