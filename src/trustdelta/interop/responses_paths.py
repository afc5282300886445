"""A small path language for columns in nested data: `results[].output[]`, `*.*[].total_score`, `question.english`.

    path    = step ("." step)*
    step    = name "[]"*        the value under a key; each [] iterates over a list
            | "*" "[]"*         every value of an object, in order

A key with dots or brackets takes precedence as a whole name, so flat columns of a table need no quoting.
The path `.` is the row itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from trustdelta.records import Json

ROW = "."
"""The path of the row itself, for rows that are an API's reply."""
_STEP = re.compile(r"([^.\[\]]+)((?:\[\])*)\Z")


class Step(NamedTuple):
    """One step of a path."""

    key: str
    """A key, or "*"."""
    lists: int
    """Number of nested lists to iterate over."""

    @property
    def iterates(self) -> bool:
        """Whether it may have several values."""
        return self.key == "*" or self.lists > 0


Path = tuple[Step, ...]


@lru_cache(maxsize=1024)
def parse(text: str) -> Path:
    """The steps of a path; a text that is not a path (a key with other characters) is a single step."""
    steps = [_STEP.match(part) for part in text.split(".")]
    if any(step is None for step in steps):
        return (Step(text, 0),)
    return tuple(Step(m.group(1), len(m.group(2)) // 2) for m in steps if m)


@lru_cache(maxsize=1024)
def iterates(text: str) -> bool:
    """Whether a path may have several values."""
    return any(step.iterates for step in parse(text))


def split_rows(text: str) -> tuple[str, str]:
    """A path as (path to the rows, path within a row), split behind its last iterating step."""
    steps = parse(text)
    last = max((i for i, step in enumerate(steps[:-1]) if step.iterates), default=-1)
    return unparse(steps[: last + 1]), unparse(steps[last + 1 :])


def unparse(steps: Path) -> str:
    """The text of a path."""
    return ".".join(step.key + "[]" * step.lists for step in steps)


def values(data: Json, text: str) -> list[Json]:
    """All values of a path, in order; a missing key has none."""
    if text == ROW:
        return [data]
    if text and isinstance(data, Mapping) and text in data:
        return [data[text]]
    return list(_follow(data, parse(text))) if text else [data]


def first(row: Mapping[str, Json], text: str) -> Json:
    """The first value of a path in a row; None without one, and for an empty path."""
    if not text:
        return None
    return row[text] if text in row else next(iter(values(row, text)), None)


def keys(data: Json) -> list[str]:
    """The paths with values in one row: its keys, and those one level deeper."""
    paths = []
    for key, value in (data if isinstance(data, Mapping) else {}).items():
        paths.append(f"{key}[]" if isinstance(value, list) else str(key))
        inner, mark = (value[0], "[]") if isinstance(value, list) and value else (value, "")
        if isinstance(inner, Mapping):
            paths += [f"{key}{mark}.{sub}" for sub in inner]
    return paths


def nearest(name: str, known: list[str]) -> str:
    """` (did you mean 'x'?)`, or an empty text."""
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _follow(data: Json, steps: Path) -> Iterator[Json]:
    if not steps:
        yield data
        return
    step, rest = steps[0], steps[1:]
    if not isinstance(data, Mapping) or (step.key != "*" and step.key not in data):
        return
    children = list(data.values()) if step.key == "*" else [data[step.key]]
    for _ in range(step.lists):
        children = [item for value in children if isinstance(value, list) for item in value]
    for value in children:
        yield from _follow(value, rest)
