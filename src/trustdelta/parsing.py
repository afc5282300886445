"""Parses untrusted YAML and JSON: unique keys, bounded size and depth.

All functions raise ValueError with the problem in one line; callers add the file and the next step.
"""

from __future__ import annotations

import json
import os
import select
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from trustdelta.errors import ConfigError
from trustdelta.records import Json

MOST_BYTES = 1 << 20
"""Largest settings file; those of a study of hundreds of pairs have some ten thousand bytes."""
MOST_DATA = 2 << 30
"""Largest data file that is read into memory."""
MOST_DEPTH = 40
"""Deepest nesting of a YAML text, including aliases."""
MOST_VALUES = 100_000
"""Most values of a YAML text; aliases count at every use."""
LARGEST = 2**63
"""Exclusive bound of the absolute value of integers in YAML."""
PATIENCE = 5.0
"""Timeout of a silent pipe in seconds."""
ABOUT = 120
"""Most characters of a value in an error message."""


def parse_yaml(text: str) -> Json:
    """The value of a YAML text: mappings with text keys, lists, texts, numbers, booleans and null.

    Dates are texts. Raises ValueError for anything else: a damaged text, a duplicate key, a nesting deeper
    than MOST_DEPTH, more than MOST_VALUES values (aliases counted each time), a number of more than 64 bits.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"it has {len(text):,} characters, wanted at most {MOST_BYTES:,}")
    try:
        return yaml.load(text, _Bounded)
    except yaml.MarkedYAMLError as problem:
        raise ValueError(_marked(problem)) from None
    except (yaml.YAMLError, ValueError) as problem:
        raise ValueError(" ".join(str(problem).split())) from None
    except LookupError as problem:  # PyYAML looks up declared numbers and booleans
        raise ValueError(f"found a value that is not of its declared kind ({problem})") from None


def _marked(problem: yaml.MarkedYAMLError) -> str:
    """A YAML error in one line, with its place in front."""
    mark = problem.problem_mark or problem.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    what = " ".join(str(part) for part in (problem.context, problem.problem) if part)
    return place + " ".join(what.replace("'<stream end>'", "the end of the text").split())


def parse_json(text: str) -> Json:
    """The value of a JSON text; raises ValueError for invalid JSON, too deep nesting or a duplicate key."""
    try:
        return json.loads(text, object_pairs_hook=_each_once)
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def _each_once(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in values if names.count(name) > 1)
        raise ValueError(f"it holds the key {short(twice)} twice")
    return values


def load_yaml(path: Path, next_step: str) -> Json:
    """The value of a YAML file; raises ConfigError, which ends in `next_step`, if it cannot be read as YAML."""
    try:
        return parse_yaml(read_text(path))
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be read ({reason(problem)}); {next_step}.") from None
    except ValueError as problem:
        raise ConfigError(f"{path}: cannot be read as YAML ({problem}); {next_step}.") from None


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """The text of a small UTF-8 file; raises OSError, and ValueError for a larger file or other bytes."""
    raw = read_bytes(path, most)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(f"byte {problem.start} is not UTF-8") from None


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file, or of a pipe until its end.

    Raises OSError, also for a pipe that is silent for PATIENCE seconds, and ValueError for more than `most` bytes.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        plain = stat.S_ISREG(os.fstat(handle).st_mode)
        raw = file.read(most + 1) if plain else _drained(handle, most)
    if len(raw) > most:
        raise ValueError(f"it has more than {most:,} bytes")
    return raw


def _drained(handle: int, most: int) -> bytes:
    parts: list[bytes] = []
    until = time.monotonic() + PATIENCE
    while sum(map(len, parts)) <= most:
        if not select.select([handle], [], [], max(until - time.monotonic(), 0))[0]:
            raise OSError(f"no process wrote into this pipe for {PATIENCE:g} seconds")
        block = os.read(handle, 1 << 16)
        if not block:
            break
        parts.append(block)
        until = time.monotonic() + PATIENCE
    return b"".join(parts)


def reason(problem: Exception) -> str:
    """Why a file cannot be read, in one line without numbers of the system or the path."""
    return getattr(problem, "strerror", None) or " ".join(str(problem).split())


def short(value: Json) -> str:
    """The start of a value, for error messages."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= ABOUT else f"{text[: ABOUT - 3]}..."


class _Bounded(yaml.SafeLoader):
    """YAML of settings: JSON's values, unique keys, bounded size."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._measured: dict[yaml.Node, tuple[int, int]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        """The next node; raises for too deep nesting, too many values or a reference to itself."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        alias, mark = isinstance(event, yaml.AliasEvent), event.start_mark
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise _refused(f"found a nesting deeper than {MOST_DEPTH}", mark)
        node = cast(yaml.Node, super().compose_node(parent, index))
        self._depth -= 1
        if alias and node not in self._measured:
            raise _refused("found a value that holds itself", mark)
        values, depth = self._measured.setdefault(node, self._measure(node))
        if self._depth + depth > MOST_DEPTH:
            raise _refused(f"found a nesting deeper than {MOST_DEPTH}", mark)
        if values > MOST_VALUES:
            raise _refused(f"found more than {MOST_VALUES:,} values, aliases counted each time", mark)
        return node

    def _measure(self, node: yaml.Node) -> tuple[int, int]:
        """Number of values of a node, and their depth."""
        inner: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            inner = [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            inner = node.value
        sizes = [self._measured[part] for part in inner]
        return 1 + sum(values for values, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping with unique text keys."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag not in (TEXT, MERGE):
                raise _refused("found a key that is no text, wanted it in quotes", key.start_mark)
            if key.value in seen:
                raise _refused(f"found the key {short(key.value)} twice", key.start_mark)
            seen.add(key.value)
        return node

    def construct_int(self, node: yaml.ScalarNode) -> int:
        """An integer of at most 64 bits."""
        if len(node.value) > 100:
            raise _refused("found a number of more than 64 bits", node.start_mark)
        value = int(super().construct_yaml_int(node))
        if abs(value) >= LARGEST:
            raise _refused("found a number of more than 64 bits", node.start_mark)
        return value


def _refused(what: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.composer.ComposerError(None, None, what, mark)


TEXT, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
_KINDS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "float", "seq", "map", "str")}
_Bounded.yaml_constructors = {
    tag: build for tag, build in yaml.SafeLoader.yaml_constructors.items() if tag is None or tag in _KINDS
}
_Bounded.add_constructor("tag:yaml.org,2002:int", _Bounded.construct_int)
_Bounded.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
