"""The version and its environment, from installed metadata; no library is imported."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata

LIBRARIES = ("torch", "transformers", "tokenizers", "vllm", "openai", "inspect-ai")
"""Libraries that run models, whose version can change a response."""


def environment() -> Iterator[str]:
    """One line each: the package, Python and platform, and the libraries that run models."""
    import trustdelta

    yield f"trustdelta {trustdelta.__version__}"
    yield f"Python {platform.python_version()} on {platform.platform()}"
    for name in LIBRARIES:
        yield f"{name} {_version(name)}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
