"""Remote code of models, which runs only where the configuration trusts and pins it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from trustdelta.config import ModelConfig
from trustdelta.errors import ConfigError


class Place(NamedTuple):
    """Location of a model's files: folder or hub id, hub revision, whether its remote code may run, and an adapter."""

    name: str
    revision: str | None = None
    trusted: bool = False
    adapter: str = ""

    @property
    def tokenizer(self) -> str:
        """Location of the tokenizer: the adapter's folder where it has one, whose chat template may be its own."""
        own = (Path(self.adapter) / "tokenizer_config.json").is_file() if self.adapter else False
        return self.adapter if own else self.name


def load_arguments(place: Place) -> dict[str, Any]:
    """Arguments of every `from_pretrained`. Code in another repository has the same revision.

    `trust_remote_code` is an explicit False: without it, the library prompts on the terminal whether to run code.
    """
    pinned = {"revision": place.revision} if place.revision else {}
    return {
        "trust_remote_code": place.trusted,
        **pinned,
        **({"code_revision": place.revision} if place.trusted else {}),
    }


def remote_code_entry(place: Place) -> dict[str, bool]:
    """The fingerprint's entry on remote code; empty where none may run."""
    return {"trust_remote_code": True} if place.trusted else {}


def code_hash(folder: Path) -> str:
    """SHA-256 over names and bytes of every Python file below a folder: the revision of a local model's code."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def check_pin(config: ModelConfig, folder: Path) -> None:
    """Raise ConfigError where a local folder's code is not the pinned code."""
    if config.trust_remote_code and folder.is_dir() and (digest := code_hash(folder)) != config.revision:
        raise ConfigError(
            f"{config.source}: its code has the hash {digest}, wanted {config.revision}; read it, then pin that hash."
        )
