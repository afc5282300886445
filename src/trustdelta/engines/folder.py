"""A model's files, for engines that read weights in a separate process."""

from __future__ import annotations

import hashlib
from pathlib import Path

from trustdelta.config import ModelConfig
from trustdelta.engines.model_files import check_files, load_failure
from trustdelta.engines.transformers import locate
from trustdelta.errors import EngineError

FILES = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt")
"""Files that are downloaded from the hub: no pickled weights, and code only where it is trusted."""

BLOCK = 1 << 20
STRIDE = 64 * BLOCK
WHOLE_BELOW = 4 << 30
"""Weight files are hashed completely up to this total size in bytes; above, one block of 1 MiB in 64."""


def folder_of(config: ModelConfig) -> Path:
    """The folder of a model, downloaded for a hub id; raises EngineError without safetensors."""
    place = locate(config)
    if place.adapter:
        raise EngineError(f"{config.source}: adapters run in transformers; leave out the engine's name, or merge it.")
    folder = Path(place.name)
    if not folder.is_dir():
        patterns = [*FILES, *(["*.py"] if place.trusted else [])]
        from huggingface_hub import snapshot_download

        try:
            folder = Path(snapshot_download(place.name, revision=place.revision, allow_patterns=patterns))
        except (OSError, ValueError) as problem:
            raise EngineError(load_failure(config.place, problem)) from None
    if not any(folder.glob("*.safetensors")):
        raise EngineError(load_failure(str(folder), OSError("no safetensors")))
    check_files(folder)
    return folder


def sampled_hash(folder: Path) -> str:
    """Hash over names, sizes and bytes of the weight files, as 24 hex digits."""
    files = sorted(folder.glob("*.safetensors"))
    step = BLOCK if sum(f.stat().st_size for f in files) <= WHOLE_BELOW else STRIDE
    digest = hashlib.sha256()
    for file in files:
        size = file.stat().st_size
        digest.update(f"{file.name} {size}".encode())
        with file.open("rb") as stream:
            for start in range(0, size, step):
                stream.seek(start)
                digest.update(stream.read(BLOCK))
    return digest.hexdigest()[:24]
