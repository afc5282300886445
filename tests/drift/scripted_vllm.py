"""A stand-in for vLLM 0.32 with its interface for hidden states; transformers computes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

States = Callable[[Any, list[int]], Tensor]
"""States [L, D] of one row of ids under a model."""


class EngineDeadError(Exception):
    """The engine process died."""


def final_states(model: Any, ids: list[int]) -> Tensor:
    """States after the final norm, as float32, whatever the model's dtype."""
    states: Tensor = model.get_decoder()(input_ids=torch.tensor([ids])).last_hidden_state[0]
    return states.float()


def normalised(model: Any, ids: list[int]) -> Tensor:
    """States of length 1, as of an embedding."""
    return torch.nn.functional.normalize(final_states(model, ids), dim=-1)


def before_the_norm(model: Any, ids: list[int]) -> Tensor:
    """States of the last layer but without the final norm."""
    caught: list[Tensor] = []
    hook = model.get_decoder().norm.register_forward_hook(lambda _module, inputs, _output: caught.append(inputs[0]))
    final_states(model, ids)
    hook.remove()
    return caught[0][0].float()


def without_first(model: Any, ids: list[int]) -> Tensor:
    """States without those of a cached prefix."""
    return final_states(model, ids)[2:]


class Script:
    """What the stand-in does, and what it was called with."""

    def __init__(self) -> None:
        self.states: States = final_states
        self.refuses = ""
        self.dies = False
        self.opened: list[dict[str, Any]] = []
        self.rows: list[list[int]] = []
        self.alive = 0

    def module(self) -> dict[str, ModuleType]:
        """The modules of the stand-in by name."""
        names = ("vllm", "vllm.config", "vllm.v1", "vllm.v1.engine", "vllm.v1.engine.exceptions")
        modules: dict[str, Any] = {name: ModuleType(name) for name in names}
        modules["vllm"].__version__ = "0.32.0"
        modules["vllm"].LLM = lambda **options: LLM(self, **options)
        modules["vllm"].PoolingParams = SimpleNamespace
        modules["vllm"].SamplingParams = SimpleNamespace
        modules["vllm.config"].PoolerConfig = SimpleNamespace
        modules["vllm.v1.engine.exceptions"].EngineDeadError = EngineDeadError
        return modules


class LLM:
    """A model as a pooling model that returns the state of every token."""

    def __init__(self, script: Script, model: str, **options: Any) -> None:
        script.opened.append({"model": model, **options})
        if script.refuses:
            raise ValueError(script.refuses)
        self.script, self.options = script, options
        assert not script.alive, "a second model was opened beside the first"
        script.alive += 1
        self.model = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, options["dtype"]))
        self.model_config = SimpleNamespace(dtype=options["dtype"])
        core = SimpleNamespace(shutdown=self._shut_down, resources=SimpleNamespace(engine_dead=False))
        self.llm_engine = SimpleNamespace(engine_core=core)

    def _shut_down(self) -> None:
        self.script.alive -= 1

    @torch.inference_mode()
    def encode(
        self, prompts: Sequence[dict[str, Any]], pooling_params: Any = None, *, use_tqdm: bool, pooling_task: str
    ) -> list[Any]:
        """One output for each prompt, in order; raises ValueError for prompts longer than the model's length."""
        assert self.options["runner"] == "pooling"
        assert self.options["pooler_config"].task == pooling_task == "token_embed"
        assert not use_tqdm
        assert not pooling_params.use_activation
        if self.script.dies:
            raise EngineDeadError
        outputs = []
        for prompt in prompts:
            ids = prompt["prompt_token_ids"]
            most = self.options.get("max_model_len", 10**6)
            if len(ids) > most:
                raise ValueError(f"The decoder prompt (length {len(ids)}) is longer than the maximum {most}.")
            self.script.rows.append(ids)
            outputs.append(SimpleNamespace(outputs=SimpleNamespace(data=self.script.states(self.model, ids))))
        return outputs


def install(monkeypatch: pytest.MonkeyPatch) -> Script:
    """The stand-in as the installed vLLM."""
    script = Script()
    for name, module in script.module().items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("trustdelta.engines.vllm", "trustdelta.engines.vllm_states"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return script


def uninstall() -> None:
    """Drop the modules that imported the stand-in."""
    for name in ("trustdelta.engines.vllm", "trustdelta.engines.vllm_states"):
        sys.modules.pop(name, None)
