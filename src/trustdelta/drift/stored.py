"""Two passes: one model's final hidden states go to disk, then the other model runs; never both in memory.

A shard holds the states of one batch as safetensors, D numbers per response token instead of V; its record, written
after it, holds its SHA-256. What a killed run finished is found by its record and not computed again; a shard whose
bytes changed is named. Reading maps the file into memory.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from trustdelta.drift.forward import StateReader
from trustdelta.drift.heads import Head, LinearHead
from trustdelta.drift.sources import LiveStates
from trustdelta.drift.texts import DriftOptions, DriftText, check_texts, text_batches
from trustdelta.errors import MeasurementError, StoreError
from trustdelta.records import Json, content_hash


@dataclass(frozen=True, slots=True)
class StatesFolder:
    """Where the states of one model are kept: `fingerprint` names its weights.

    `dtype` is what states are kept in (default: the model's own).
    """

    path: Path
    fingerprint: Json
    dtype: torch.dtype | None = None


@dataclass(frozen=True, slots=True)
class StoredStates:
    """One model's states as stored by `collect_states`; a source like the model itself.

    `name` tells the states of one list of texts from those of another in the same folder.
    """

    folder: Path
    head: Head
    vocabulary: int
    token_budget: int
    name: str = "states"

    def states(self, index: int, batch: Sequence[DriftText]) -> Tensor:
        """States [T, D] of one batch; raises StoreError where they are missing, changed, or of other texts."""
        path = _shard(self.folder, self.name, index)
        record = _record(path)
        if record is None or record.get("texts") != _identity(batch):
            raise StoreError(f"{path.name}: no states of these texts; run the first pass again in this folder.")
        if _digest(path) != record["sha256"]:
            raise StoreError(f"{path.name}: bytes changed since they were written; run the first pass again.")
        states_TD: Tensor = safetensors.torch.load_file(path)["states"]
        return states_TD


def collect_states(
    reader: StateReader,
    texts: Sequence[DriftText],
    place: StatesFolder,
    options: DriftOptions | None = None,
    name: str = "states",
) -> StoredStates:
    """First pass: store the states of every batch that is not stored whole yet, and the head.

    Raises StoreError where the folder holds another model's states, MeasurementError where the model has no head to
    store.
    """
    store_states(reader, texts, place, options, name)
    return open_states(place.path, name)


def store_states(
    reader: StateReader,
    texts: Sequence[DriftText],
    place: StatesFolder,
    options: DriftOptions | None = None,
    name: str = "states",
) -> None:
    """Store like `collect_states`, without opening what was stored."""
    if not isinstance(reader.head, LinearHead):
        raise MeasurementError(f"{type(reader.model).__name__}: no linear head was found; measure both models at once.")
    options = options or DriftOptions()
    check_texts(texts, reader.vocabulary)
    claim_folder(place, options.token_budget)
    _store_head(place.path, reader.head, reader.vocabulary, options.token_budget)
    live = LiveStates(reader, options.token_budget)
    for index, batch in enumerate(text_batches(texts, options.token_budget)):
        members = [texts[i] for i in batch]
        keep_shard(_shard(place.path, name, index), members, partial(live.states, index, members), place.dtype)


def claim_folder(place: StatesFolder, token_budget: int) -> None:
    """Make the folder one model's, or raise StoreError where it is another's or batches were of another size."""
    place.path.mkdir(parents=True, exist_ok=True)
    identity = {"model": content_hash(place.fingerprint), "dtype": str(place.dtype)}
    _claim(place.path, {**identity, "token_budget": token_budget})


def keep_shard(
    path: Path, texts: Sequence[DriftText], compute: Callable[[], Tensor], dtype: torch.dtype | None = None
) -> None:
    """Store what is computed of one batch, a row for each response token, unless it lies there whole already."""
    if not _whole(path, texts):
        states_TD = compute().to("cpu", dtype).contiguous()
        _write_shard(path, {"states": states_TD}, {"texts": _identity(texts), "tokens": len(states_TD)})


def kept_logps(
    place: StatesFolder, name: str, index: int, texts: Sequence[DriftText], compute: Callable[[], Tensor]
) -> Tensor:
    """Log-probabilities [T] of one batch's response tokens, as stored or else computed and stored."""
    path = _shard(place.path, name, index)
    keep_shard(path, texts, compute)
    logp_T: Tensor = safetensors.torch.load_file(path)["states"]
    return logp_T


def bytes_needed(reader: StateReader, texts: Sequence[DriftText]) -> int:
    """Bytes that the states of `texts` and the head take on disk in the model's own dtype."""
    if not isinstance(reader.head, LinearHead):
        return 0
    weight_VD = reader.head.weight_VD
    numbers = sum(len(t.response_token_ids) for t in texts) * weight_VD.shape[1] + weight_VD.numel()
    return int(numbers) * weight_VD.element_size()


def open_states(folder: Path, name: str = "states") -> StoredStates:
    """States stored earlier; raises StoreError where the folder has none or the head's bytes changed."""
    path = folder / "head.safetensors"
    record = _record(path)
    if record is None or _digest(path) != record["sha256"]:
        raise StoreError(f"{folder.name}: no whole head is stored here; run the first pass again.")
    tensors = safetensors.torch.load_file(path)
    head = LinearHead(tensors["weight"], tensors.get("bias"), record["scale"], record["softcap"])
    return StoredStates(folder, head, record["vocabulary"], record["token_budget"], name)


def _store_head(folder: Path, head: LinearHead, vocabulary: int, token_budget: int) -> None:
    path = folder / "head.safetensors"
    if _record(path) is None:
        tensors = {"weight": head.weight_VD} | ({} if head.bias_V is None else {"bias": head.bias_V})
        facts = {"scale": head.scale, "softcap": head.softcap, "vocabulary": vocabulary, "token_budget": token_budget}
        _write_shard(path, {name: t.cpu().contiguous() for name, t in tensors.items()}, facts)


def _claim(folder: Path, identity: Mapping[str, Json]) -> None:
    """Write what the folder is for, or check that it is for this."""
    path = folder / "states.json"
    if not path.exists():
        _write(path, json.dumps(identity, sort_keys=True).encode())
    elif _parsed(path) != identity:
        raise StoreError(
            f"{folder.name}: holds states of another model or other settings, or is damaged; choose another folder."
        )


def _identity(texts: Sequence[DriftText]) -> str:
    return content_hash([[t.prompt_token_ids, t.response_token_ids] for t in texts])


def _shard(folder: Path, name: str, index: int) -> Path:
    return folder / f"{name}-{index:05}.safetensors"


def _whole(path: Path, texts: Sequence[DriftText]) -> bool:
    """Whether a finished shard of these texts lies there unchanged."""
    record = _record(path)
    return record is not None and record.get("texts") == _identity(texts) and _digest(path) == record["sha256"]


def _record(path: Path) -> dict[str, Any] | None:
    """What was written beside a finished shard; None where the shard is not finished, or its record is damaged."""
    record = path.with_suffix(".json")
    if not (record.is_file() and path.is_file()):
        return None
    found = _parsed(record)
    if not isinstance(found, dict) or found.pop("seal", None) != content_hash(found):
        return None
    return found


def _parsed(path: Path) -> Json:
    """A JSON file's value, or None where it is damaged."""
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None


def _write_shard(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Json]) -> None:
    path.with_suffix(".json").unlink(missing_ok=True)
    temporary = path.with_suffix(".partial")
    safetensors.torch.save_file(dict(tensors), temporary)
    temporary.replace(path)
    record = {**facts, "sha256": _digest(path)}
    _write(path.with_suffix(".json"), json.dumps({**record, "seal": content_hash(record)}, sort_keys=True).encode())


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".partial")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
