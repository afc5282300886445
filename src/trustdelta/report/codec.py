"""Converts frozen records to JSON values and back, and derives their JSON Schema, from the type hints.

NaN is written as null, an infinity as the string "Infinity" or "-Infinity". A float field is written as a float even
where it holds an integer, so that equal records give equal bytes.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import numbers
import types
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from trustdelta.errors import DataError
from trustdelta.parsing import short
from trustdelta.records import Json

NEWER = "a newer trustdelta wrote it (upgrade), or it was changed (rebuild it with `trustdelta score`)"
"""Cause and remedy for a file that is valid but holds an unknown field or value."""

_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}


@functools.cache
def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _is_mapping(hint: Any) -> bool:
    return isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping)


def _bare(hint: Any) -> Any:
    """The type under `X | None`."""
    return next(arg for arg in get_args(hint) if arg is not type(None))


def _encode_float(value: float) -> Json:
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def encode(value: Any, hint: Any = Any) -> Json:
    """`value` as a JSON value; `hint` is its declared type. Raises TypeError for what JSON cannot hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        return {f.name: encode(getattr(value, f.name), hints[f.name]) for f in dataclasses.fields(value)}
    if _is_union(hint):
        return None if value is None else encode(value, _bare(hint))
    if isinstance(value, Mapping):
        inner = get_args(hint)[1] if _is_mapping(hint) else Any
        return {str(key): encode(item, inner) for key, item in value.items()}
    if isinstance(value, tuple | list):
        inner = get_args(hint)[0] if get_origin(hint) is tuple else Any
        return [encode(item, inner) for item in value]
    return _encode_leaf(value, hint)


def _encode_leaf(value: Any, hint: Any) -> Json:
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, numbers.Integral) and hint is not float:
        return int(value)
    if isinstance(value, numbers.Real):
        return _encode_float(float(value))
    raise TypeError(f"a record holds a {type(value).__name__}, not JSON; use str, number, list or mapping")


def decode(value: Json, hint: Any, where: str) -> Any:
    """The value of type `hint` that `encode` wrote as `value`; `where` names it in the DataError raised otherwise."""
    if hint is Any:
        return value
    if _is_union(hint):
        return None if value is None else decode(value, _bare(hint), where)
    if dataclasses.is_dataclass(hint):
        return _decode_record(value, hint, where)
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        return tuple(decode(item, inner, f"{where}[{i}]") for i, item in enumerate(_typed(value, list, where)))
    if _is_mapping(hint):
        inner = get_args(hint)[1]
        return {key: decode(item, inner, f"{where}.{key}") for key, item in _typed(value, dict, where).items()}
    return _decode_leaf(value, hint, where)


def _decode_record(value: Json, record: Any, where: str) -> Any:
    items, hints = _typed(value, dict, where), _hints(record)
    unknown = sorted(set(items) - set(hints))
    if unknown:
        raise DataError(f"{where} has a field unknown to this version, {short(unknown[0])}; {NEWER}.")
    missing = [f.name for f in dataclasses.fields(record) if _required(f) and f.name not in items]
    if missing:
        raise DataError(f"{where} lacks the field {missing[0]!r}; the file is damaged; render it again from the run.")
    return record(**{name: decode(item, hints[name], f"{where}.{name}") for name, item in items.items()})


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _decode_leaf(value: Json, hint: Any, where: str) -> Any:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if value not in set(hint):
            raise DataError(f"{where} is {short(value)}, expected one of {', '.join(hint)}; {NEWER}.")
        return hint(value)
    if hint is float:
        if value is None:
            return math.nan
        if isinstance(value, str) and value in _INFINITIES:
            return _INFINITIES[value]
        try:
            return float(_typed(value, (int, float), where))
        except OverflowError:
            raise DataError(f"{where} is {short(value):.40}, expected a finite number; the file is damaged.") from None
    return _typed(value, hint, where)


def _typed(value: Json, expected: Any, where: str) -> Any:
    """`value` if it is of the expected type; a bool is not a number."""
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        types = expected if isinstance(expected, tuple) else (expected,)
        names = " or ".join(t.__name__ for t in types)
        raise DataError(f"{where} is a {type(value).__name__}, expected {names}; the file is damaged.")
    return value


def schema(hint: Any) -> Json:
    """The JSON Schema (draft 2020-12) of what `encode` writes for a value of type `hint`."""
    if hint is Any:
        return {}
    if _is_union(hint):
        return {"anyOf": [schema(_bare(hint)), {"type": "null"}]}
    if dataclasses.is_dataclass(hint):
        return _record_schema(hint)
    if get_origin(hint) is tuple:
        return {"type": "array", "items": schema(get_args(hint)[0])}
    if _is_mapping(hint):
        return {"type": "object", "additionalProperties": schema(get_args(hint)[1])}
    return _leaf_schema(hint)


def _record_schema(record: Any) -> Json:
    hints = _hints(record)
    return {
        "type": "object",
        "title": record.__name__,
        "description": (record.__doc__ or "").strip().split("\n")[0],
        "properties": {name: schema(hint) for name, hint in hints.items()},
        "required": list(hints),
        "additionalProperties": False,
    }


def _leaf_schema(hint: Any) -> Json:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": [member.value for member in hint]}
    if hint is float:
        return {"anyOf": [{"type": "number"}, {"enum": [None, *_INFINITIES]}]}
    return {"type": {str: "string", int: "integer", bool: "boolean"}[hint]}
