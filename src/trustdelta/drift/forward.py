"""Teacher forcing: the final hidden states of a Hugging Face causal language model, and its output head.

Suffixes: B rows, L positions (padded), D hidden units, V ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
import transformers
from torch import Tensor

from trustdelta.drift.heads import Head, LinearHead, LogitsAsHidden
from trustdelta.errors import MeasurementError

SCALE_NAMES = ("logits_scaling", "logit_scale", "lm_head_multiplier", "output_multiplier_scale")
"""Configuration fields with a factor on the logits; some models multiply by it, some divide."""
PROBE_TOKENS = 8
LOGIT_BUDGET = 1 << 26
"""Largest number of full logits held at a time (256 MiB of float32)."""


class TeacherForced(Protocol):
    """A loaded transformers causal language model and its tokenizer."""

    @property
    def model(self) -> Any:
        """A `transformers.PreTrainedModel` with `.forward(input_ids, attention_mask)`."""
        ...

    @property
    def tokenizer(self) -> Any:
        """A `transformers.PreTrainedTokenizerBase`."""
        ...


@dataclass(frozen=True, slots=True)
class StateReader:
    """Computes one model's final hidden states, from which `head` computes its logits."""

    model: Any
    body: Any | None
    """The model without its head; None: no known head reproduces the logits, and "states" are the full logits."""
    head: Head
    vocabulary: int
    max_tokens: int | None
    """Most positions per forward pass; None: no limit."""

    @torch.inference_mode()
    def read(self, ids_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """Hidden states after the final norm [B, L, D] (or logits [B, L, V]); rows are padded on the right."""
        device = self.model.device
        inputs = {"input_ids": ids_BL.to(device), "attention_mask": mask_BL.to(device), "use_cache": False}
        if self.body is None:
            logits_BLV: Tensor = self.model(**inputs).logits
            return logits_BLV
        hidden_BLD: Tensor = self.body(**inputs).last_hidden_state
        return hidden_BLD

    @torch.inference_mode()
    def read_long(self, ids_BL: Tensor, chunk: int) -> Tensor:
        """Hidden states of one unpadded row, `chunk` positions at a time with a key-value cache."""
        if self.body is None:
            return self.read(ids_BL, torch.ones_like(ids_BL))
        cache, states = transformers.DynamicCache(config=self.model.config), []
        for ids in torch.split(ids_BL.to(self.model.device), chunk, dim=1):
            states.append(self.body(input_ids=ids, past_key_values=cache, use_cache=True).last_hidden_state)
        return torch.cat(states, dim=1)

    @torch.inference_mode()
    def read_after(self, prompt_L: Tensor, ids_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """States [B, L, D] that predict the ids of rows padded on the right, after one prompt computed once.

        Raises MeasurementError for a model without `body`.
        """
        if self.body is None:
            raise MeasurementError(f"{type(self.model).__name__}: no states to share; read whole texts.")
        rows, cache = ids_BL.shape[0], transformers.DynamicCache(config=self.model.config)
        prompt_1L = prompt_L[None].to(self.model.device)
        before_1LD = self.body(input_ids=prompt_1L, past_key_values=cache, use_cache=True).last_hidden_state
        cache.batch_repeat_interleave(rows)
        mask_all_BL = torch.cat([torch.ones(rows, len(prompt_L), dtype=mask_BL.dtype), mask_BL], dim=1)
        inputs = {"input_ids": ids_BL.to(self.model.device), "attention_mask": mask_all_BL.to(self.model.device)}
        after_BLD = self.body(**inputs, past_key_values=cache, use_cache=True).last_hidden_state
        return torch.cat([before_1LD[:, -1:].expand(rows, -1, -1), after_BLD[:, :-1]], dim=1)


def state_reader(model: Any) -> StateReader:
    """Find a head that reproduces the model's own logits on a probe.

    Candidates are the output embedding with every known scale and soft-cap of the configuration. Raises
    MeasurementError for a model that is not a causal language model.
    """
    layer = model.get_output_embeddings()
    vocabulary = int(model.get_input_embeddings().weight.shape[0])
    ids_BL = torch.arange(PROBE_TOKENS)[None] % vocabulary
    probe = StateReader(model, None, LogitsAsHidden(0), vocabulary, None).read(ids_BL, torch.ones_like(ids_BL))
    if probe.ndim != 3:
        raise MeasurementError(f"{type(model).__name__}: no logits per position; drift needs a causal language model.")
    body = _body(model)
    if body is not None and layer is not None:
        reader = StateReader(model, body, LogitsAsHidden(0), vocabulary, None)
        hidden_LD = reader.read(ids_BL, torch.ones_like(ids_BL))[0]
        for head in _heads(model, layer):
            if _reproduces(head, hidden_LD, probe[0]):
                return StateReader(model, body, head, vocabulary, None)
    size = int(probe.shape[-1])
    return StateReader(model, None, LogitsAsHidden(size), vocabulary, max(1, LOGIT_BUDGET // size))


def _body(model: Any) -> Any | None:
    body = model.get_decoder() if hasattr(model, "get_decoder") else None
    body = model.base_model if body is None or body is model else body
    return None if body is model else body


def _heads(model: Any, layer: Any) -> list[LinearHead]:
    config = model.config.get_text_config()
    cap = getattr(config, "final_logit_softcapping", None)
    named = [getattr(config, name, None) for name in SCALE_NAMES]
    factors = [float(f) for f in named if isinstance(f, int | float) and not isinstance(f, bool) and f not in (0, 1)]
    scales = [s for f in factors for s in (f, 1 / f)] + [1.0]
    bias = getattr(layer, "bias", None)
    return [
        LinearHead(layer.weight.detach(), _detached(bias), s, c)
        for s in scales
        for c in ([cap, None] if cap else [None])
    ]


def _detached(bias: Tensor | None) -> Tensor | None:
    return None if bias is None else bias.detach()


def _reproduces(head: LinearHead, hidden_LD: Tensor, logits_LV: Tensor) -> bool:
    if head.weight_VD.shape != (logits_LV.shape[-1], hidden_LD.shape[-1]):
        return False
    tolerance = 16 * torch.finfo(logits_LV.dtype if logits_LV.dtype != torch.float32 else hidden_LD.dtype).eps
    ours_LV = head.logits(hidden_LD, 0, head.size)
    size = logits_LV.float().abs().clamp(max=1e4).amax()
    return bool((ours_LV - logits_LV.float().clamp(min=-1e4)).abs().amax() <= tolerance * max(1.0, float(size)))
