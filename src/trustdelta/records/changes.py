"""Describes the differences of two JSON values field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from trustdelta.records.terms import SECRET, Json

SHOWN = 3
"""Most fields in a description."""

LONGEST = 80
"""Most characters of a value."""


def changes(stored: Json, fresh: Json) -> str:
    """`candidate.sampling.temperature: was 0.6, now 1.0` for the first fields that differ; "" if none does.

    Hashes come last. The value of a field with a name like a secret's is not shown.
    """
    differences = sorted(_changes(stored, fresh, ()), key=lambda line: line[0][-1:] == ("hash",))
    lines = [
        f"{'.'.join(path)}: was {_short(path, was)}, now {_short(path, now)}" for path, was, now in differences[:SHOWN]
    ]
    more = [f"and {len(differences) - SHOWN} more"] if len(differences) > SHOWN else []
    return "; ".join([*lines, *more])


Change = tuple[tuple[str, ...], Json, Json]


def _changes(stored: Json, fresh: Json, path: tuple[str, ...]) -> Iterator[Change]:
    if stored == fresh:
        return
    if isinstance(stored, Mapping) and isinstance(fresh, Mapping):
        for key in sorted(stored.keys() | fresh.keys()):
            yield from _changes(stored.get(key), fresh.get(key), (*path, str(key)))
    elif _rows(stored) and _rows(fresh) and len(stored) == len(fresh):
        for i, (before, after) in enumerate(zip(stored, fresh, strict=True)):
            yield from _changes(before, after, (*path, str(i)))
    else:
        yield path, stored, fresh


def _rows(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(row, Mapping) for row in value)


def _short(path: tuple[str, ...], value: Json) -> str:
    if any(SECRET.search(name) for name in path):
        return "a value that is not shown"
    text = json.dumps(_masked(value), sort_keys=True)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _masked(value: Json) -> Json:
    """A value without the values of fields that may be secrets."""
    if isinstance(value, Mapping):
        return {k: "a value that is not shown" if SECRET.search(str(k)) else _masked(v) for k, v in value.items()}
    return [_masked(v) for v in value] if isinstance(value, list) else value
