"""Memory and download size of a model, from its local files, else from its name. Loads no model."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from trustdelta import organisms
from trustdelta.config import ModelConfig
from trustdelta.engines.generation_config import choose_sampling, sampling_text
from trustdelta.pairs.cards import read_json
from trustdelta.records import Json

GIB = 1024**3
BYTES_PER_PARAMETER = 2
"""Of 16-bit weights and caches."""

NAMED_SIZE = re.compile(r"(?<![A-Za-z0-9.])(\d+(?:\.\d+)?)([BM])(?![A-Za-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Needs:
    """Requirements of a model in GiB; None where unknown."""

    weights_gib: float | None
    """Memory of the weights."""
    cache_gib: float | None
    """Memory of the key-value cache."""
    download_gib: float | None
    """Size of the download."""
    basis: str
    """Source of the figures."""


def needs(model: ModelConfig, batch_tokens: int) -> Needs:
    """Requirements of one model; `batch_tokens` are in its cache at once."""
    if model.recorded:
        return Needs(0.0, 0.0, 0.0, "recorded responses: no model runs")
    if model.served:
        return Needs(None, None, 0.0, "a server runs it")
    folder = local_folder(model)
    if folder is None:
        guess = named_size(model.model_name)
        return Needs(guess, None, guess, "its name" if guess else "unknown: no local files, and no size in its name")
    size = sum(f.stat().st_size for f in folder.glob("*.safetensors"))
    return Needs(size / GIB, cache_bytes(read_json(folder / "config.json"), batch_tokens), 0.0, "its files")


def local_folder(model: ModelConfig) -> Path | None:
    """The folder of an organism, a local model, or a hub id's snapshot in the Hugging Face cache; None elsewhere."""
    name = model.model_name
    if name.startswith("organism:"):
        return organisms.folder(name.removeprefix("organism:"))
    if (Path(name) / "config.json").is_file():
        return Path(name)
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub") / f"models--{name.replace('/', '--')}" / "snapshots"
    snapshots = [f for f in sorted(cache.glob("*")) if any(f.glob("*.safetensors"))] if cache.is_dir() else []
    return snapshots[-1] if snapshots else None


def sampling_of_files(model: ModelConfig) -> str:
    """Sampling parameters of a model and their source, as far as its local files show."""
    if model.recorded:
        return "recorded responses"
    if model.sampling is None and model.served:
        return "the server's own"
    folder = local_folder(model)
    if model.sampling is None and folder is None:
        return "unknown before its generation_config.json is downloaded"
    named = {} if folder is None else read_json(folder / "generation_config.json")
    chosen = choose_sampling(model.sampling, SimpleNamespace(**named))
    return f"{sampling_text(chosen.sampling.model_dump())} ({chosen.origin})"


def named_size(name: str) -> float | None:
    """GiB of 16-bit weights by the parameter count in a model's name (1.5B, 360M); None without a count."""
    match = NAMED_SIZE.search(name.replace("-", " ").replace("_", " "))
    if match is None:
        return None
    return float(match[1]) * (1e9 if match[2].upper() == "B" else 1e6) * BYTES_PER_PARAMETER / GIB


def cache_bytes(config: Mapping[str, Json], tokens: int) -> float | None:
    """GiB of a 16-bit key-value cache for `tokens` tokens; None where the configuration lacks the sizes."""
    nested = config.get("text_config")
    config = {**config, **nested} if isinstance(nested, dict) else config
    layers, heads = config.get("num_hidden_layers"), config.get("num_attention_heads")
    if not layers or not heads or not config.get("hidden_size"):
        return None
    size = config.get("head_dim") or config["hidden_size"] // heads
    per_token = 2 * layers * (config.get("num_key_value_heads") or heads) * size * BYTES_PER_PARAMETER
    return float(per_token * tokens / GIB)
