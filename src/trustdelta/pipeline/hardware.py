"""Memory and download size of a model, from its local files, else from its name. Loads no model."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from trustdelta import organisms
from trustdelta.config import ModelConfig
from trustdelta.engines.adapters import parts_of
from trustdelta.engines.cpu import (
    automatic_dtype,
    batch_tokens,
    cache_bytes,
    computes_bfloat16,
    cores,
    dtype_name,
    memory_bytes,
    sees_gpu,
)
from trustdelta.engines.generation_config import choose_sampling, sampling_text
from trustdelta.pairs.cards import read_json
from trustdelta.records import Json

GIB = 1024**3
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "float64": 8}
"""Bytes of a number by type."""
BYTES_PER_PARAMETER = 2
"""Of 16-bit weights."""

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
    dtype: str = ""
    """Number type in which it runs; empty: unknown."""


def needs(model: ModelConfig, most_tokens: int) -> Needs:
    """Requirements of one model, in the number type that will run; `most_tokens` are in its cache at once."""
    if model.recorded:
        return Needs(0.0, 0.0, 0.0, "recorded responses: no model runs")
    if model.engine == "llamacpp":
        file = Path(model.place).expanduser()
        size = file.stat().st_size / GIB if file.is_file() else None
        return Needs(size, None, 0.0, "its file; its server allocates the cache of its contexts besides")
    if model.served:
        return Needs(None, None, 0.0, "a server runs it")
    folder = local_folder(model)
    if folder is None:
        guess = named_size(model.model_name)
        basis = (
            "its name, at 16 bits; float32 takes twice as much"
            if guess
            else "unknown: no local files, no size in its name"
        )
        return Needs(guess, None, guess, basis)
    config = read_json(folder / "config.json")
    size = sum(f.stat().st_size for f in folder.glob("*.safetensors"))
    dtype = running_dtype(model, config)
    weights = size * BYTES.get(dtype, 2) // BYTES.get(dtype_name(config) or "float32", 2)
    each = cache_bytes(config, BYTES.get(dtype, 2))
    tokens = most_tokens if on_gpu(model) else min(most_tokens, batch_tokens(memory_bytes(), weights, each))
    cache = None if each is None else each * tokens / GIB
    return Needs(weights / GIB, cache, 0.0, f"its files, in {dtype}", dtype)


def on_gpu(model: ModelConfig) -> bool:
    """Whether a GPU will run a model of this machine, as far as device files show."""
    return model.engine == "vllm" or model.device.startswith("cuda") or (model.device == "auto" and sees_gpu())


def running_dtype(model: ModelConfig, config: Mapping[str, Json]) -> str:
    """Number type in which a model of this machine will run."""
    stored = dtype_name(config) or "float32"
    if model.dtype != "auto":
        return model.dtype
    return stored if on_gpu(model) else automatic_dtype(stored, organism=model.place.startswith("organism:"))


def advice(models: Collection[ModelConfig], dtypes: Collection[str]) -> list[str]:
    """What would make models faster that run on this CPU; empty where none does."""
    local = [m for m in models if not m.recorded and not m.served and not on_gpu(m)]
    if not [m for m in local if not m.place.startswith("organism:")]:
        return []
    lines = ["no GPU is visible: the CPU generates, at a small fraction of a GPU's speed; prefer a server or --limit"]
    if not computes_bfloat16():
        lines.append("this CPU does not compute bfloat16, which would halve the time; models run in float32")
    elif "float32" in dtypes or "" in dtypes:
        lines.append(
            "this CPU computes bfloat16, which halves the time and the memory: --set baseline.dtype=bfloat16 "
            "--set candidate.dtype=bfloat16 (files in bfloat16 run so by themselves)"
        )
    threads, available = os.environ.get("OMP_NUM_THREADS", ""), cores()
    if threads.isdigit() and int(threads) < available:
        lines.append(f"OMP_NUM_THREADS={threads} leaves {available - int(threads)} of {available} cores idle; raise it")
    else:
        lines.append(
            f"the model uses {available} cores; OMP_NUM_THREADS sets how many, one for each physical core is fastest"
        )
    return lines


def local_folder(model: ModelConfig) -> Path | None:
    """The folder of an organism, a local model, or a hub id's snapshot in the Hugging Face cache; an adapter's base."""
    name = parts_of(model.model_name).base
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
