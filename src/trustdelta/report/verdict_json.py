"""Reads and writes `verdict.json`: one AuditResult, equal bytes for equal results, with a published JSON Schema."""

from __future__ import annotations

import json

from trustdelta.errors import DataError
from trustdelta.parsing import parse_json, short
from trustdelta.records import AuditResult, Json
from trustdelta.report.codec import decode, encode, schema

SCHEMA_VERSION = 1
AGAIN = "rebuild it with `trustdelta score`"


def dumps(result: AuditResult) -> str:
    """The JSON text of `result`: keys sorted, indented, shortest exact floats, a final newline.

    Equal results give equal bytes. NaN is null, infinities are strings (see `codec`). Characters outside ASCII are
    escaped, so that the file holds no control or bidirectional character.
    """
    return json.dumps(encode(result, AuditResult), sort_keys=True, indent=1, allow_nan=False) + "\n"


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
    result: AuditResult = decode(value, AuditResult, "verdict.json")
    return result


def json_schema() -> Json:
    """The JSON Schema (draft 2020-12) of verdict.json, as in `report/schema.json`."""
    body = schema(AuditResult)
    body["properties"]["schema"] = {"const": SCHEMA_VERSION}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **body, "title": "trustdelta verdict.json"}


def schema_text() -> str:
    """The bytes of `report/schema.json`."""
    return json.dumps(json_schema(), indent=1) + "\n"
