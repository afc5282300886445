"""Sources of a model's final hidden states: the loaded model, or states that an earlier pass stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from trustdelta.drift.forward import StateReader
from trustdelta.drift.heads import Head
from trustdelta.drift.texts import DriftText, padded, shares_prompt


class StateSource(Protocol):
    """One model's states, batch by batch; `index` is the batch's number."""

    @property
    def head(self) -> Head:
        """The head that reads the states."""
        ...

    @property
    def vocabulary(self) -> int:
        """Ids that the model has embeddings for."""
        ...

    def states(self, index: int, batch: Sequence[DriftText]) -> Tensor:
        """States [T, D] that predict the response tokens of the batch's texts, one text after the other."""
        ...


@dataclass(frozen=True, slots=True)
class LiveStates:
    """States of a loaded model."""

    reader: StateReader
    chunk: int
    """Positions per forward pass of a long text."""
    alone: bool = False
    """Whether each text is its own batch, to measure the effect of batching."""

    @property
    def head(self) -> Head:
        """The model's head."""
        return self.reader.head

    @property
    def vocabulary(self) -> int:
        """Ids that the model has embeddings for."""
        return self.reader.vocabulary

    def states(self, index: int, batch: Sequence[DriftText]) -> Tensor:
        """States [T, D] that predict the response tokens of the batch's texts."""
        if self.alone and len(batch) > 1:
            return torch.cat([self.states(index, [text]) for text in batch])
        if shares_prompt(batch) and self.reader.body is not None:
            ids_BL, mask_BL = padded([text.response_token_ids for text in batch])
            after_BLD = self.reader.read_after(torch.tensor(batch[0].prompt_token_ids), ids_BL, mask_BL)
            return torch.cat([s[: len(t.response_token_ids)] for s, t in zip(after_BLD, batch, strict=True)])
        ids_BL, mask_BL = padded([text.ids for text in batch])
        long = len(batch) == 1 and ids_BL.shape[1] > self.chunk
        states_BLD = self.reader.read_long(ids_BL, self.chunk) if long else self.reader.read(ids_BL, mask_BL)
        return response_states(states_BLD, batch)


def response_states(states_BLD: Tensor | Sequence[Tensor], texts: Sequence[DriftText]) -> Tensor:
    """States [T, D] that predict the response tokens: one position before each; `states_BLD`: [L, D] of each text."""
    first = [len(t.prompt_token_ids) - 1 for t in texts]
    return torch.cat([s[f : f + len(t.response_token_ids)] for s, f, t in zip(states_BLD, first, texts, strict=True)])
