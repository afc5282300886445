"""The commented example that `trustdelta benchmarks init` writes."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from trustdelta.config.own import NAME_PATTERN
from trustdelta.errors import UsageError
from trustdelta.files import save_text

FILE = "template.yaml"
NAME = "my_benchmark"


def write(path: Path) -> Path:
    """Write the example, named after its file; raises UsageError for an existing file, another suffix or name."""
    name = path.stem.lower().replace("-", "_")
    if path.suffix not in (".yaml", ".yml"):
        raise UsageError(
            f"{path}: found the suffix {path.suffix or 'none'!r}, wanted .yaml; name a file such as {NAME}.yaml."
        )
    if path.exists():
        raise UsageError(f"{path}: it exists already and is not overwritten; choose another name.")
    if not re.fullmatch(NAME_PATTERN, name):
        raise UsageError(
            f"{path}: found the name {name!r}, wanted lower-case letters, digits and underscores, a letter first."
        )
    text = resources.files("trustdelta.own").joinpath(FILE).read_text("utf-8")
    return save_text(path, text.replace(f"name: {NAME}", f"name: {name}", 1))
