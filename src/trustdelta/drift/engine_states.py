"""States that an engine computes from token ids, with the head of the loaded model, which also checks them.

The model is loaded once for its head, for its states of a short probe, and for the noise floor. The engine then reads
all texts. Suffixes: L positions, T response tokens, D hidden units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from trustdelta.drift.forward import TeacherForced, state_reader
from trustdelta.drift.heads import LinearHead
from trustdelta.drift.kernel import HeadPair, token_drift
from trustdelta.drift.measure import by_text, in_float32, part_sums
from trustdelta.drift.sources import LiveStates, response_states
from trustdelta.drift.sums import ResponseDrift
from trustdelta.drift.texts import DriftOptions, DriftText
from trustdelta.errors import MeasurementError

PROBE = (
    "The bridge across the river was closed on Monday because of the storm, and the mayor asked everyone "
    "to take the ferry instead. It leaves the harbour every hour."
)
"""Text on which the engine's states are compared with the model's own."""
MOST_NATS = 0.1
"""Largest mean divergence on the probe: rounding of bfloat16 gives 0.001, states of another layer several nats."""

FloorTexts = Mapping[str, Sequence[DriftText]]
"""Texts of the noise floor, by the model that wrote them."""
FloorStates = Mapping[str, Tensor]
"""States [T, D] of these texts."""


class StatesEngine(Protocol):
    """An engine that returns final hidden states."""

    def read(self, rows: Sequence[Sequence[int]]) -> list[Tensor]:
        """States after the final norm [L, D] of each row of token ids, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """What the loaded model gives before the engine reads; all tensors are in main memory."""

    head: LinearHead
    vocabulary: int
    """Ids that the model has embeddings for."""
    probe: tuple[int, ...]
    """Token ids of the probe."""
    probe_LD: Tensor
    """The model's own states of the probe."""
    in_float32: FloorStates | None
    """States of the floor's texts, one at a time in float32; None: the model runs in it, or memory allows no copy."""


@dataclass(frozen=True, slots=True)
class EngineStates:
    """States of an engine; a `StateSource`."""

    engine: StatesEngine
    head: LinearHead
    vocabulary: int

    def states(self, index: int, batch: Sequence[DriftText]) -> Tensor:
        """States [T, D] that predict the response tokens of the batch's texts, which the engine reads together."""
        del index
        return response_states(self.engine.read([text.ids for text in batch]), batch)


@torch.inference_mode()
def reference_of(model: TeacherForced, floor: FloorTexts, room: float) -> Reference:
    """Head, probe and floor of a loaded model; a copy in float32 may take `room` bytes.

    Raises MeasurementError for a model without a linear head.
    """
    reader = state_reader(model.model)
    if not isinstance(reader.head, LinearHead):
        raise MeasurementError(f"{type(model.model).__name__}: no linear head reproduces the model's logits")
    probe = tuple(model.tokenizer.encode(PROBE, add_special_tokens=True))
    ids_BL = torch.tensor([probe])
    probe_LD = reader.read(ids_BL, torch.ones_like(ids_BL))[0].cpu()
    exact = in_float32(model, room) if any(floor.values()) else None
    floor_states = None
    if exact is not None:
        alone = LiveStates(state_reader(exact.model), DriftOptions().token_budget, alone=True)
        floor_states = {text_of: alone.states(0, texts).cpu() for text_of, texts in floor.items()}
    return Reference(reader.head.on(torch.device("cpu")), reader.vocabulary, probe, probe_LD, floor_states)


def check_states(reference: Reference, engine: StatesEngine) -> None:
    """Raise MeasurementError where the engine's states of the probe do not give the model's probabilities."""
    (states_LD,) = engine.read([reference.probe])
    nats = torch.inf
    if states_LD.shape == reference.probe_LD.shape:
        pair = HeadPair(reference.head, reference.head)
        nats = float(token_drift(pair, reference.probe_LD, states_LD).kl_candidate_to_baseline_T.mean())
    if not nats <= MOST_NATS:
        raise MeasurementError(
            f"the engine's hidden states give other probabilities than the model ({nats:.2g} nats per token on a "
            "probe): they are of another layer, normalised or wrong"
        )


def floor_states(states: EngineStates, reference: Reference, floor: FloorTexts) -> tuple[FloorStates, FloorStates]:
    """States of the floor's texts read together, and read one at a time: in float32, else by the engine."""
    together = {text_of: states.states(0, texts) for text_of, texts in floor.items()}
    if reference.in_float32 is not None:
        return together, reference.in_float32
    return together, {name: torch.cat([states.states(0, [t]) for t in texts]) for name, texts in floor.items()}


def floor_rows(
    head: LinearHead, texts: Sequence[DriftText], together_TD: Tensor, alone_TD: Tensor, device: torch.device
) -> list[ResponseDrift]:
    """Drift of a model from itself on texts that were read twice."""
    pair = HeadPair(head, head).on(device)
    ids_T = torch.tensor([i for t in texts for i in t.response_token_ids], device=device)
    drift = token_drift(pair, together_TD.to(device), alone_TD.to(device), ids_T)
    each = by_text(drift, [len(t.response_token_ids) for t in texts])
    return [row for text, own in zip(texts, each, strict=True) for row in part_sums(text, own)]
