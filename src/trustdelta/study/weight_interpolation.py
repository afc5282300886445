"""Weights between two models of one architecture: (1 - share) * baseline + share * candidate, tensor by tensor.

Linear interpolation of fine-tuned weights: Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022,
arXiv 2109.01903. Sums are in float32 and rounded to the weights' own type; shares 0 and 1 are the parents' weights.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trustdelta.errors import EngineError, UsageError
from trustdelta.parsing import MOST_DATA, parse_json, read_text
from trustdelta.records import Json

if TYPE_CHECKING:
    import torch

SHARD_BYTES = 1 << 30
"""Tensors are written in files of at most about this size, which bounds the memory."""

INDEX = "model.safetensors.index.json"
CARD = "mix.json"
FREE = {
    *("_name_or_path", "transformers_version", "dtype", "torch_dtype", "use_cache", "max_position_embeddings"),
    *("bos_token_id", "eos_token_id", "pad_token_id", "max_window_layers", "sliding_window", "use_sliding_window"),
    *("attention_dropout", "initializer_range", "auto_map", "unsloth_version", "architectures", "pretraining_tp"),
}
"""Values of config.json that do not say what a weight is multiplied with."""


@dataclass(frozen=True, slots=True)
class Parents:
    """The two models of a path, as folders of safetensors whose weights can be mixed."""

    baseline: Path
    candidate: Path

    def check(self) -> None:
        """Raise UsageError, naming the first difference, unless both hold the same tensors for the same tokens."""
        _same("config.json", _settings(self.baseline), _settings(self.candidate))
        _same("tokenizer", _tokens(self.baseline), _tokens(self.candidate))
        first_added, second_added = _added(self.baseline), _added(self.candidate)
        both = first_added.keys() & second_added.keys()
        _same("tokenizer", {i: first_added[i] for i in both}, {i: second_added[i] for i in both})
        tied = bool(_json(self.candidate / "config.json").get("tie_word_embeddings"))
        with Weights(self.baseline, tied=tied) as first, Weights(self.candidate, tied=tied) as second:
            _same("weights", first.shapes(), second.shapes())


class Weights:
    """The tensors of a folder's safetensors files, read one at a time; a tied output head is no tensor of its own."""

    def __init__(self, folder: Path, *, tied: bool) -> None:
        self.folder, self.tied = folder, tied
        self._stack, self._home = ExitStack(), dict[str, Any]()

    def __enter__(self) -> Weights:
        from safetensors import SafetensorError, safe_open

        for path in sorted(self.folder.glob("*.safetensors")):
            try:
                file = self._stack.enter_context(safe_open(path, framework="pt"))
            except (SafetensorError, OSError) as problem:
                raise EngineError(f"{path}: is no whole safetensors file ({problem}); fetch the model again.") from None
            names = list(file.keys())
            self._home |= {name: file for name in names if not (self.tied and name == "lm_head.weight")}
        if not self._home:
            raise UsageError(f"{self.folder}: found no safetensors; a path needs two models with their weights here.")
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def names(self) -> list[str]:
        """Names of all tensors, sorted."""
        return sorted(self._home)

    def shapes(self) -> dict[str, Json]:
        """Type and shape of every tensor."""
        slices = {name: self._home[name].get_slice(name) for name in self.names()}
        return {name: f"{s.get_dtype()} {list(s.get_shape())}" for name, s in slices.items()}

    def tensor(self, name: str) -> torch.Tensor:
        """One tensor, read now."""
        found: torch.Tensor = self._home[name].get_tensor(name)
        return found


def _json(path: Path) -> dict[str, Json]:
    try:
        found = parse_json(read_text(path, MOST_DATA))
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path}: cannot be read ({problem}); a path needs two whole model folders.") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path}: found a {type(found).__name__}, wanted an object.")
    return found


def _settings(folder: Path) -> dict[str, Json]:
    return {k: v for k, v in _json(folder / "config.json").items() if k not in FREE}


def _tokens(folder: Path) -> dict[str, Json]:
    """Token to id, added tokens left out: an embedding row must stand for the same token in both models."""
    model = _json(folder / "tokenizer.json").get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    return dict(vocabulary) if isinstance(vocabulary, dict) else {"vocabulary": vocabulary}


def _added(folder: Path) -> dict[str, Json]:
    """Added tokens by id: one model may have more of them, but no id may be two tokens."""
    found = _json(folder / "tokenizer.json").get("added_tokens")
    return {f"id {t.get('id')}": t.get("content") for t in found or () if isinstance(t, dict)}


def _same(what: str, baseline: Mapping[str, Json], candidate: Mapping[str, Json]) -> None:
    for name in sorted({*baseline, *candidate}):
        first, second = (found.get(name, "nothing") for found in (baseline, candidate))
        if first != second:
            raise UsageError(
                f"{what}: {name} is {str(first)[:60]} in the baseline and {str(second)[:60]} in the candidate; "
                "only models of one architecture and vocabulary lie on a path."
            )


def dress(parents: Parents, share: float, folder: Path) -> None:
    """Everything of a mix but its weights: the candidate's configuration, tokenizer and template, and a card."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in parents.candidate.iterdir():
        if path.is_file() and path.suffix in (".json", ".jinja", ".txt", ".model") and path.name not in (INDEX, CARD):
            shutil.copyfile(path, folder / path.name)
    (folder / "card.json").unlink(missing_ok=True)
    card = {"baseline": str(parents.baseline), "candidate": str(parents.candidate), "share_of_candidate": share}
    (folder / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def write_weights(parents: Parents, share: float, folder: Path, shard_bytes: int = SHARD_BYTES) -> None:
    """Write a mix's weights into its folder; a stopped writing leaves nothing that could be taken for a model.

    Raises UsageError where the parents differ in more than the values of their weights.
    """
    from safetensors.torch import save_file

    parents.check()
    drop_weights(folder)
    home: dict[str, str] = {}
    parts = []
    for n, shard in enumerate(_shards(parents, share, shard_bytes), start=1):
        part = folder / f"part-{n:05d}"
        save_file(shard, part, metadata={"format": "pt"})
        parts.append((part, list(shard)))
    for n, (part, names) in enumerate(parts, start=1):
        name = "model.safetensors" if len(parts) == 1 else f"model-{n:05d}-of-{len(parts):05d}.safetensors"
        part.rename(folder / name)
        home |= dict.fromkeys(names, name)
    if len(parts) > 1:
        (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": home}, indent=1), encoding="utf-8")


def _shards(parents: Parents, share: float, shard_bytes: int) -> Iterator[dict[str, torch.Tensor]]:
    tied = bool(_json(parents.candidate / "config.json").get("tie_word_embeddings"))
    shard: dict[str, torch.Tensor] = {}
    held = 0
    with Weights(parents.baseline, tied=tied) as first, Weights(parents.candidate, tied=tied) as second:
        for name in second.names():
            shard[name] = mixed(first.tensor(name), second.tensor(name), share)
            held += shard[name].nbytes
            if held >= shard_bytes:
                yield shard
                shard, held = {}, 0
    if shard:
        yield shard


def mixed(baseline: torch.Tensor, candidate: torch.Tensor, share: float) -> torch.Tensor:
    """(1 - share) * baseline + share * candidate; what is no number of a weight (indices, masks) is the candidate's."""
    if share == 1.0 or not candidate.is_floating_point():
        return candidate
    if share == 0.0:
        return baseline
    wide = baseline.float() * (1.0 - share) + candidate.float() * share
    return wide.to(candidate.dtype)


def drop_weights(folder: Path) -> None:
    """Remove a mix's weights, whole or half-written; its card and configuration stay."""
    for pattern in ("*.safetensors", "part-*", INDEX):
        for path in folder.glob(pattern):
            path.unlink()
