"""Takes an answer out of what it was wrapped in as a whole: JSON, a tag, a box, a block quote, a label in front.

A judge reads the content, not the format in which it was delivered. Only wrappings of the whole text are undone: a JSON
example or a quotation within an answer stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustdelta.parsing import parse_json
from trustdelta.records import Json

LAYERS = 3
"""Wrappings within wrappings that are undone."""
MOST_CHARS = 200_000
LEAST_SHARE = 0.7
"""Share of all text in a JSON value that its longest text must have to be the answer."""
TAG = re.compile(r"\A<([a-z][a-z0-9_]{0,20})>\s*(.*?)\s*</\1>\Z", re.S | re.I)
BOX = re.compile(r"\A\\boxed\s*\{\s*(?:\\text\s*\{(.*)\}|(.*))\}\Z", re.S)
QUOTED_LINE = re.compile(r"^[ \t]*>[ \t]?", re.M)
LABEL = re.compile(r"\A(?:(?:the )?(?:final )?(?:answer|response)|assistant)\s*:\s+(?=\S)", re.I)
RULE = re.compile(r"\A(?:[-*_][ \t]*){3,}\n+")
FENCE = re.compile(r"\A```[a-z]*\n(.*?)\n?```\Z", re.S)
OPENINGS = '`{[<\\>-*_"FfAaRrTt'
"""Characters with which a wrapping begins."""


def unwrapped(text: str) -> str:
    """The text inside whatever wraps all of it; the text itself where nothing does."""
    for _ in range(LAYERS):
        plain = text.strip()
        if not plain or plain[0] not in OPENINGS or len(plain) > MOST_CHARS:
            break
        inner = _inner(plain)
        if inner is None or not inner.strip():
            break
        text = inner
    return text


def _inner(plain: str) -> str | None:
    """What one wrapping holds; None where there is none."""
    if plain[0] in "{[":
        return _longest(plain)
    if plain[0] == "`":
        result = FENCE.match(plain)
        return result[1] if result else None
    if plain[0] == "<":
        result = TAG.match(plain)
        return result[2] if result else None
    if plain[0] == "\\":
        result = BOX.match(plain)
        return (result[1] or result[2]) if result else None
    if plain[0] == ">":
        lines = [line for line in plain.splitlines() if line.strip()]
        return QUOTED_LINE.sub("", plain) if all(line.lstrip().startswith(">") for line in lines) else None
    result = LABEL.match(plain) or RULE.match(plain)
    return plain[result.end() :] if result else None


def _longest(plain: str) -> str | None:
    """The text that makes up most of a JSON value."""
    try:
        texts = list(_texts(parse_json(plain)))
    except (ValueError, RecursionError):
        return None
    longest = max(texts, key=len, default="")
    return longest if len(longest) >= LEAST_SHARE * sum(map(len, texts)) else None


def _texts(value: Json) -> Iterator[str]:
    """Every text in a JSON value, keys apart."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
