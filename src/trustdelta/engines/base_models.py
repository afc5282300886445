"""Loads models; a base model and its adapters in one process have one copy of the base's weights.

An adapted model has modules of its own, whose parameters are the base's tensors. So the base runs as if it were alone,
and what both models write has the same bytes as with two copies.
"""

from __future__ import annotations

import copy
from collections.abc import MutableMapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakValueDictionary

import torch
import transformers

from trustdelta.config import ModelConfig
from trustdelta.engines.adapters import apply_adapter, parts_of
from trustdelta.engines.model_files import check_complete
from trustdelta.engines.remote_code import Place, load_arguments

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class _Key(NamedTuple):
    """What makes two loaded bases equal."""

    place: Place
    dtype: str
    device: str
    files: tuple[tuple[str, int, int], ...]
    """Name, size and time of change of a folder's weights, since a training run may write a folder again."""


_LOADED: MutableMapping[_Key, PreTrainedModel] = WeakValueDictionary()
"""The bases that some engine holds."""


class Loaded(NamedTuple):
    """A model in memory."""

    model: PreTrainedModel
    base: PreTrainedModel
    """The model itself without an adapter."""


def load(source: str, place: Place, shape: Any, dtype: Any, device: torch.device) -> Loaded:
    """A model on a device, in evaluation mode; raises EngineError for incomplete weights of base or adapter.

    `shape`: its configuration.
    """
    key = _Key(place._replace(name=_resolved(place.name), adapter=""), str(dtype), str(device), _files(place.name))
    base = _LOADED.get(key)
    if base is None:
        base, report = transformers.AutoModelForCausalLM.from_pretrained(
            place.name,
            config=shape,
            dtype=dtype,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # check_complete refuses them
            **load_arguments(place),
        )
        check_complete(source, report)
        base.to(device).eval()
    if not place.adapter:
        _LOADED[key] = base
        return Loaded(base, base)
    if getattr(base, "is_quantized", False):  # its tensors have states that a copy does not share
        apply_adapter(base, place.adapter)
        return Loaded(base.to(device).eval(), base)
    _LOADED[key] = base
    tensors = {id(t): t for t in chain(base.parameters(), base.buffers())}
    model = copy.deepcopy(base, tensors)
    apply_adapter(model, place.adapter)
    return Loaded(model.to(device).eval(), base)


def _files(folder: str) -> tuple[tuple[str, int, int], ...]:
    """The weight files of a folder; none for a hub id, whose revision does not change."""
    weights = sorted(Path(folder).glob("*.safetensors"))
    return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in weights)


def shares_base(first: ModelConfig, second: ModelConfig) -> bool:
    """Whether two models are one base with different adapters, or with and without one, in one process."""
    own, other = parts_of(first.place), parts_of(second.place)
    alike = all(
        getattr(first, name) == getattr(second, name) for name in ("revision", "trust_remote_code", "dtype", "device")
    )
    return alike and own != other and _resolved(own.base) == _resolved(other.base)


def _resolved(base: str) -> str:
    """A base's folder as an absolute path, whichever way it is named; a hub id as it is."""
    if base.startswith("organism:"):
        from trustdelta import organisms

        base = str(organisms.folder(base.removeprefix("organism:")))
    return str(Path(base).resolve()) if Path(base).is_dir() else base
