"""The commented examples that `trustdelta benchmarks init` and `trustdelta judges init` write."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from trustdelta.config.own import NAME_PATTERN
from trustdelta.errors import UsageError
from trustdelta.files import save_text


class Example(NamedTuple):
    """A commented example."""

    file: str
    """Its file in this package."""
    name: str
    """The name in it, which becomes that of the user's file."""


BENCHMARK = Example("template.yaml", "my_benchmark")
RUBRIC = Example("rubric.yaml", "my_rubric")


def write(path: Path, example: Example = BENCHMARK) -> Path:
    """Write an example, named after its file; raises UsageError for an existing file, another suffix or name."""
    name = path.stem.lower().replace("-", "_")
    if path.suffix not in (".yaml", ".yml"):
        raise UsageError(
            f"{path}: found the suffix {path.suffix or 'none'!r}, wanted .yaml; name a file such as "
            f"{example.name}.yaml."
        )
    if path.exists():
        raise UsageError(f"{path}: it exists already and is not overwritten; choose another name.")
    if not re.fullmatch(NAME_PATTERN, name):
        raise UsageError(
            f"{path}: found the name {name!r}, wanted lower-case letters, digits and underscores, a letter first."
        )
    text = resources.files("trustdelta.own").joinpath(example.file).read_text("utf-8")
    return save_text(path, text.replace(f"name: {example.name}", f"name: {name}", 1))
