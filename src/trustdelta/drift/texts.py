"""What drift is measured on: responses in their contexts, as token ids, and the batches in which models read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from trustdelta.drift.parts import ALL, ANSWER, ONSET, ONSET_TOKENS, Span
from trustdelta.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class DriftText:
    """One response in its context, as token ids; `spans` say which tokens are thought, format and answer.

    `part_bytes`: UTF-8 bytes of each part, where they are wanted.
    """

    key: str
    prompt_token_ids: tuple[int, ...]
    response_token_ids: tuple[int, ...]
    spans: tuple[Span, ...] = ()
    part_bytes: Mapping[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[int, ...]:
        """Context and response."""
        return self.prompt_token_ids + self.response_token_ids


@dataclass(frozen=True, slots=True)
class DriftOptions:
    """`token_budget`: padded positions per forward batch, longer texts are read in chunks of as many.

    `jsd`: also the Jensen-Shannon divergence, which costs a second sweep over the vocabulary. `changed`: how many of
    the ids whose probability changed most are kept for each token.
    """

    token_budget: int = 8192
    jsd: bool = False
    changed: int = 0


def check_texts(texts: Sequence[DriftText], vocabulary: int) -> None:
    """Raise MeasurementError for a text without context or tokens, or with an id that a model has no embedding for."""
    for text in texts:
        if not text.prompt_token_ids or not text.response_token_ids:
            raise MeasurementError(f"text {text.key!r} lacks prompt or response token ids; leave it out.")
        if (largest := max(text.ids)) >= vocabulary:
            raise MeasurementError(
                f"text {text.key!r} has token id {largest}, but a model knows {vocabulary} ids only."
            )


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

    A prompt is long where it is at least as long as every response to it: read once, it saves half of the work or more.
    Which texts are read together depends on the texts alone, so both models read the same batches.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, text in enumerate(texts):
        groups.setdefault(text.prompt_token_ids, []).append(i)
    found, others = [], []
    for prompt, members in groups.items():
        longest = max(len(texts[i].response_token_ids) for i in members)
        if len(members) > 1 and longest <= len(prompt) <= token_budget:
            lengths = [len(texts[i].response_token_ids) for i in members]
            found += [[members[i] for i in batch] for batch in token_batches(lengths, token_budget)]
        else:
            others += members
    return found + [[others[i] for i in b] for b in token_batches([len(texts[i].ids) for i in others], token_budget)]


def shares_prompt(batch: Sequence[DriftText]) -> bool:
    """Whether a batch is of draws of one long prompt."""
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
