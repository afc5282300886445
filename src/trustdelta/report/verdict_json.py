"""Reads and writes `verdict.json`: one AuditResult, equal bytes for equal results, with a published JSON Schema.

Pydantic validates by the type hints of the records. JSON has no NaN and no infinity: NaN is written as null, an
infinity as the string "Infinity" or "-Infinity".
"""

from __future__ import annotations

import json
import math
import numbers
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, SchemaValidator, core_schema

from trustdelta.errors import DataError
from trustdelta.parsing import parse_json, short
from trustdelta.records import OWN_DIMENSION, AuditResult, Json

SCHEMA_VERSION = 1
AGAIN = "rebuild it with `trustdelta score`"
NEWER = f"a newer trustdelta wrote it (upgrade), or it was changed ({AGAIN})"
"""Cause and remedy for a file that is valid but holds an unknown field or value."""

_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}
_UNKNOWN = "unexpected_keyword_argument"


@cache
def _adapter() -> TypeAdapter[tuple[AuditResult]]:
    """One result in a tuple, since dataclasses take a configuration only from the type that holds them."""
    config = ConfigDict(
        extra="forbid",
        revalidate_instances="always",
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )
    return TypeAdapter(tuple[AuditResult], config=config)


@cache
def _validator() -> SchemaValidator:
    return SchemaValidator(_with_numbers(_adapter().core_schema))


def _with_numbers(schema: Any) -> Any:
    """A core schema without conversions between numbers, texts and truth values.

    Its floats also accept null and the infinities, and its numbers may be those of numpy.
    """
    if isinstance(schema, list):
        return [_with_numbers(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in _BEFORE:
        return core_schema.no_info_before_validator_function(_BEFORE[schema["type"]], {**schema, "strict": True})
    return {key: _with_numbers(part) for key, part in schema.items()}


def _real(value: Any) -> Any:
    if value is None:
        return math.nan
    if isinstance(value, str):
        return _INFINITIES.get(value, value)
    return float(value) if isinstance(value, numbers.Real) and not isinstance(value, int) else value


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, numbers.Integral) and not isinstance(value, bool) else value


_BEFORE = {"float": _real, "int": _integer, "bool": lambda value: value}
"""Conversions before the strict validation of a scalar, by its type."""


def _plain(value: Any) -> Json:
    """A value without NaN, infinities and tuples."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def dumps(result: AuditResult) -> str:
    """The JSON text of `result`: keys sorted, indented, shortest exact floats, a final newline.

    Equal results give equal bytes. Characters outside ASCII are escaped, so that the file holds no control or
    bidirectional character. Raises TypeError for a value that JSON cannot hold.
    """
    (value,) = _adapter().dump_python(_validator().validate_python((result,)))
    return json.dumps(_plain(value), sort_keys=True, indent=1, allow_nan=False) + "\n"


def loads(text: str) -> AuditResult:
    """The result that `dumps` wrote. Raises DataError for damaged text and another schema version, newer or older."""
    try:
        value = parse_json(text)
    except ValueError as error:
        raise DataError(
            f"verdict.json is not JSON ({error}); use the file that trustdelta wrote, or {AGAIN}."
        ) from error
    version = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise DataError(f"verdict.json has schema {short(version)}, expected a number; the file is damaged; {AGAIN}.")
    if version != SCHEMA_VERSION:
        age, remedy = ("a newer", "upgrade trustdelta") if version > SCHEMA_VERSION else ("an older", AGAIN)
        cause = f"which {age} trustdelta wrote; this version reads {SCHEMA_VERSION}"
        raise DataError(f"verdict.json has schema {version}, {cause}; {remedy}.")
    try:
        result: AuditResult = _validator().validate_python((value,))[0]
    except ValidationError as error:
        raise DataError(_complaint(error.errors(include_url=False))) from None
    return result


def _complaint(errors: list[ErrorDetails]) -> str:
    """The first error in one line; an unknown field comes first, since it may also be missing under its right name."""
    error = next((e for e in errors if e["type"] == _UNKNOWN), errors[0])
    *parents, last = error["loc"][1:]
    parent = "verdict.json" + "".join(_step(part) for part in parents)
    where = f"{parent}{_step(last)}"
    if error["type"] == _UNKNOWN:
        return f"{parent} has a field unknown to this version, {short(last)}; {NEWER}."
    if error["type"] == "missing":
        return f"{parent} lacks the field {last!r}; the file is damaged; {AGAIN}."
    if error["type"] == "enum":
        return f"{where} is {short(error['input'])}, expected {error['ctx']['expected']}; {NEWER}."
    return f"{where} is {short(error['input'])} ({error['msg']}); the file is damaged; {AGAIN}."


def _step(part: int | str) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"


def json_schema() -> Json:
    """The JSON Schema (draft 2020-12) of verdict.json, as in `report/schema.json`."""
    definitions = _with_null(_adapter().json_schema(mode="serialization")["$defs"])
    definitions["AuditResult"]["properties"]["schema"] = {"const": SCHEMA_VERSION}
    own = {"type": "string", "pattern": f"^{OWN_DIMENSION.pattern}$"}
    definitions["Dimension"] = {
        "description": definitions["Dimension"]["description"],
        "anyOf": [definitions["Dimension"], own],
    }
    root = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "trustdelta verdict.json"}
    return {**root, "$ref": "#/$defs/AuditResult", "$defs": definitions}


def _with_null(schema: Any) -> Any:
    """A JSON Schema whose numbers may be null (NaN) or an infinity."""
    if isinstance(schema, list):
        return [_with_null(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "number":
        rest = {key: part for key, part in schema.items() if key != "type"}
        return {**rest, "anyOf": [{"type": "number"}, {"enum": [None, *_INFINITIES]}]}
    return {key: _with_null(part) for key, part in schema.items()}


def schema_text() -> str:
    """The bytes of `report/schema.json`."""
    return json.dumps(json_schema(), indent=1) + "\n"
