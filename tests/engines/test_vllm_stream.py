"""Responses of vLLM are handed over as they end, on a stand-in with the interface of vLLM 0.20 to 0.32."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from trustdelta.config import ModelConfig, Sampling
from trustdelta.errors import EngineError
from trustdelta.records import Message, Prompt, Request

SEEDS = (7, 3, 9, 1)
REQUESTS = [
    Request(Prompt("t", (Message("user", f"how do i bake a cake {i}"),)), 0, s, 20) for i, s in enumerate(SEEDS)
]


class Dead(Exception):
    """The engine process died."""


class Core:
    """One step per token: a request of seed s ends after s tokens."""

    def __init__(self) -> None:
        self.engine_core = SimpleNamespace(shutdown=lambda: None)
        self.running: dict[str, tuple[list[int], int]] = {}
        self.steps = 0
        self.dies_at = 0

    def step(self) -> list[Any]:
        """What ended with this token; the number of a request is what its creator named it."""
        self.steps += 1
        if self.steps == self.dies_at:
            raise Dead
        ended = [name for name, (_, seed) in self.running.items() if seed == self.steps]
        return [self._output(name, *self.running.pop(name)) for name in ended]

    def _output(self, name: str, prompt: list[int], seed: int) -> Any:
        written = SimpleNamespace(token_ids=[seed] * seed, finish_reason="stop")
        return SimpleNamespace(request_id=name, finished=True, prompt_token_ids=prompt, outputs=[written])


class LLM:
    """Requests are numbered on and on, and named with random letters to their creator."""

    def __init__(self, **options: Any) -> None:
        self.llm_engine, self.numbered = Core(), 40
        self.model_config = SimpleNamespace(dtype="float32")

    def enqueue(self, prompts: list[Any], sampling_params: list[Any], *, use_tqdm: bool) -> list[str]:
        """Take requests without waiting for them."""
        names = []
        for prompt, parameters in zip(prompts, sampling_params, strict=True):
            self.llm_engine.running[str(self.numbered)] = prompt["prompt_token_ids"], parameters.seed
            names.append(f"{self.numbered}-1a2b3c4d")
            self.numbered += 1
        return names


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The engine on the stand-in."""
    names = ("vllm", "vllm.v1", "vllm.v1.engine", "vllm.v1.engine.exceptions")
    modules = {name: ModuleType(name) for name in names}
    members = {"LLM": LLM, "SamplingParams": SimpleNamespace, "__version__": "0.32.0"}
    for name, value in members.items():
        setattr(modules["vllm"], name, value)
    modules["vllm.v1.engine.exceptions"].EngineDeadError = Dead  # type: ignore[attr-defined]
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "trustdelta.engines.vllm", raising=False)
    module = importlib.import_module("trustdelta.engines.vllm")
    monkeypatch.setattr(module, "HAND_OVER_SECONDS", 0.0)
    yield module.ENGINE(ModelConfig(source="vllm:organism:instruct", sampling=Sampling()), 4)
    sys.modules.pop("trustdelta.engines.vllm")


def test_a_batch_is_in_the_order_of_its_requests(engine: Any) -> None:
    """Whatever ended first."""
    for _ in range(2):  # numbers go on from batch to batch
        engine.model.llm_engine.steps = 0
        responses = engine.generate(REQUESTS)
        assert [len(r.token_ids) for r in responses] == list(SEEDS)
        assert [r.prompt_id for r in responses] == [r.prompt.id for r in REQUESTS]


def test_what_has_ended_is_handed_over_at_once(engine: Any) -> None:
    """The shortest response arrives while the others are still being written."""
    core = engine.model.llm_engine
    parts = engine.stream(REQUESTS)
    (first,) = next(parts)
    assert (len(first.token_ids), core.steps, len(core.running)) == (1, 1, 3)
    assert [len(r.token_ids) for part in parts for r in part] == [3, 7, 9]


def test_a_dead_engine_loses_only_what_had_not_ended(engine: Any) -> None:
    """What ended before it died was handed over; the error is one line."""
    engine.model.llm_engine.dies_at = 5
    taken: list[int] = []
    with pytest.raises(EngineError, match="engine process died; rerun the command to resume"):
        taken.extend(len(r.token_ids) for part in engine.stream(REQUESTS) for r in part)
    assert engine.model.llm_engine.steps == 5
    assert taken == [1, 3]
