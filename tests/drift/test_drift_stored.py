"""Two passes: equal to one pass, resumable after a kill, and checked byte by byte."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from drift_fixtures import llama, texts

from trustdelta.drift.comparable import Comparability, Level
from trustdelta.drift.forward import state_reader
from trustdelta.drift.measure import measure, measure_sources
from trustdelta.drift.sources import LiveStates
from trustdelta.drift.stored import StatesFolder, StoredStates, collect_states, open_states
from trustdelta.drift.texts import DriftOptions
from trustdelta.errors import StoreError

OPTIONS = DriftOptions(token_budget=70)
EXACT = Comparability(Level.EXACT)


def stored(folder: Path, **options: Any) -> StoredStates:
    """First pass of the candidate over five texts."""
    return collect_states(state_reader(llama(0).model), texts(5), StatesFolder(folder, "model 0", **options), OPTIONS)


def second_pass(candidate: StoredStates) -> list[Any]:
    """Second pass of the baseline over the same texts."""
    live = LiveStates(state_reader(llama(1).model), OPTIONS.token_budget)
    return measure_sources(candidate, live, texts(5), EXACT, OPTIONS)


def batches_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Indices of the batches that a model reads from now on."""
    rows: list[int] = []
    whole = LiveStates.states

    def states(self: LiveStates, index: int, batch: Any) -> torch.Tensor:
        rows.append(index)
        return whole(self, index, batch)

    monkeypatch.setattr(LiveStates, "states", states)
    return rows


def test_two_passes_equal_one_pass_bit_for_bit(tmp_path: Path) -> None:
    """States through the disk in the model's own dtype change nothing."""
    assert second_pass(stored(tmp_path)) == measure(llama(0), llama(1), texts(5), OPTIONS)


def test_states_take_hidden_size_numbers_per_token(tmp_path: Path) -> None:
    """In bfloat16: two bytes times the hidden size for each response token, and a header."""
    stored(tmp_path, dtype=torch.bfloat16)
    tokens = sum(len(t.response_token_ids) for t in texts(5))
    shards = sorted(tmp_path.glob("states-*.safetensors"))
    size = sum(p.stat().st_size for p in shards)
    assert 0 <= size - tokens * 32 * 2 < 128 * len(shards)


def test_bfloat16_states_change_drift_by_their_rounding_only(tmp_path: Path) -> None:
    """Kept in bfloat16 the drift of float32 models stays within a few per cent."""
    exact = measure(llama(0), llama(1), texts(5), OPTIONS)
    for one, other in zip(second_pass(stored(tmp_path, dtype=torch.bfloat16)), exact, strict=True):
        assert one.kl_candidate_to_baseline_nats == pytest.approx(other.kl_candidate_to_baseline_nats, rel=0.05)


def test_finished_shards_are_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After losing one shard of the first pass, only that one is read from the model."""
    stored(tmp_path)
    (tmp_path / "states-00001.safetensors").unlink()
    rows = batches_read(monkeypatch)
    stored(tmp_path)
    assert rows == [1]


def test_a_flipped_byte_is_found(tmp_path: Path) -> None:
    """A shard or a head that changed on disk is named, not used."""
    found = stored(tmp_path)
    for name in ("states-00000.safetensors", "head.safetensors"):
        path = tmp_path / name
        data = bytearray(path.read_bytes())
        data[-3] ^= 1
        path.write_bytes(data)
    with pytest.raises(StoreError, match=r"states-00000\.safetensors: bytes changed"):
        second_pass(found)
    with pytest.raises(StoreError, match="no whole head"):
        open_states(tmp_path)


def test_a_damaged_shard_is_computed_again_by_the_first_pass(tmp_path: Path) -> None:
    """The first pass trusts no record whose bytes changed: run again it mends them."""
    stored(tmp_path)
    path = tmp_path / "states-00000.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
    stored(tmp_path)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b.replace(b"1", b"2"), lambda b: b"[" * 100_000]
)
def test_a_damaged_record_is_no_record(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """What is written beside a shard, a head or the folder is never trusted once it changed, and ends in one line."""
    stored(tmp_path)
    record = tmp_path / "head.json"
    record.write_bytes(damage(record.read_bytes()))
    with pytest.raises(StoreError, match="no whole head"):
        open_states(tmp_path)
    stored(tmp_path)
    open_states(tmp_path)
    folder = tmp_path / "states.json"
    folder.write_bytes(damage(folder.read_bytes()) + b"}")
    with pytest.raises(StoreError, match="is damaged"):
        stored(tmp_path)


def test_lists_of_texts_share_a_head_in_one_folder(tmp_path: Path) -> None:
    """Two lists of texts lie under two names beside one head, and each is read back as its own."""
    place, reader = StatesFolder(tmp_path, "model 0"), state_reader(llama(0).model)
    live = LiveStates(state_reader(llama(1).model), OPTIONS.token_budget)
    for seed, name in ((0, "first"), (1, "second")):
        found = collect_states(reader, texts(3, seed), place, OPTIONS, name)
        rows = measure_sources(found, live, texts(3, seed), EXACT, OPTIONS)
        assert rows == measure(llama(0), llama(1), texts(3, seed), OPTIONS)
    assert len(list(tmp_path.glob("head*"))) == 2


def test_other_texts_and_other_models_are_refused(tmp_path: Path) -> None:
    """Stored states serve the texts and the model that they are of."""
    found = stored(tmp_path)
    live = LiveStates(state_reader(llama(1).model), OPTIONS.token_budget)
    with pytest.raises(StoreError, match="no states of these texts"):
        measure_sources(found, live, texts(5, seed=1), EXACT, OPTIONS)
    with pytest.raises(StoreError, match="states of another model"):
        collect_states(state_reader(llama(1).model), texts(5), StatesFolder(tmp_path, "model 1"), OPTIONS)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_drift_stored import LiveStates, stored
whole = LiveStates.states
def states(self, index, batch):
    if index == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(self, index, batch)
LiveStates.states = states
stored(Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_kill_9_in_the_first_pass_loses_no_finished_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run killed before its third batch goes on with the third, and its drift is the undisturbed one's."""
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(Path(__file__).parent)], check=False)
    assert killed.returncode == -signal.SIGKILL
    rows = batches_read(monkeypatch)
    found = stored(tmp_path)
    assert rows[0] == 2
    assert second_pass(found) == measure(llama(0), llama(1), texts(5), OPTIONS)


@pytest.mark.gpu
def test_stored_states_are_measured_where_the_other_model_is(tmp_path: Path) -> None:
    """On a GPU, states and head from the disk go to the device of the model that is loaded: equal to one pass."""
    readers = [state_reader(llama(seed).model.cuda()) for seed in (0, 1)]
    live = [LiveStates(reader, OPTIONS.token_budget) for reader in readers]
    found = collect_states(readers[0], texts(5), StatesFolder(tmp_path, "model 0"), OPTIONS)
    two, one = (measure_sources(first, live[1], texts(5), EXACT, OPTIONS) for first in (found, live[0]))
    assert two == one
