"""`verdict.json`: exactly one AuditResult, byte for byte the same for the same result, with a published schema."""

from __future__ import annotations

import json

from trustdelta.errors import DataError
from trustdelta.parsing import parse_json, short
from trustdelta.records import AuditResult, Json
from trustdelta.report.codec import decode, encode, schema

SCHEMA_VERSION = 1
AGAIN = "make it again with `trustdelta score`"


def dumps(result: AuditResult) -> str:
    """The JSON text of `result`: keys sorted, indented, shortest exact floats, a final newline.

    Equal results give equal bytes. NaN is null, infinities are strings (see `codec`). Text stays readable except for
    characters outside ASCII, which are escaped so that no control or bidirectional character is in the file.
    """
    return json.dumps(encode(result, AuditResult), sort_keys=True, indent=1, allow_nan=False) + "\n"


def loads(text: str) -> AuditResult:
    """The result that `dumps` wrote. Raises DataError for damaged text and another schema version, newer or older."""
    try:
        value = parse_json(text)
    except ValueError as error:
        raise DataError(
            f"verdict.json is not JSON ({error}), wanted the file that trustdelta wrote; {AGAIN}."
        ) from error
    found = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise DataError(f"verdict.json has schema {short(found)}, wanted a number; the file is damaged; {AGAIN}.")
    if found != SCHEMA_VERSION:
        age, remedy = ("a newer", "upgrade trustdelta") if found > SCHEMA_VERSION else ("an older", AGAIN)
        raise DataError(
            f"verdict.json has schema {found}, which {age} trustdelta wrote; this one reads {SCHEMA_VERSION}; {remedy}."
        )
    result: AuditResult = decode(value, AuditResult, "verdict.json")
    return result


def json_schema() -> Json:
    """The JSON Schema (draft 2020-12) of verdict.json; `report/schema.json` is this, and a test holds it there."""
    body = schema(AuditResult)
    body["properties"]["schema"] = {"const": SCHEMA_VERSION}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **body, "title": "trustdelta verdict.json"}


def schema_text() -> str:
    """The bytes of `report/schema.json`."""
    return json.dumps(json_schema(), indent=1) + "\n"
