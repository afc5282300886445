"""Adapters (LoRA and others of PEFT): a source BASE+ADAPTER, or the folder of an adapter, which names its base.

The adapter stays apart from the base's weights: merging rounds, and servers apply adapters unmerged.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trustdelta.errors import EngineError
from trustdelta.parsing import short
from trustdelta.records import Json

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


PROBLEMS = {
    "missing_keys": "its file lacks weights of its layers",
    "mismatched_keys": "its weights have other shapes than the model's",
    "unexpected_keys": "its weights belong to no layer of the model",
}
"""What is wrong, by lists of the library's loading report."""


class Parts(NamedTuple):
    """A model's base and adapter, each a folder or a hub id."""

    base: str
    adapter: str
    """Empty without an adapter."""


def parts_of(place: str) -> Parts:
    """Base and adapter of a source; raises EngineError for an adapter's folder without weights or a base."""
    folder = Path(place)
    if folder.is_dir():
        if (folder / "config.json").is_file() or not (folder / SETTINGS).is_file():
            return Parts(place, "")
        base = _settings(folder).get("base_model_name_or_path")
        if not isinstance(base, str) or not base:
            raise EngineError(f"{place}: its {SETTINGS} names no base model; pass BASE+{place}.")
        return Parts(base, place)
    base, plus, adapter = place.rpartition("+")
    if plus and not adapter:
        raise EngineError(f"{place}: found nothing behind the +; pass the folder or hub id of an adapter there.")
    if not base:
        return Parts(place, "")
    if Path(adapter).is_dir() or not is_hub_id(adapter):
        _settings(Path(adapter))
    return Parts(base, adapter)


def is_hub_id(place: str) -> bool:
    """Whether a source has the form OWNER/NAME of the hub, and cannot be meant as a path."""
    return place.count("/") == 1 and not place.startswith(("/", ".", "~")) and not place.endswith("/")


def apply_adapter(model: PreTrainedModel, adapter: str) -> None:
    """Add an adapter's weights to a loaded model.

    Raises EngineError where PEFT is not installed, or where the adapter does not fit the model.
    """
    try:
        import peft  # noqa: F401 - the library behind load_adapter
    except ImportError as problem:
        raise EngineError(f"{adapter}: is an adapter; pip install 'trustdelta[adapters]'.") from problem
    info = model.load_adapter(adapter, use_safetensors=True, ignore_mismatched_sizes=True)
    for keys, fault in PROBLEMS.items():
        if names := sorted(str(name) for name in getattr(info, keys, None) or ()):
            raise EngineError(
                f"{adapter}: {fault} ({len(names)}, such as {short(names[0])}); pass the base that it was trained on."
            )


def _settings(folder: Path) -> Mapping[str, Json]:
    """The settings of an adapter's folder; raises EngineError where it is not complete."""
    if not (folder / SETTINGS).is_file():
        raise EngineError(f"{folder}: found no {SETTINGS}; behind a + pass the folder or hub id of an adapter.")
    if not (folder / WEIGHTS).is_file():
        raise EngineError(f"{folder}: found no {WEIGHTS}; save the adapter as safetensors (save_pretrained).")
    from trustdelta.engines.model_files import json_object  # imports transformers

    return json_object(folder / SETTINGS)
