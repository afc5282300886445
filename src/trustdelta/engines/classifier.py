"""Sequence classifiers through transformers, for judges. A response is each label's probability as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence

import torch
import transformers

from trustdelta.config import ModelConfig
from trustdelta.engines.base import EngineBase
from trustdelta.engines.capabilities import Capabilities, all_of_them
from trustdelta.engines.model_files import check_complete, reading
from trustdelta.engines.remote_code import load_arguments, remote_code_entry
from trustdelta.engines.transformers import locate, on_device, weights_hash
from trustdelta.records import Finish, Json, Prompt, Request, Response

WINDOW, STRIDE = 512, 64
"""Largest window in tokens, and the overlap of consecutive windows."""
ROWS = 32
REPORTED = {"output_loading_info": True, "ignore_mismatched_sizes": True}
"""Arguments that report tensors that are missing or of another shape."""


class ClassifierEngine(EngineBase):
    """One classifier on this machine. Raises EngineError where it cannot be loaded; reads safetensors only."""

    name = "classifier"
    light = True
    """Classifiers are small."""

    def __init__(self, config: ModelConfig, batch_size: int = 128) -> None:
        self.config, self.batch_size = config, batch_size
        self.place = place = locate(config)
        with reading(config.place):
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(place.name, **load_arguments(place))
            self.model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
                place.name, use_safetensors=True, dtype=torch.float32, **REPORTED, **load_arguments(place)
            )
            check_complete(config.place, report)
        self.model.to(on_device(config.device)).eval()
        known = {str(name): int(index) for index, name in self.model.config.id2label.items()}
        self.labels = sorted(known, key=lambda name: known[name])
        self.independent = self.model.config.problem_type == "multi_label_classification" or len(self.labels) == 1
        self.window = min(WINDOW, int(self.tokenizer.model_max_length), self._positions())
        self.weights = weights_hash(self.model)

    def _positions(self) -> int:
        """Number of positions of the model; RoBERTa's start after the padding index."""
        known = getattr(self.model.config, "max_position_embeddings", WINDOW)
        offset = (self.model.config.pad_token_id or 0) + 1 if "roberta" in self.model.config.model_type else 0
        return int(known) - offset

    @property
    def fingerprint(self) -> Mapping[str, Json]:
        """Weights, labels, activation, window and versions."""
        return {
            "engine": self.name,
            "source": self.config.source,
            "revision": self.place.revision or "",
            **remote_code_entry(self.place),
            "weights": self.weights,
            "labels": self.labels,
            "probabilities": "independent" if self.independent else "exclusive",
            "window": [self.window, STRIDE],
            "device": self.model.device.type,
            "transformers": transformers.__version__,
            "torch": torch.__version__,
        }

    def capabilities(self) -> Capabilities:
        """All capabilities: a classifier does not sample."""
        return all_of_them()

    def render(self, prompt: Prompt) -> str:
        """The text that is classified."""
        return prompt.messages[0].content

    def draws_available(self, prompt: Prompt) -> int | None:
        """1: a classifier is deterministic."""
        del prompt
        return 1

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """Batches of texts of similar length."""
        ordered = sorted(requests, key=lambda r: (len(self.render(r.prompt)), r.prompt.id, r.draw))
        return [ordered[i : i + self.batch_size] for i in range(0, len(ordered), self.batch_size)]

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """Each label's probability for each text, the maximum over its windows."""
        began = time.perf_counter()
        encoded = self.tokenizer(
            [self.render(r.prompt) for r in batch],
            truncation=True,
            max_length=self.window,
            stride=min(STRIDE, self.window // 4),
            return_overflowing_tokens=True,
            padding=True,
            return_tensors="pt",
        )
        owner_W = encoded.pop("overflow_to_sample_mapping").tolist()
        p_WL = self._probabilities(dict(encoded))
        seconds = (time.perf_counter() - began) / len(batch)
        responses = []
        for i, request in enumerate(batch):
            own_WL = p_WL[[w for w, owner in enumerate(owner_W) if owner == i]]
            highest = own_WL.max(0).values.tolist()
            text = json.dumps({name: round(p, 6) for name, p in zip(self.labels, highest, strict=True)})
            responses.append(Response(request.prompt.id, request.draw, text, Finish.STOP, seconds=seconds))
        return responses

    def _probabilities(self, encoded: dict[str, torch.Tensor]) -> torch.Tensor:
        known = {"input_ids", "attention_mask", "token_type_ids"}
        rows: list[torch.Tensor] = []
        with torch.inference_mode():
            for start in range(0, len(encoded["input_ids"]), ROWS):
                part = {k: v[start : start + ROWS].to(self.model.device) for k, v in encoded.items() if k in known}
                logits_WL = self.model(**part).logits.double().cpu()
                rows.append(logits_WL.sigmoid() if self.independent else logits_WL.softmax(-1))
        return torch.cat(rows)

    def close(self) -> None:
        """Free the model's memory; the engine is not used afterwards."""
        del self.model
