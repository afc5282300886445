"""`verdict.json`: exactly one AuditResult, byte for byte the same for the same result, with a published schema."""

from __future__ import annotations

import json

from trustdelta.errors import DataError
from trustdelta.records import AuditResult, Json
from trustdelta.report.codec import decode, encode, schema

SCHEMA_VERSION = 1


def dumps(result: AuditResult) -> str:
    """The JSON text of `result`: keys sorted, indented, shortest exact floats, a final newline.

    Equal results give equal bytes. NaN is null, infinities are strings (see `codec`). Text stays readable except for
    characters outside ASCII, which are escaped so that no control or bidirectional character is in the file.
    """
    return json.dumps(encode(result, AuditResult), sort_keys=True, indent=1, allow_nan=False) + "\n"


def loads(text: str) -> AuditResult:
    """The result that `dumps` wrote. Raises DataError for damaged text or another schema version."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"verdict.json is not JSON ({error}); want the file trustdelta wrote; render it again."
        ) from error
    found = value.get("schema") if isinstance(value, dict) else None
    if found != SCHEMA_VERSION or isinstance(found, bool):
        raise DataError(
            f"verdict.json has schema {found!r}; this version reads schema {SCHEMA_VERSION}; "
            "render it again from the run folder with `trustdelta report RUN`."
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
