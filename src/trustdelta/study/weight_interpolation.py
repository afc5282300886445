"""Linear interpolation of two models' weights: (1 - share) * baseline + share * candidate, tensor by tensor.

Source: Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022, arXiv 2109.01903. Sums are in float32 and
rounded to the weights' type; shares 0 and 1 are the parents' weights.
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
from trustdelta.parsing import MOST_DATA, parse_json, read_text, reason
from trustdelta.records import Json

if TYPE_CHECKING:
    import torch

SHARD_BYTES = 1 << 30
"""Approximate size limit of a weight file, which bounds memory."""

INDEX = "model.safetensors.index.json"
CARD = "mix.json"
FREE = {
    *("_name_or_path", "transformers_version", "dtype", "torch_dtype", "use_cache", "max_position_embeddings"),
    *("bos_token_id", "eos_token_id", "pad_token_id", "max_window_layers", "sliding_window", "use_sliding_window"),
    *("attention_dropout", "initializer_range", "auto_map", "unsloth_version", "architectures", "pretraining_tp"),
}
"""Keys of config.json that do not affect how weights are used."""


@dataclass(frozen=True, slots=True)
class Parents:
    """The two models of an interpolation, as folders with safetensors."""

    baseline: Path
    candidate: Path

    def check(self) -> None:
        """Raise UsageError with the first difference unless both have equal tensor shapes and tokens."""
        _same("config.json", _settings(self.baseline), _settings(self.candidate))
        _same("tokenizer", _tokens(self.baseline), _tokens(self.candidate))
        first_added, second_added = _added(self.baseline), _added(self.candidate)
        both = first_added.keys() & second_added.keys()
        _same("tokenizer", {i: first_added[i] for i in both}, {i: second_added[i] for i in both})
        tied = bool(_json(self.candidate / "config.json").get("tie_word_embeddings"))
        with Weights(self.baseline, tied=tied) as first, Weights(self.candidate, tied=tied) as second:
            _same("weights", first.shapes(), second.shapes())


class Weights:
    """The tensors of a folder's safetensors files, read one at a time; a tied output head is not a separate tensor."""

    def __init__(self, folder: Path, *, tied: bool) -> None:
        self.folder, self.tied = folder, tied
        self._stack, self._home = ExitStack(), dict[str, Any]()

    def __enter__(self) -> Weights:
        from safetensors import SafetensorError, safe_open

        for path in sorted(self.folder.glob("*.safetensors")):
            try:
                file = self._stack.enter_context(safe_open(path, framework="pt"))
            except (SafetensorError, OSError) as problem:
                raise EngineError(
                    f"{path}: is not a complete safetensors file ({problem}); download the model again."
                ) from None
            names = list(file.keys())
            self._home |= {name: file for name in names if not (self.tied and name == "lm_head.weight")}
        if not self._home:
            raise UsageError(
                f"{self.folder}: found no safetensors; an interpolation needs two local models with weights."
            )
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
        """One tensor, read from disk."""
        tensor: torch.Tensor = self._home[name].get_tensor(name)
        return tensor


def _json(path: Path) -> dict[str, Json]:
    try:
        content = parse_json(read_text(path, MOST_DATA))
    except (OSError, ValueError) as problem:
        raise UsageError(
            f"{path}: cannot be read ({reason(problem)}); an interpolation needs two complete model folders."
        ) from None
    if not isinstance(content, dict):
        raise UsageError(f"{path}: found a {type(content).__name__}, wanted an object.")
    return content


def _settings(folder: Path) -> dict[str, Json]:
    return {k: v for k, v in _json(folder / "config.json").items() if k not in FREE}


def _tokens(folder: Path) -> dict[str, Json]:
    """Token to id without added tokens: an embedding row must belong to the same token in both models."""
    model = _json(folder / "tokenizer.json").get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    return dict(vocabulary) if isinstance(vocabulary, dict) else {"vocabulary": vocabulary}


def _added(folder: Path) -> dict[str, Json]:
    """Added tokens by id: one model may have more of them, but no id may have two tokens."""
    tokens = _json(folder / "tokenizer.json").get("added_tokens")
    return {f"id {t.get('id')}": t.get("content") for t in tokens or () if isinstance(t, dict)}


def _same(what: str, baseline: Mapping[str, Json], candidate: Mapping[str, Json]) -> None:
    for name in sorted({*baseline, *candidate}):
        first, second = (values.get(name, "nothing") for values in (baseline, candidate))
        if first != second:
            raise UsageError(
                f"{what}: {name} is {str(first)[:60]} in the baseline and {str(second)[:60]} in the candidate; "
                "only models of one architecture and vocabulary can be interpolated."
            )


def write_config(parents: Parents, share: float, folder: Path) -> None:
    """Write a mix without weights: the candidate's configuration, tokenizer and template, and a card."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in parents.candidate.iterdir():
        if path.is_file() and path.suffix in (".json", ".jinja", ".txt", ".model") and path.name not in (INDEX, CARD):
            shutil.copyfile(path, folder / path.name)
    (folder / "card.json").unlink(missing_ok=True)
    card = {"baseline": str(parents.baseline), "candidate": str(parents.candidate), "share_of_candidate": share}
    (folder / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def write_weights(parents: Parents, share: float, folder: Path, shard_bytes: int = SHARD_BYTES) -> None:
    """Write a mix's weights into its folder; an interrupted write leaves no loadable model.

    Raises UsageError for parents that cannot be interpolated.
    """
    from safetensors.torch import save_file

    parents.check()
    drop_weights(folder)
    files: dict[str, str] = {}
    parts = []
    for n, shard in enumerate(_shards(parents, share, shard_bytes), start=1):
        part = folder / f"part-{n:05d}"
        save_file(shard, part, metadata={"format": "pt"})
        parts.append((part, list(shard)))
    for n, (part, names) in enumerate(parts, start=1):
        name = "model.safetensors" if len(parts) == 1 else f"model-{n:05d}-of-{len(parts):05d}.safetensors"
        part.rename(folder / name)
        files |= dict.fromkeys(names, name)
    if len(parts) > 1:
        (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": files}, indent=1), encoding="utf-8")


def _shards(parents: Parents, share: float, shard_bytes: int) -> Iterator[dict[str, torch.Tensor]]:
    tied = bool(_json(parents.candidate / "config.json").get("tie_word_embeddings"))
    shard: dict[str, torch.Tensor] = {}
    size = 0
    with Weights(parents.baseline, tied=tied) as first, Weights(parents.candidate, tied=tied) as second:
        for name in second.names():
            shard[name] = mixed(first.tensor(name), second.tensor(name), share)
            size += shard[name].nbytes
            if size >= shard_bytes:
                yield shard
                shard, size = {}, 0
    if shard:
        yield shard


def mixed(baseline: torch.Tensor, candidate: torch.Tensor, share: float) -> torch.Tensor:
    """(1 - share) * baseline + share * candidate; integer tensors (indices, masks) are the candidate's."""
    if share == 1.0 or not candidate.is_floating_point():
        return candidate
    if share == 0.0:
        return baseline
    wide = baseline.float() * (1.0 - share) + candidate.float() * share
    return wide.to(candidate.dtype)


def drop_weights(folder: Path) -> None:
    """Remove a mix's complete or partial weights; its card and configuration remain."""
    for pattern in ("*.safetensors", "part-*", INDEX):
        for path in folder.glob(pattern):
            path.unlink()
