"""Text that somebody else wrote becomes values here: YAML and JSON, each key once, bounded in size and depth.

Everything raises ValueError with one line that says what was found; callers name the file and the next step.
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
"""Largest file of data that is read whole."""
MOST_DEPTH = 40
"""Deepest nesting of a YAML text, aliases followed."""
MOST_VALUES = 100_000
"""Most values of a YAML text, aliases counted as often as they are used."""
LARGEST = 2**63
"""Whole numbers in YAML are smaller than this, and larger than its negative."""
PATIENCE = 5.0
"""Seconds that a pipe may be silent."""
ABOUT = 120
"""Characters of a value that an error message repeats."""


def parse_yaml(text: str) -> Json:
    """The value of a YAML text: mappings with text keys, lists, texts, numbers, booleans and null.

    Dates stay texts. Raises ValueError for anything else: a damaged text, a key that stands twice, a nesting deeper
    than MOST_DEPTH, more than MOST_VALUES values (aliases counted each time), a number of more than 64 bits.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"it has {len(text):,} characters, wanted at most {MOST_BYTES:,}")
    try:
        return yaml.load(text, _Bounded)
    except (yaml.YAMLError, ValueError) as problem:
        raise ValueError(" ".join(str(problem).split())) from None
    except LookupError as problem:  # PyYAML looks up what a declared number or truth value may be
        raise ValueError(f"found a value that is not of its declared kind ({problem})") from None


def parse_json(text: str) -> Json:
    """The value of a JSON text; raises ValueError where it is none, nests too deeply or holds a key twice."""
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
    """The value of a YAML file; raises ConfigError, which ends in `next_step`, where it cannot be read as one."""
    try:
        return parse_yaml(read_text(path))
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be read ({problem.strerror or problem}); {next_step}.") from None
    except ValueError as problem:
        raise ConfigError(f"{path}: cannot be read as YAML ({problem}); {next_step}.") from None


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """The text of a small file in UTF-8; raises OSError, and ValueError for a larger one or other bytes."""
    raw = read_bytes(path, most)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(f"byte {problem.start} is not UTF-8") from None


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file, or of a pipe until its writer is done.

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
            raise OSError(f"nobody wrote into this pipe for {PATIENCE:g} seconds")
        block = os.read(handle, 1 << 16)
        if not block:
            break
        parts.append(block)
        until = time.monotonic() + PATIENCE
    return b"".join(parts)


def short(value: Json) -> str:
    """A value as an error message repeats it: its beginning."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= ABOUT else f"{text[: ABOUT - 3]}..."


class _Bounded(yaml.SafeLoader):
    """YAML as settings are written: JSON's values, each key once, and no more of them than were meant."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._measured: dict[yaml.Node, tuple[int, int]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        """The next node, unless it nests too deeply, stands for too many values or refers to itself."""
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
        """Values that a node stands for, and how deeply they nest."""
        inner: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            inner = [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            inner = node.value
        sizes = [self._measured[part] for part in inner]
        return 1 + sum(values for values, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping whose keys are texts that each stand once."""
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
        """A whole number that 64 bits hold."""
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
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
