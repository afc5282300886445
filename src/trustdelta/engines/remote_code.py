"""Code that comes with a model: run only where the configuration says so and pins which code it is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from trustdelta.config import ModelConfig
from trustdelta.errors import ConfigError


class Place(NamedTuple):
    """Where a model's files are: folder or hub id, the hub's revision, and whether its own code may run."""

    name: str
    revision: str | None = None
    trusted: bool = False


def loading(place: Place) -> dict[str, Any]:
    """Arguments of every `from_pretrained`. Code that lies in another repository is held to the same revision.

    `trust_remote_code` is False, not left out: left out, the library asks on the terminal whether to run it.
    """
    pinned = {"revision": place.revision} if place.revision else {}
    return {
        "trust_remote_code": place.trusted,
        **pinned,
        **({"code_revision": place.revision} if place.trusted else {}),
    }


def own_code(place: Place) -> dict[str, bool]:
    """What a fingerprint says of it: nothing where no code of the model's own may run."""
    return {"trust_remote_code": True} if place.trusted else {}


def code_hash(folder: Path) -> str:
    """SHA-256 over names and bytes of every Python file below a folder: the revision of a local model's code."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def check_pin(config: ModelConfig) -> None:
    """Raise ConfigError where a local folder's own code is not the code that the configuration pins."""
    folder = Path(config.place)
    if config.trust_remote_code and folder.is_dir() and (found := code_hash(folder)) != config.revision:
        raise ConfigError(
            f"{config.source}: its code has the hash {found}, wanted {config.revision}; read it, then pin that hash."
        )
