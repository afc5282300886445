"""On a CPU a model's number type and batches follow its files, the processor and the memory, and are recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
import transformers

from trustdelta import organisms
from trustdelta.config import ModelConfig
from trustdelta.engines import cpu
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.records import Message, Prompt, Request

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU runs the type of the files")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature model whose files are in bfloat16."""
    path = tmp_path_factory.mktemp("model") / "mini"
    shutil.copytree(organisms.folder("instruct"), path)
    model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16)
    model.save_pretrained(path)
    return path


def requests(count: int) -> list[Request]:
    """Requests with prompts of several lengths."""
    prompts = [
        Prompt("world_safety", (Message("user", "how do i bake a cake" + " please" * (i % 5)),)) for i in range(count)
    ]
    return [Request(p, i, 1000 + i, 24) for i, p in enumerate(prompts)]


def test_files_in_bfloat16_run_so_where_the_cpu_computes_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fingerprint names the type and why; elsewhere it is float32, and the fingerprint is that of before."""
    monkeypatch.setattr(cpu, "flags", lambda: frozenset({"amx_bf16"}))
    engine = TransformersEngine(ModelConfig(source=str(folder)))
    assert engine.fingerprint["dtype"] == "torch.bfloat16"
    assert "this CPU computes" in engine.fingerprint["dtype_from"]
    monkeypatch.setattr(cpu, "flags", lambda: frozenset({"avx2"}))
    plain = TransformersEngine(ModelConfig(source=str(folder)))
    assert plain.fingerprint["dtype"] == "torch.float32"
    assert "dtype_from" not in plain.fingerprint


def test_miniature_models_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the processor and the memory, an organism runs in float32 and in the batches of its stored verdicts."""
    monkeypatch.setattr(cpu, "flags", lambda: frozenset({"amx_bf16"}))
    monkeypatch.setattr(cpu, "memory_bytes", lambda: 1)
    engine = TransformersEngine(ModelConfig(source="organism:instruct"))
    assert engine.fingerprint["dtype"] == "torch.float32"
    assert engine.fingerprint.keys() & {"dtype_from", "batch_tokens"} == set()


def test_seeds_hold_in_bfloat16(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same batch in reverse order gives the same responses, as the preflight requires."""
    monkeypatch.setattr(cpu, "flags", lambda: frozenset({"amx_bf16"}))
    engine = TransformersEngine(ModelConfig(source=str(folder)))
    batch = requests(24)
    first = {r.draw: r.token_ids for r in engine.generate(batch)}
    assert {r.draw: r.token_ids for r in engine.generate(batch[::-1])} == first


def test_batches_fit_into_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little memory makes small batches, which hold every request once, and the bound is in the fingerprint."""
    usual = TransformersEngine(ModelConfig(source=str(folder)))
    assert len(usual.batches(requests(40))) == 1
    weights = sum(p.numel() * p.element_size() for p in usual.model.parameters())
    each = cpu.cache_bytes(usual.model.config.to_dict(), usual.model.dtype.itemsize)
    monkeypatch.setattr(cpu, "memory_bytes", lambda: int(weights + 2 * 300 * (each or 0)) + 1)
    engine = TransformersEngine(ModelConfig(source=str(folder)))
    batches = engine.batches(requests(40))
    assert engine.fingerprint["batch_tokens"] == 256
    assert len(batches) > 3
    assert sorted(r.draw for b in batches for r in b) == list(range(40))


@pytest.mark.parametrize(("named", "threads"), [("3", 3), ("", 8), ("0", 8), ("4,2", 8), ("many", 8)])
def test_threads_are_those_that_are_named(named: str, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number in OMP_NUM_THREADS, else every core."""
    monkeypatch.setenv("OMP_NUM_THREADS", named)
    monkeypatch.setattr(cpu, "cores", lambda: 8)
    assert cpu.threads() == threads
