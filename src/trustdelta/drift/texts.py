"""The texts of a drift measurement: responses in their contexts, as token ids, and their batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from trustdelta.drift.parts import ALL, ANSWER, ONSET, ONSET_TOKENS, Span
from trustdelta.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class DriftText:
    """One response in its context, as token ids."""

    key: str
    prompt_token_ids: tuple[int, ...]
    response_token_ids: tuple[int, ...]
    spans: tuple[Span, ...] = ()
    """Tokens of thought, format and answer."""
    part_bytes: Mapping[str, int] = field(default_factory=dict)
    """UTF-8 bytes of each part, where they are needed."""

    @property
    def ids(self) -> tuple[int, ...]:
        """Context and response."""
        return self.prompt_token_ids + self.response_token_ids


@dataclass(frozen=True, slots=True)
class DriftOptions:
    """Options of a drift measurement."""

    token_budget: int = 8192
    """Padded positions per forward batch; longer texts are read in chunks of this size."""
    jsd: bool = False
    """Whether to compute the Jensen-Shannon divergence, in a second sweep over the vocabulary."""
    changed: int = 0
    """Number of ids with the largest change of probability, for each token."""


def check_texts(texts: Sequence[DriftText], vocabulary: int) -> None:
    """Raise MeasurementError for a text without context or tokens, or with an id without an embedding."""
    for text in texts:
        if not text.prompt_token_ids or not text.response_token_ids:
            raise MeasurementError(f"text {text.key!r} lacks prompt or response token ids; leave it out.")
        if (largest := max(text.ids)) >= vocabulary:
            raise MeasurementError(f"text {text.key!r} has token id {largest}, but a model has only {vocabulary} ids.")


def token_batches(lengths: Sequence[int], token_budget: int) -> list[list[int]]:
    """Indices grouped by similar length, longest first; rows x longest row stays within the budget (or is one row)."""
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batches: list[list[int]] = []
    for i in order:
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= token_budget:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def text_batches(texts: Sequence[DriftText], token_budget: int) -> list[list[int]]:
    """Indices of texts in batches: draws of one long prompt together, the others by length.

    A prompt is long if it has at least as many tokens as every response to it: reading it once saves half of the work
    or more. Batches depend on the texts alone, so both models read the same batches.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, text in enumerate(texts):
        groups.setdefault(text.prompt_token_ids, []).append(i)
    shared, others = [], []
    for prompt, members in groups.items():
        longest = max(len(texts[i].response_token_ids) for i in members)
        if len(members) > 1 and longest <= len(prompt) <= token_budget:
            lengths = [len(texts[i].response_token_ids) for i in members]
            shared += [[members[i] for i in batch] for batch in token_batches(lengths, token_budget)]
        else:
            others += members
    return shared + [[others[i] for i in b] for b in token_batches([len(texts[i].ids) for i in others], token_budget)]


def shares_prompt(batch: Sequence[DriftText]) -> bool:
    """Whether a batch consists of draws of one long prompt."""
    prompt = batch[0].prompt_token_ids
    if len(batch) < 2 or any(t.prompt_token_ids != prompt for t in batch):
        return False
    return len(prompt) >= max(len(t.response_token_ids) for t in batch)


def padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Ids and attention mask [B, L] of rows padded on the right with id 0."""
    longest = max(len(row) for row in rows)
    ids_BL = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
    mask_BL = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids_BL, mask_BL


def part_masks(text: DriftText) -> dict[str, Tensor]:
    """Boolean mask [T] of the response tokens in each part; the onset is the first 32 answer tokens."""
    masks = {ALL: torch.ones(len(text.response_token_ids), dtype=torch.bool)}
    for span in text.spans:
        masks.setdefault(span.part, torch.zeros_like(masks[ALL]))[span.start : span.end] = True
    if ANSWER in masks:
        masks[ONSET] = masks[ANSWER] & (masks[ANSWER].cumsum(0) <= ONSET_TOKENS)
    return masks
