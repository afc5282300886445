"""What a scorer must know of a prompt (`Prompt.target`), from the columns that a definition names.

A scorer states the kind of its target, a class of `records.targets`; its keys and types are the ones that are checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NotRequired, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from trustdelta.benchmarks.shared.tables import LETTERS
from trustdelta.errors import DataError
from trustdelta.interop.responses_paths import values
from trustdelta.parsing import short
from trustdelta.problems import expectation, suggestion
from trustdelta.records import Json
from trustdelta.scorers import registry as scorers

POINTERS = ("gold", "unsure", "unknown", "biased")
"""Keys with the index of an option, which a row may also name by its label or its text."""
DERIVED = frozenset({"labels"})
"""Keys with a default: labels are A, B, C, … ."""
COLUMNS = "columns"
"""`{columns: [a, b]}`: one value from each of several columns."""
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


@cache
def hints(kind: type) -> dict[str, Any]:
    """The keys of a target with their types."""
    return get_type_hints(kind, include_extras=True)


def kinds_of(names: Sequence[str]) -> dict[str, type]:
    """The kinds of target that scorers need, by the first scorer that needs it."""
    kinds: dict[str, type] = {}
    for name in names:
        kind = scorers.load(name).target
        if kind is not None and kind not in kinds.values():
            kinds[name] = kind
    return kinds


def check_target(target: Mapping[str, Json], metrics: Sequence[tuple[str, str]]) -> list[str]:
    """The first problem of a definition's `target`; `metrics`: the name and the scorer of each metric."""
    kinds = kinds_of([scorer for _, scorer in metrics])
    keys = {key: hint for kind in kinds.values() for key, hint in hints(kind).items()}
    for scorer, kind in kinds.items():
        for key, hint in hints(kind).items():
            if keys[key] != hint:
                other = next(name for name, k in kinds.items() if hints(k).get(key) == keys[key])
                return [f"metrics: {scorer} and {other} need different values of {key!r}, wanted two benchmarks"]
            if key not in target and key not in DERIVED and get_origin(hint) is not NotRequired:
                return [f"target.{key}: it is missing; the scorer {scorer!r} needs {', '.join(_required(kind))}"]
    for key, value in target.items():
        if key not in keys:
            near = suggestion(key, keys) or f"; wanted one of {', '.join(keys) or 'none, since no scorer needs any'}"
            return [f"target.{key}: no scorer of these metrics reads it{near}"]
        if not (isinstance(value, list) or columns_of(value)):
            return [f"target.{key}: found {short(value)}, wanted a column, a list, or {{columns: [...]}}"]
    return []


def _required(kind: type) -> list[str]:
    return [k for k, hint in hints(kind).items() if k not in DERIVED and get_origin(hint) is not NotRequired]


def columns_of(value: Json) -> list[str]:
    """The columns that a target's value names; empty for a list, which is a constant."""
    if isinstance(value, str) and value:
        return [value]
    names = value.get(COLUMNS) if isinstance(value, dict) and len(value) == 1 else None
    return [str(name) for name in names] if isinstance(names, list) else []


def target_of_row(target: Mapping[str, Json], names: Sequence[str], row: Json) -> Json:
    """The target of one row for these scorers; raises DataError, without the file, for a value of another type."""
    kinds = kinds_of(names).values()
    if not kinds:
        return None
    raw = {key: _value(key, spec, row, kinds) for key, spec in target.items()}
    raw = {key: value for key, value in raw.items() if value is not None}
    if any("labels" in hints(kind) for kind in kinds):
        if not isinstance(raw.get("options"), list):
            raise DataError(f"target.options: found {short(raw.get('options'))}, wanted a list")
        raw.setdefault("labels", list(LETTERS[: len(raw["options"])]))
    made = {key: _pointed(key, value, raw, kinds) for key, value in raw.items()}
    for kind in kinds:
        _check(kind, {key: value for key, value in made.items() if key in hints(kind)})
    _check_gold(made)
    return made


def _value(key: str, spec: Json, row: Json, kinds: Any) -> Json:
    """The value of one key: a constant list, one column's value, or the values of several columns."""
    if isinstance(spec, list):
        return spec
    named = columns_of(spec)
    cells = [next(iter(values(row, name)), None) for name in named]
    if not isinstance(spec, str):
        return [str(value) for value in cells if value not in (None, "")]
    return _converted(key, cells[0], kinds)


def _converted(key: str, value: Json, kinds: Any) -> Json:
    """A value of a table in the type that the target needs: texts of numbers, truth values and lists are read."""
    kind = next(hints(k)[key] for k in kinds if key in hints(k))
    kind = get_args(kind)[0] if get_origin(kind) is NotRequired else kind
    if get_origin(kind) is list and isinstance(value, str):
        return _listed(value)
    if kind is str and isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)
    if kind is bool and not isinstance(value, bool):
        text = str(value).strip().casefold()
        return True if text in TRUE else False if text in FALSE else value
    if kind is float and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _listed(text: str) -> list[Json]:
    """The list in a cell: JSON, else the text alone; empty for a blank cell."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    return read if isinstance(read, list) else [text] if text.strip() else []


def _pointed(key: str, value: Json, raw: Mapping[str, Json], kinds: Any) -> Json:
    """The index of an option that a row names by label, text or index (from 0); other values unchanged."""
    if key not in POINTERS or not any("labels" in hints(kind) and key in hints(kind) for kind in kinds):
        return value
    labels, options = list(map(str, raw["labels"])), list(map(str, raw["options"]))
    text = str(value).strip()
    for named in (labels, options):
        if named.count(text) == 1:
            return named.index(text)
    if text.isdecimal() and int(text) < len(options):
        return int(text)
    raise DataError(f"target.{key}: found {short(value)}, wanted a label ({', '.join(labels)}), an option or its index")


def _check_gold(target: Mapping[str, Json]) -> None:
    """A gold answer in words is one of the options."""
    options = target.get("options", target.get("choices"))
    gold = target.get("gold")
    if isinstance(gold, str) and isinstance(options, list) and gold not in options:
        near = suggestion(gold, map(str, options)) or f", wanted one of {', '.join(map(str, options))}"
        raise DataError(f"target.gold: found {short(gold)}{near}")


def _check(kind: type, value: dict[str, Json]) -> None:
    try:
        _model(kind).model_validate(value)
    except ValidationError as problem:
        error = problem.errors()[0]
        where = ".".join(str(part) for part in error["loc"])
        if error["type"] == "missing":
            raise DataError(f"target.{where}: the row has no value of it") from None
        raise DataError(f"target.{where}: found {short(error['input'])}, wanted {expectation(error)}") from None


@cache
def _model(kind: type) -> type[BaseModel]:
    """A pydantic model with the keys of a target; pydantic reads `typing.TypedDict` only from Python 3.12 on."""
    fields: dict[str, Any] = {
        key: (get_args(hint)[0], None) if get_origin(hint) is NotRequired else (hint, ...)
        for key, hint in hints(kind).items()
    }
    return create_model(kind.__name__, __config__=ConfigDict(strict=True), **fields)
