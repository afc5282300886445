"""Labels by sheet: a CSV file that is safe against formulas of spreadsheets, and its reading."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from trustdelta.benchmarks.base import Benchmark
from trustdelta.errors import DataError, UsageError
from trustdelta.parsing import MOST_DATA, read_bytes, reason
from trustdelta.pipeline.labelling.entries import set_labels
from trustdelta.pipeline.labelling.items import Item, items
from trustdelta.records.state import LABEL_PAIRS
from trustdelta.report.exports import cell
from trustdelta.stats.ppi import MIN_LABELS
from trustdelta.store import Store

COLUMNS = ("id", "question", "prompt", "text", "label")


def sheet(listed: Sequence[Item]) -> str:
    """The sheet as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in listed:
        question = f"{item.form.question} {item.form.legend}"
        writer.writerow([cell(value) for value in (item.id, question, item.prompt, item.text, "")])
    return "\ufeff" + stream.getvalue()


def take_labels(store: Store, benchmarks: Mapping[str, Benchmark], path: Path, labeller: str = "") -> int:
    """Read a filled-in sheet into the run; returns the number of its labels.

    A label is a number in the scorer's range, or the name of a class. Raises UsageError where the file cannot be read,
    DataError for a line of another run, a repeated line, or another label. Lines without a label are ignored.
    """
    known = {item.id: item for item in items(store, benchmarks, store.get(LABEL_PAIRS) or MIN_LABELS)}
    data = _bytes(path)
    labels: dict[Item, float | None] = {}
    seen: set[str] = set()
    for number, row in enumerate(csv.DictReader(io.StringIO(_text(data, path), newline="")), 2):
        where, label = f"{path}, line {number}", (row.get("label") or "").strip()
        if not {"id", "label"} <= row.keys():
            raise DataError(
                f"{path}: found columns {', '.join(map(str, row))}, wanted id and label; keep the sheet's head."
            )
        line = (row["id"] or "").strip()
        if line not in known:
            raise DataError(f"{where}: {line!r} is no line of this run's sheet; write it again with `judges label`.")
        if line in seen:
            raise DataError(f"{where}: {line} appears twice; keep one of the lines.")
        seen.add(line)
        if label:
            labels[known[line]] = _value(known[line], label, where)
    set_labels(store, labels, labeller, hashlib.sha256(data).hexdigest())
    return len(labels)


def _bytes(path: Path) -> bytes:
    try:
        return read_bytes(path, MOST_DATA)
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path}: cannot be read ({reason(problem)}); pass a sheet of `judges label`.") from None


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text; save the sheet as CSV in UTF-8.") from None


def _value(item: Item, label: str, where: str) -> float:
    low, high = item.limits
    named = item.form.value(label)
    if named is not None:
        return named
    try:
        value = float(label.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        names = ", ".join(c.name for c in item.form.classes)
        raise DataError(
            f"{where}: found the label {label!r}, wanted a number from {low:g} to {high:g}, or one of {names}."
        )
    return value
