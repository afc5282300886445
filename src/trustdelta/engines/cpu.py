"""What this machine's processor and memory allow; torch is not imported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from trustdelta.records import Json

CPUINFO = Path("/proc/cpuinfo")
CGROUP = Path("/sys/fs/cgroup/memory.max")
NATIVE_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""Flags of processors that multiply bfloat16 numbers: x86 with AVX-512 or AMX, and Arm."""
USUAL_BATCH_TOKENS = 65_536
"""Tokens of a batch where the size of its cache is unknown, and of miniature models."""
GPU_FILES = ("/dev/nvidiactl", "/dev/kfd")
"""Devices of the drivers of NVIDIA and AMD."""


@cache
def flags() -> frozenset[str]:
    """The instruction sets of the processor; empty where the system does not list them."""
    try:
        lines = CPUINFO.read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((ln.partition(":")[2] for ln in lines if ln.startswith(("flags", "Features"))), "").split())


def computes_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 numbers; elsewhere they are slower than float32."""
    return bool(flags() & NATIVE_BFLOAT16)


def sees_gpu() -> bool:
    """Whether a GPU's driver is loaded, as far as device files show; CUDA_VISIBLE_DEVICES may hide it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    return not hidden and any(Path(name).exists() for name in GPU_FILES)


def memory_bytes() -> int:
    """Memory of this machine or of its container."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = CGROUP.read_text("utf-8").strip()
    except OSError:
        return whole
    return min(whole, int(limit)) if limit.isdigit() else whole


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """Threads of a model on this machine: OMP_NUM_THREADS where it is a number, else one for each core."""
    named = os.environ.get("OMP_NUM_THREADS", "").strip()
    return int(named) if named.isdecimal() and int(named) else cores()


def automatic_dtype(stored: str, *, organism: bool) -> str:
    """The number type of a model on a CPU where none is configured: bfloat16 only where files and CPU both have it."""
    return "bfloat16" if stored == "bfloat16" and computes_bfloat16() and not organism else "float32"


def dtype_name(config: Mapping[str, Json]) -> str:
    """The number type of a model's files by its configuration ("bfloat16"); "" where it names none."""
    nested = config.get("text_config")
    parts = [config, nested if isinstance(nested, dict) else {}]
    return next((str(v).removeprefix("torch.") for c in parts if (v := c.get("dtype") or c.get("torch_dtype"))), "")


def cache_bytes(config: Mapping[str, Json], number_bytes: int) -> float | None:
    """Bytes of the key-value cache for one token; None where the configuration lacks the sizes."""
    nested = config.get("text_config")
    config = {**config, **nested} if isinstance(nested, dict) else config
    layers, heads = config.get("num_hidden_layers"), config.get("num_attention_heads")
    if not layers or not heads or not config.get("hidden_size"):
        return None
    size = config.get("head_dim") or config["hidden_size"] // heads
    return float(2 * layers * (config.get("num_key_value_heads") or heads) * size * number_bytes)


def batch_tokens(memory: int, weights: int, per_token: float | None) -> int:
    """Prompt and budget tokens of a batch whose cache fits into half of the memory that the weights leave.

    `memory`, `weights`: bytes. `per_token`: bytes of the cache for one token; None: unknown. A power of two, so that
    machines with about the same memory make the same batches.
    """
    if not per_token:
        return USUAL_BATCH_TOKENS
    tokens = int(max(1, (memory - weights) / 2 // per_token))
    return 1 << (tokens.bit_length() - 1)
