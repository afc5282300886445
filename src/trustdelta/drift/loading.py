"""A model's tokenizer and size without loading its weights, and free memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import transformers

from trustdelta.errors import EngineError


def tokenizer_of(place: str, options: Mapping[str, Any]) -> Any:
    """A model's tokenizer; `options`: its engine's loading options. Raises EngineError where it cannot be loaded."""
    return _loaded(transformers.AutoTokenizer, place, options)


def weight_bytes(place: str, options: Mapping[str, Any], dtype: str, device: str) -> int:
    """Bytes of a model's weights, from its configuration; `dtype` and `device` as configured.

    Raises EngineError where the configuration cannot be loaded.
    """
    config = _loaded(transformers.AutoConfig, place, options)
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config, trust_remote_code=options["trust_remote_code"])
    loaded_dtype = getattr(torch, dtype) if dtype != "auto" else _default_dtype(config, device)
    numbers = sum(int(p.numel()) for p in model.parameters())
    return numbers * int(loaded_dtype.itemsize)


def free_bytes(device: str) -> int:
    """Free memory of the device on which models are loaded; the file cache counts as free."""
    if device.startswith("cuda") or (device == "auto" and torch.cuda.is_available()):
        return int(torch.cuda.mem_get_info()[0])
    table = Path("/proc/meminfo")
    if table.is_file():
        memory = dict(line.split(":") for line in table.read_text().splitlines())
        return int(memory["MemAvailable"].split()[0]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _default_dtype(config: Any, device: str) -> torch.dtype:
    on_gpu = device.startswith("cuda") or (device == "auto" and torch.cuda.is_available())
    declared = getattr(config, "dtype", None)
    return declared if on_gpu and isinstance(declared, torch.dtype) else torch.float32


def _loaded(kind: Any, place: str, options: Mapping[str, Any]) -> Any:
    try:
        return kind.from_pretrained(place, **options)
    except Exception as problem:
        reason = " ".join(f"{type(problem).__name__}: {problem}".split())[:200]
        raise EngineError(
            f"{place}: cannot be loaded ({reason}); pass organism:NAME, a folder, or a hub id."
        ) from problem
