"""Drift of a candidate from its baseline on texts: both models teacher-forced on the same token ids.

The context of both models is the rendered prompt of the text's author. On the candidate's texts the primary direction
is KL(candidate || baseline), on the baseline's texts KL(baseline || candidate): there each is a Rao-Blackwellised
estimate of the sequence divergence (Amini, Vieira & Cotterell 2025). Both directions are computed on all texts.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from trustdelta.drift.comparable import Comparability, compare_tokenizers
from trustdelta.drift.forward import TeacherForced, state_reader
from trustdelta.drift.heads import Head
from trustdelta.drift.kernel import HeadPair, TokenDrift, token_drift
from trustdelta.drift.sources import LiveStates, StateSource
from trustdelta.drift.sums import ResponseDrift
from trustdelta.drift.texts import DriftOptions, DriftText, check_texts, part_masks, text_batches
from trustdelta.errors import MeasurementError


def measure(
    candidate: TeacherForced, baseline: TeacherForced, texts: Sequence[DriftText], options: DriftOptions | None = None
) -> list[ResponseDrift]:
    """Sums by part for every text, in the order of the texts, with both models in memory.

    Raises MeasurementError where the tokenizers differ in more than added tokens, and for a text without context or
    with an id outside a model's vocabulary.
    """
    options = options or DriftOptions()
    comparability = compare_tokenizers(candidate.tokenizer, baseline.tokenizer)
    readers = state_reader(candidate.model), state_reader(baseline.model)
    options = replace(
        options, token_budget=min([options.token_budget, *(r.max_tokens for r in readers if r.max_tokens)])
    )
    sources = [LiveStates(reader, options.token_budget) for reader in readers]
    return measure_sources(sources[0], sources[1], texts, comparability, options)


def measure_sources(
    candidate: StateSource,
    baseline: StateSource,
    texts: Sequence[DriftText],
    comparability: Comparability,
    options: DriftOptions,
) -> list[ResponseDrift]:
    """Sums by part for every text, from loaded models or from states that an earlier pass stored."""
    drifts = dict(token_drifts(candidate, baseline, texts, comparability, options))
    return [row for i, text in enumerate(texts) for row in part_sums(text, drifts[i])]


def token_drifts(
    candidate: StateSource,
    baseline: StateSource,
    texts: Sequence[DriftText],
    comparability: Comparability,
    options: DriftOptions,
) -> Iterator[tuple[int, TokenDrift]]:
    """Index of each text and its drift per response token, batch by batch; raises like `measure`."""
    pair = head_pair(candidate.head, baseline.head, comparability)
    check_texts(texts, min(candidate.vocabulary, baseline.vocabulary))
    # both models read the same batches, so that a model does not differ from itself
    for index, batch in enumerate(text_batches(texts, options.token_budget)):
        members = [texts[i] for i in batch]
        candidate_TD, baseline_TD = candidate.states(index, members), baseline.states(index, members)
        # stored states and heads are in main memory: they move to the loaded model's device
        device = baseline_TD.device if candidate_TD.device.type == "cpu" else candidate_TD.device
        pair, candidate_TD, baseline_TD = pair.on(device), candidate_TD.to(device), baseline_TD.to(device)
        ids_T = torch.tensor([i for t in members for i in t.response_token_ids], device=device)
        drift = token_drift(pair, candidate_TD, baseline_TD, ids_T, jsd=options.jsd, changed=options.changed)
        yield from zip(batch, by_text(drift, [len(t.response_token_ids) for t in members]), strict=True)


def noise_floor(
    model: TeacherForced,
    texts: Sequence[DriftText],
    options: DriftOptions | None = None,
    other: TeacherForced | None = None,
) -> list[ResponseDrift]:
    """Drift of a model from itself, read one text at a time: the effect of batching and rounding.

    `other`: the same model, for example in another dtype; by default `model`. The "candidate" reads in batches.
    """
    options = options or DriftOptions()
    other = other or model
    comparability = compare_tokenizers(model.tokenizer, other.tokenizer)
    batched = LiveStates(state_reader(model.model), options.token_budget)
    alone = LiveStates(state_reader(other.model), options.token_budget, alone=True)
    return measure_sources(batched, alone, texts, comparability, options)


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of a model, and the model's tokenizer."""

    model: Any
    tokenizer: Any


def in_float32(model: TeacherForced, room: float) -> TeacherForced | None:
    """The model with float32 weights; None if it has them already, or if a copy takes more than `room` bytes."""
    needed = 4 * sum(int(p.numel()) for p in model.model.parameters())
    if model.model.dtype == torch.float32 or needed > room:
        return None
    return Copied(copy.deepcopy(model.model).float(), model.tokenizer)


def head_pair(candidate: Head, baseline: Head, comparability: Comparability) -> HeadPair:
    """The two heads over the comparable ids; raises MeasurementError where there are none."""
    if not comparability.exact:
        raise MeasurementError(f"exact drift is not defined: {comparability.reason or comparability.level}.")
    smaller = min(candidate.size, baseline.size)
    shared = min(comparability.shared or smaller, smaller)
    return HeadPair(candidate, baseline, shared, frozenset(i for i in comparability.excluded if i < shared))


def by_text(drift: TokenDrift, lengths: Sequence[int]) -> list[TokenDrift]:
    """One TokenDrift per text from one over all their tokens."""
    columns = [torch.split(column_T.cpu(), list(lengths)) for column_T in drift]
    return [TokenDrift(*values) for values in zip(*columns, strict=True)]


def part_sums(text: DriftText, drift: TokenDrift) -> list[ResponseDrift]:
    """Sums over thought, format, answer, onset (first 32 answer tokens) and all tokens, for parts with tokens."""
    masks = part_masks(text)
    return [_sums(text, part, drift, mask_T) for part, mask_T in masks.items() if bool(mask_T.any())]


def _sums(text: DriftText, part: str, drift: TokenDrift, mask_T: Tensor) -> ResponseDrift:
    def total(column_T: Tensor) -> float:
        return float(column_T[mask_T].sum())

    return ResponseDrift(
        text.key,
        part,
        tokens=int(mask_T.sum()),
        text_bytes=text.part_bytes.get(part, 0),
        kl_candidate_to_baseline_nats=total(drift.kl_candidate_to_baseline_T),
        kl_baseline_to_candidate_nats=total(drift.kl_baseline_to_candidate_T),
        logp_candidate_nats=total(drift.logp_candidate_T),
        logp_baseline_nats=total(drift.logp_baseline_T),
        entropy_candidate_nats=total(drift.entropy_candidate_T),
        entropy_baseline_nats=total(drift.entropy_baseline_T),
        dropped_candidate=total(drift.dropped_candidate_T),
        dropped_baseline=total(drift.dropped_baseline_T),
        jsd_nats=None if bool(drift.jsd_T.isnan().any()) else total(drift.jsd_T),
    )
