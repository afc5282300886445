"""Rows of prompts: from a file beside the definition, from a data set of the hub, or written in the definition."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trustdelta.config import OwnBenchmark, OwnPrompts
from trustdelta.data.hub import HubFile
from trustdelta.errors import DataError
from trustdelta.interop.foreign import Log
from trustdelta.interop.responses_files import read_file
from trustdelta.interop.responses_guess import columns_listed
from trustdelta.interop.responses_paths import nearest, values
from trustdelta.records import Json


def rows_of(definition: OwnBenchmark, folder: Path, hub: HubFile, digests: Mapping[str, str]) -> tuple[list[Json], str]:
    """The selected rows and the name of their place; raises DataError."""
    prompts = definition.prompts
    if prompts.written:
        return _selected(prompts, list(prompts.written), "prompts"), "prompts"
    path = place(definition, folder, hub)
    content, digest = read_file(path)
    if digests.get(path.name, digest) != digest:
        raise DataError(
            f"{path}: changed since the configuration was made (SHA-256 {digests[path.name][:12]}…, now "
            f"{digest[:12]}…); restore it, or name the benchmark's file again."
        )
    if isinstance(content, Log):
        raise DataError(f"{path}: found a log of an evaluation, wanted a table of prompts.")
    name = str(path)
    rows = [row for item in _items(content) for row in values(item, prompts.rows)] if prompts.rows else _items(content)
    if not rows:
        raise DataError(f"{name}: found no rows{f' at {prompts.rows!r}' if prompts.rows else ''}, wanted at least one.")
    for n, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise DataError(
                f"{name}: row {n} is {type(row).__name__}, wanted an object with columns; set prompts.rows."
            )
    return _selected(prompts, rows, name), name


def place(definition: OwnBenchmark, folder: Path, hub: HubFile) -> Path:
    """The file of prompts on this machine; a file of the hub is downloaded where that is allowed."""
    prompts = definition.prompts
    if prompts.hub:
        return hub.path(prompts.hub, prompts.revision, prompts.file)
    return folder / Path(prompts.file).expanduser()


def _items(content: Json) -> list[Json]:
    return content if isinstance(content, list) else [content]


def _selected(prompts: OwnPrompts, rows: list[Json], name: str) -> list[Json]:
    """The rows with the required values."""
    for column, value in prompts.where.items():
        cells = [[str(cell) for cell in values(row, column)] for row in rows]
        if not any(cells):
            known = columns_listed(rows)
            raise DataError(f"{name}: prompts.where: no row has the column {column!r}{nearest(column, known)}.")
        present = list(dict.fromkeys(cell for listed in cells for cell in listed))
        rows = [row for row, listed in zip(rows, cells, strict=True) if _text(value) in listed]
        if not rows:
            shown = ", ".join(map(repr, present[:5]))
            raise DataError(f"{name}: prompts.where.{column}: no row has {_text(value)!r}; it holds {shown}.")
    return rows


def _text(value: Json) -> str:
    return str(value)
