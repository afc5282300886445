"""Checks of untrusted model folders before a library reads them, and one error for every failure to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from transformers.quantizers.auto import AUTO_QUANTIZATION_CONFIG_MAPPING

from trustdelta.errors import EngineError, TrustdeltaError
from trustdelta.parsing import short
from trustdelta.records import Json

READ = (".json", ".jinja", ".model", ".safetensors", ".txt")
"""Suffixes of the files that libraries read."""
OBJECTS = ("config.json", "generation_config.json", "tokenizer_config.json")
"""Files with one JSON object; libraries treat a damaged one as absent."""
MOST_BYTES = 64 << 20
"""Size limit of those; chat templates and added tokens of real models take less than a megabyte."""
LAYERS = ("num_hidden_layers", "num_layers", "n_layer", "n_layers", "num_decoder_layers", "num_encoder_layers")
MOST_LAYERS = 10_000
INDEX = "model.safetensors.index.json"


@contextmanager
def reading(source: str) -> Iterator[None]:
    """Convert every exception of a library on a model's files to an EngineError with its cause.

    Libraries raise arbitrary exceptions on damaged files, and one of them panics, which is not an `Exception`.
    """
    try:
        yield
    except (TrustdeltaError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as problem:
        raise EngineError(load_failure(source, problem)) from problem


def check_files(folder: Path) -> None:
    """Raise EngineError for a folder that libraries would misread or read without end.

    Cases: pipes and folders instead of files, settings that are no JSON object, an index that names other folders, and
    more layers than tensors.
    """
    for path in sorted(folder.iterdir()):
        if path.suffix in READ and not path.is_file():
            raise EngineError(f"{path}: is no regular file; download the model again.")
    settings = {name: json_object(folder / name) for name in OBJECTS if (folder / name).is_file()}
    if (folder / INDEX).is_file():
        _check_index(folder)
    check_config(str(folder), settings.get("config.json", {}), _tensors(folder))


def json_object(path: Path) -> Mapping[str, Json]:
    """The JSON object in a file of a model; raises EngineError for anything else."""
    if path.stat().st_size > MOST_BYTES:
        raise EngineError(f"{path}: has more than {MOST_BYTES:,} bytes; download the model again.")
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise EngineError(f"{path}: is no JSON ({problem}); download the model again.") from None
    if not isinstance(content, dict):
        raise EngineError(f"{path}: found {short(content)}, wanted a JSON object; download the model again.")
    return content


def _check_index(folder: Path) -> None:
    """Raise EngineError where the index names a file outside this folder."""
    path = folder / INDEX
    files = json_object(path).get("weight_map")
    if not isinstance(files, dict) or not files or not all(isinstance(name, str) for name in files.values()):
        raise EngineError(f"{path}: wanted a weight_map of tensors to files; download the model again.")
    for name in sorted(set(files.values())):
        if Path(name).name != name or not (folder / name).is_file():
            raise EngineError(f"{path}: names {short(name)}, which is no file of this folder; download it again.")


def check_config(source: str, config: Mapping[str, Json], tensors: int = MOST_LAYERS) -> None:
    """Raise EngineError for more layers than `tensors`.

    A model has at least one tensor per layer; an unbounded number of layers would be built without end.
    """
    for part in _parts(config):
        for name in LAYERS:
            layers = part.get(name)
            if layers is not None and (isinstance(layers, bool) or not isinstance(layers, int) or layers < 0):
                raise EngineError(f"{source}: config.json: {name}: found {short(layers)}, wanted a whole number.")
            if layers is not None and layers > tensors:
                raise EngineError(
                    f"{source}: config.json: {name}: found {layers}, wanted at most {tensors}, a tensor for each layer."
                )


def _parts(config: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """A configuration and its nested ones (text, vision, ...)."""
    return [config, *(part for part in config.values() if isinstance(part, dict))]


def _tensors(folder: Path) -> int:
    """Number of tensors in all weight files; MOST_LAYERS where there are none, or one is unreadable."""
    files = sorted(folder.glob("*.safetensors"))
    count = 0
    try:
        for file in files:
            with safe_open(file, "numpy") as opened:
                count += len(opened.keys())
    except (OSError, SafetensorError):
        return MOST_LAYERS
    return count or MOST_LAYERS


def check_quantisation(source: str, config: Mapping[str, Json]) -> None:
    """Raise EngineError for a quantisation that transformers does not know and would read as plain weights."""
    declared = config.get("quantization_config")
    method = declared.get("quant_method", "") if isinstance(declared, dict) else declared
    if method and str(getattr(method, "value", method)) not in AUTO_QUANTIZATION_CONFIG_MAPPING:
        raise EngineError(
            f"{source}: config.json: quantisation: found {short(method)}, which transformers cannot read; pass a model "
            "whose weights it reads."
        )


def check_complete(source: str, info: Mapping[str, Any]) -> None:
    """Raise EngineError for missing weights and wrong shapes, which the library initialises at random.

    `info`: the library's loading report.
    """
    for what, names in (("lack", info.get("missing_keys")), ("have other shapes of", info.get("mismatched_keys"))):
        listed = sorted(str(name[0] if isinstance(name, tuple) else name) for name in names or ())
        if listed:
            raise EngineError(
                f"{source}: its files {what} {len(listed)} of the model's tensors ({short(listed[0])}), which would be "
                "drawn at random; download the model again."
            )


PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
"""Weight files that are never opened, because reading them can run code."""


def load_failure(source: str, problem: BaseException) -> str:
    """One line: why a model could not be loaded, and the next step."""
    folder = Path(source)
    if folder.is_dir() and not any(folder.glob("*.safetensors")):
        pickles = sorted(p.name for pattern in PICKLES for p in folder.glob(pattern))
        files = f"only {pickles[0]}, which can run code when it is read" if pickles else "no weights"
        return f"{source}: found {files}; wanted safetensors: download them, or convert in a sandbox (save_pretrained)."
    reason = " ".join(str(problem).split())
    if "custom code" in reason:
        return f"{source}: needs remote code, which runs only with trust_remote_code and a pinned revision."
    if not folder.exists() and "couldn't connect" in reason:
        return (
            f"{source}: is no folder here and not in the hub's cache, and the hub cannot be reached (no network, or "
            "HF_HUB_OFFLINE is set); check the name and the connection."
        )
    if not folder.exists() and "is not a valid model identifier" in reason:
        return (
            f"{source}: is neither a folder here nor a model that the hub shows you; check the spelling, or log in "
            "with `hf auth login` for a gated or private one."
        )
    if not isinstance(problem, (OSError, ValueError, RuntimeError, EngineError)):
        reason = f"{type(problem).__name__}: {reason}"
    reason = reason if len(reason) <= 200 else reason[:197] + "..."
    return f"{source}: cannot be loaded ({reason}); pass organism:NAME, a folder with safetensors weights, or a hub id."
