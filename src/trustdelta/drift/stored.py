"""Two passes: one model's final hidden states are stored on disk, then the other model runs; never both in memory.

A shard holds the states of one batch as safetensors, D numbers per response token instead of V; its record, written
after it, holds its SHA-256. A killed run resumes at the first shard without a record; a shard with changed bytes raises
StoreError. Reading maps the file into memory.
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
from trustdelta.drift.sources import LiveStates, StateSource
from trustdelta.drift.texts import DriftOptions, DriftText, check_texts, text_batches
from trustdelta.errors import MeasurementError, StoreError
from trustdelta.records import Json, content_hash

CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class StatesFolder:
    """The folder of one model's states."""

    path: Path
    fingerprint: Json
    """Identifies the model's weights."""
    dtype: torch.dtype | None = None
    """Type of the stored states; None: the model's own."""


@dataclass(frozen=True, slots=True)
class StoredStates:
    """One model's states as stored by `collect_states`; a `StateSource`."""

    folder: Path
    head: Head
    vocabulary: int
    token_budget: int
    name: str = "states"
    """Distinguishes lists of texts in the same folder."""
    device: torch.device = CPU
    """Device on which the states are compared."""

    def states(self, index: int, batch: Sequence[DriftText]) -> Tensor:
        """States [T, D] of one batch; raises StoreError if they are missing, changed, or of other texts."""
        path = _shard(self.folder, self.name, index)
        record = _record(path)
        if record is None or record.get("texts") != _identity(batch):
            raise StoreError(f"{path.name}: no states of these texts; run the first pass again in this folder.")
        if _digest(path) != record["sha256"]:
            raise StoreError(f"{path.name}: bytes changed since they were written; run the first pass again.")
        states_TD: Tensor = safetensors.torch.load_file(path)["states"]
        return states_TD.to(self.device)


def collect_states(
    reader: StateReader,
    texts: Sequence[DriftText],
    place: StatesFolder,
    options: DriftOptions | None = None,
    name: str = "states",
) -> StoredStates:
    """First pass: store the head, and the states of every batch that is not yet completely stored.

    Raises StoreError for a folder with another model's states, MeasurementError for a model without a linear head.
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
    """Store like `collect_states`, without opening the stored states."""
    if not isinstance(reader.head, LinearHead):
        raise MeasurementError(f"{type(reader.model).__name__}: no linear head was found; measure both models at once.")
    options = options or DriftOptions()
    store_source(LiveStates(reader, options.token_budget), texts, place, options, name)


def store_source(
    source: StateSource, texts: Sequence[DriftText], place: StatesFolder, options: DriftOptions, name: str
) -> None:
    """Store the head and the states of any source with a linear head; raises like `store_states`."""
    if not isinstance(source.head, LinearHead):
        raise MeasurementError("states without a linear head cannot be stored; measure both models at once.")
    check_texts(texts, source.vocabulary)
    claim_folder(place, options.token_budget)
    _store_head(place.path, source.head, source.vocabulary, options.token_budget)
    for index, batch in enumerate(text_batches(texts, options.token_budget)):
        members = [texts[i] for i in batch]
        store_shard(_shard(place.path, name, index), members, partial(source.states, index, members), place.dtype)


def claim_folder(place: StatesFolder, token_budget: int) -> None:
    """Assign the folder to one model; raises StoreError if it has another model's states or another batch size."""
    place.path.mkdir(parents=True, exist_ok=True)
    identity = {"model": content_hash(place.fingerprint), "dtype": str(place.dtype)}
    _claim(place.path, {**identity, "token_budget": token_budget})


def store_shard(
    path: Path, texts: Sequence[DriftText], compute: Callable[[], Tensor], dtype: torch.dtype | None = None
) -> None:
    """Compute and store one batch, a row for each response token, unless it is already completely stored."""
    if not _whole(path, texts):
        states_TD = compute().to("cpu", dtype).contiguous()
        _write_shard(path, {"states": states_TD}, {"texts": _identity(texts), "tokens": len(states_TD)})


def stored_logps(
    place: StatesFolder, name: str, index: int, texts: Sequence[DriftText], compute: Callable[[], Tensor]
) -> Tensor:
    """Log-probabilities [T] of one batch's response tokens, read from disk, or computed and stored."""
    path = _shard(place.path, name, index)
    store_shard(path, texts, compute)
    logp_T: Tensor = safetensors.torch.load_file(path)["states"]
    return logp_T


def bytes_needed(head: Head, texts: Sequence[DriftText]) -> int:
    """Disk space in bytes of the states of `texts` and the head, in the model's own dtype."""
    if not isinstance(head, LinearHead):
        return 0
    weight_VD = head.weight_VD
    numbers = sum(len(t.response_token_ids) for t in texts) * weight_VD.shape[1] + weight_VD.numel()
    return int(numbers) * weight_VD.element_size()


def open_states(folder: Path, name: str = "states", device: torch.device = CPU) -> StoredStates:
    """States stored earlier, for a device; raises StoreError where there are none or the head's bytes changed."""
    path = folder / "head.safetensors"
    record = _record(path)
    if record is None or _digest(path) != record["sha256"]:
        raise StoreError(f"{folder.name}: no whole head is stored here; run the first pass again.")
    tensors = safetensors.torch.load_file(path)
    head = LinearHead(tensors["weight"], tensors.get("bias"), record["scale"], record["softcap"])
    return StoredStates(folder, head, record["vocabulary"], record["token_budget"], name, device)


def _store_head(folder: Path, head: LinearHead, vocabulary: int, token_budget: int) -> None:
    path = folder / "head.safetensors"
    if _record(path) is None:
        tensors = {"weight": head.weight_VD} | ({} if head.bias_V is None else {"bias": head.bias_V})
        facts = {"scale": head.scale, "softcap": head.softcap, "vocabulary": vocabulary, "token_budget": token_budget}
        _write_shard(path, {name: t.cpu().contiguous() for name, t in tensors.items()}, facts)


def _claim(folder: Path, identity: Mapping[str, Json]) -> None:
    """Write the folder's identity, or check that it is this one."""
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
    """Whether a complete, unchanged shard of these texts is stored."""
    record = _record(path)
    return record is not None and record.get("texts") == _identity(texts) and _digest(path) == record["sha256"]


def _record(path: Path) -> dict[str, Any] | None:
    """The record of a complete shard; None if the shard is incomplete or its record is damaged."""
    record = path.with_suffix(".json")
    if not (record.is_file() and path.is_file()):
        return None
    content = _parsed(record)
    if not isinstance(content, dict) or content.pop("seal", None) != content_hash(content):
        return None
    return content


def _parsed(path: Path) -> Json:
    """A JSON file's value, or None if it is damaged."""
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
