"""Validation errors in the project's words: what was found, what is wanted."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from trustdelta.errors import MOST_LISTED
from trustdelta.parsing import short

UNKNOWN = "extra_forbidden"
"""The type of error of a key that does not exist."""
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


def first_of(problem: ValidationError) -> ErrorDetails:
    """The error to report: an unknown key before a missing one, which it may be meant for."""
    errors = problem.errors()
    return next((error for error in errors if error["type"] == UNKNOWN), errors[0])


def described(kind: type[BaseModel], error: ErrorDetails, *, known: Iterable[str] = (), hidden: bool = False) -> str:
    """One validation error of a class of settings as `KEY: found VALUE, wanted WHAT`.

    `known`: the names of settings to suggest one of, in place of the fields of the class. `hidden`: without the value.
    """
    parts = error["loc"]
    where = ".".join(str(part) for part in parts)
    if error["type"] == UNKNOWN:
        names = sorted(known or model_at(kind, parts[:-1]).model_fields)
        listed = f"; wanted one of {', '.join(names)}" if len(names) <= MOST_LISTED else ""
        return f"{where}: there is no such key{suggestion(str(parts[-1]), names) or listed}"
    if error["type"] == "missing":
        return f"{where}: it is missing"
    if error["type"] == "value_error":
        message = str(error.get("ctx", {}).get("error", error["msg"]))
        return f"{where}: {message}" if where else message
    value = "a value that is not shown" if hidden else short(error["input"])
    message = f"found {value}, wanted {expectation(error)}"
    return f"{where}: {message}" if where else message


def expectation(error: ErrorDetails) -> str:
    """What a value should have been."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in LIMITS:
        words, name = LIMITS[kind]
        limit = context.get(name, "")
        return words.format(f"{limit:g}" if isinstance(limit, float) else limit)
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(str(context.get("pattern")), f"a text like {context.get('pattern')}")
    if kind in ("enum", "literal_error"):
        return _one_of(context, error["input"])
    return EXPECTED.get(kind.partition("_")[0], error["msg"])


def _one_of(context: dict[str, Any], value: object) -> str:
    expected = str(context.get("expected", "")).replace("'", "")
    names = [name for part in expected.split(" or ") for name in part.split(", ")]
    return f"one of {', '.join(names)}{suggestion(str(value), names)}"


def model_at(kind: type[BaseModel], where: Iterable[str | int]) -> type[BaseModel]:
    """The class of the settings at one path of a configuration; list entries have numbers."""
    for part in where:
        if isinstance(part, str) and part in kind.model_fields:
            kind = next(_models(kind.model_fields[part].annotation), kind)
    return kind


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def suggestion(name: str, known: Iterable[str]) -> str:
    """` (did you mean ...?)` for an unknown name, or ""."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
