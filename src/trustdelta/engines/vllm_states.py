"""Final hidden states of token ids through vLLM, which reads the model as a pooling model. No logits are computed.

vLLM returns the state of every token after the model's final norm, as float32 numbers of the model's own dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from trustdelta.config import ModelConfig
from trustdelta.engines.folder import folder_of, sampled_hash
from trustdelta.engines.remote_code import load_arguments
from trustdelta.engines.transformers import locate
from trustdelta.engines.vllm import alive  # raises EngineError where vLLM is not installed
from trustdelta.errors import MeasurementError, TrustdeltaError
from trustdelta.records import Json

TASK = "token_embed"
"""vLLM's name of one state per token."""
OF_GENERATION = ("speculative_config", "max_logprobs", "logprobs_mode", "logits_processors", "enable_chunked_prefill")
"""Options of `vllm.LLM` that states do not need, or that vLLM chooses by itself for them."""


class HiddenStates:
    """One model in vLLM that returns states; `config.dtype` is not `auto`.

    Raises EngineError for a folder without safetensors, MeasurementError where vLLM does not return states.
    """

    def __init__(self, config: ModelConfig, batch_size: int = 128) -> None:
        import vllm

        self.vllm = vllm
        self.config = config
        self.dtype: torch.dtype = getattr(torch, config.dtype)
        folder = folder_of(config)
        self.weights = sampled_hash(folder)
        try:
            self.model: Any = vllm.LLM(model=str(folder), **self._options(batch_size))
        except TrustdeltaError:
            raise
        except Exception as problem:
            raise self._failure(problem) from problem

    @property
    def fingerprint(self) -> Json:
        """Identifies the states: weights, dtype and version."""
        return ["vllm", self.vllm.__version__, self.weights, self.config.dtype]

    def read(self, rows: Sequence[Sequence[int]]) -> list[Tensor]:
        """States [L, D] of each row of token ids, in the model's dtype.

        Raises MeasurementError for a row that vLLM refuses or returns in part, EngineError where its process dies.
        """
        prompts = [{"prompt_token_ids": list(row)} for row in rows]
        raw = self.vllm.PoolingParams(use_activation=False)
        with alive(self.model, self.config.source):
            try:
                outputs = self.model.encode(prompts, raw, use_tqdm=False, pooling_task=TASK)
            except ValueError as problem:
                raise self._failure(problem, " (the option max_model_len bounds its texts)") from problem
        return [self._whole(output.outputs.data, row) for output, row in zip(outputs, rows, strict=True)]

    def close(self) -> None:
        """End vLLM's workers and free the model's memory; the object is not used afterwards."""
        self.model.llm_engine.engine_core.shutdown()
        del self.model

    def _options(self, batch_size: int) -> dict[str, Any]:
        from vllm.config import PoolerConfig

        code = {k: v for k, v in load_arguments(locate(self.config)).items() if k != "revision"}
        return {
            "max_num_seqs": batch_size,
            "seed": 0,
            **({} if torch.cuda.is_available() else {"enforce_eager": True}),  # compiling takes a minute on a CPU
            **{k: v for k, v in self.config.options.items() if k not in OF_GENERATION},
            **code,
            "dtype": self.config.dtype,
            "load_format": "safetensors",
            "runner": "pooling",
            "pooler_config": PoolerConfig(task=TASK, use_activation=False),
            "enable_prefix_caching": False,  # states of a cached prefix are not computed, and so not returned
        }

    def _whole(self, states_LD: Tensor, row: Sequence[int]) -> Tensor:
        if states_LD.ndim != 2 or len(states_LD) != len(row):
            raise MeasurementError(
                f"vLLM {self.vllm.__version__} returned the states of {len(states_LD)} tokens for a text of {len(row)}"
            )
        return states_LD.to("cpu", self.dtype)

    def _failure(self, problem: Exception, more: str = "") -> MeasurementError:
        reason = " ".join(f"{type(problem).__name__}: {problem}".split())[:300]
        return MeasurementError(
            f"{self.config.source}: vLLM {self.vllm.__version__} does not return hidden states ({reason}){more}"
        )
