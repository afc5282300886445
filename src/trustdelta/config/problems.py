"""Validation errors in the project's words: what was found, what is wanted."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from trustdelta.config.names import model_at, suggestion
from trustdelta.parsing import short

EXPECTED = {
    "string": "a text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "dataclass": "a mapping",
    "finite": "a finite number",
    "date": "a date such as 2026-12-31",
    "path": "a path",
}
"""What is wanted, by the first word of pydantic's error type."""
LIMITS = {
    "greater_than": ("more than {}", "gt"),
    "greater_than_equal": ("at least {}", "ge"),
    "less_than": ("less than {}", "lt"),
    "less_than_equal": ("at most {}", "le"),
    "string_too_short": ("a text", ""),
    "too_short": ("at least {} entries", "min_length"),
    "too_long": ("at most {} entries", "max_length"),
}
"""What is wanted of a value of the right type, with the limit's name in the error's context."""
PATTERNS = {
    r"^[a-z][a-z0-9_]{0,59}$": "at most 60 lower-case letters, digits and underscores, a letter first",
    r"^([0-9a-f]{40})?$": "a commit of 40 hex digits",
    r"^([A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*)?$": "OWNER/NAME",
}
"""The meaning of a text's pattern."""


def described(kind: type[BaseModel], error: ErrorDetails) -> str:
    """One validation error of a configuration class as `KEY: found VALUE, wanted WHAT`."""
    parts = error["loc"]
    where = ".".join(str(part) for part in parts)
    if error["type"] == "extra_forbidden":
        owner = model_at(kind, parts[:-1])
        known = sorted(owner.model_fields)
        near = suggestion(str(parts[-1]), known)
        return f"{where}: there is no such key{near or '; wanted one of ' + ', '.join(known)}"
    if error["type"] == "missing":
        return f"{where}: it is missing"
    if error["type"] == "value_error":
        message = str(error.get("ctx", {}).get("error", error["msg"]))
        return f"{where}: {message}" if where else message
    return f"{where}: found {short(error['input'])}, wanted {expectation(error)}"


def expectation(error: ErrorDetails) -> str:
    """What a value should have been."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in LIMITS:
        words, name = LIMITS[kind]
        return words.format(context.get(name, ""))
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(str(context.get("pattern")), f"a text like {context.get('pattern')}")
    if kind in ("enum", "literal_error"):
        return _one_of(context, error["input"])
    return EXPECTED.get(kind.partition("_")[0], error["msg"])


def _one_of(context: dict[str, Any], value: object) -> str:
    expected = str(context.get("expected", "")).replace("'", "")
    names = [name for part in expected.split(" or ") for name in part.split(", ")]
    return f"one of {', '.join(names)}{suggestion(str(value), names)}"
