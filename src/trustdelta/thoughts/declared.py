"""Declared thought formats: the name of a known format, or the marks of another one."""

from __future__ import annotations

from functools import lru_cache

from trustdelta.errors import UnknownNameError
from trustdelta.thoughts.channels import BY_CHANNEL
from trustdelta.thoughts.formats import BY_NAME, ThoughtFormat
from trustdelta.thoughts.headings import HEADINGS

FORMAT_NAMES = ("auto", "none", *BY_CHANNEL, *BY_NAME, HEADINGS)
"""Values of `format` in `read_response`, besides marks."""

SHOWN = "auto+"
"""Prefix of a format inferred from a model's other responses."""

BETWEEN = "..."
"""Separator of the marks of a format without a name."""


def format_problem(name: str) -> str:
    """Error message, in one line, for an invalid format name; empty for a valid one."""
    if name.startswith(SHOWN):
        return format_problem(name.removeprefix(SHOWN))
    if name in FORMAT_NAMES:
        return ""
    if BETWEEN not in name:
        return str(UnknownNameError.of("thought format", name, FORMAT_NAMES)) + " Or its marks, as OPEN...CLOSE."
    opening, _, closing = (part.strip() for part in name.partition(BETWEEN))
    if not opening or not closing or BETWEEN in closing:
        return f"found {name!r}, wanted one opening and one closing mark with {BETWEEN} between them, as <a>...</a>."
    if opening == closing:
        return f"found {opening!r} as opening and closing mark, wanted two that differ."
    return ""


@lru_cache(64)
def format_of(name: str) -> ThoughtFormat:
    """The row of a declared format; raises UnknownNameError for an unknown name."""
    if problem := format_problem(name):
        raise UnknownNameError(problem)
    if BETWEEN not in name:
        return BY_NAME[name]
    opening, _, closing = (part.strip().replace("\\n", "\n") for part in name.partition(BETWEEN))
    return ThoughtFormat(name, opening, closing, words=opening[:1].isalpha() or opening[:1] in "#*")
