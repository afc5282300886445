"""Localises drift: by position in thought and answer, by token, and the span of each answer with the largest KL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from trustdelta.drift.comparable import Comparability
from trustdelta.drift.kernel import TokenDrift
from trustdelta.drift.measure import part_sums, token_drifts
from trustdelta.drift.parts import ALL, ANSWER, POSITIONS, THOUGHT, position_name
from trustdelta.drift.sources import StateSource
from trustdelta.drift.sums import ChangeSums, ResponseDrift, TokenSums
from trustdelta.drift.texts import DriftOptions, DriftText, part_masks

SPAN_TOKENS = 8
"""Length of the spans among which the one with the largest KL is searched."""


@dataclass(frozen=True, slots=True)
class DriftedSpan:
    """Response tokens start..end-1 and their KL in nats, in the requested direction."""

    key: str
    start: int
    end: int
    nats: float


@dataclass(frozen=True, slots=True)
class Survey:
    """Sums of the drift of some texts, in their order."""

    rows: list[ResponseDrift] = field(default_factory=list)
    """By part."""
    positions: list[ResponseDrift] = field(default_factory=list)
    """By position within thought and answer."""
    tokens: dict[int, TokenSums] = field(default_factory=dict)
    """By id of the following token."""
    spans: list[DriftedSpan] = field(default_factory=list)
    """The span with the largest KL of each text."""
    changes: dict[int, ChangeSums] = field(default_factory=dict)
    """By id of a token with a large change of probability."""


def survey(
    sources: tuple[StateSource, StateSource],
    texts: Sequence[DriftText],
    comparability: Comparability,
    options: DriftOptions,
    direction: str,
) -> Survey:
    """Drift of every text under (candidate, baseline), with its localisation; raises like `measure_sources`.

    `direction`: the direction of the KL that selects the spans.
    """
    drifts = dict(token_drifts(*sources, texts, comparability, options))
    whole = Survey()
    for i, text in enumerate(texts):
        whole.rows.extend(part_sums(text, drifts[i]))
        whole.positions.extend(position_sums(text, drifts[i]))
        whole.spans.append(drifted_span(text, drifts[i], direction))
        for token, sums in token_sums(text, drifts[i]).items():
            whole.tokens.setdefault(token, TokenSums()).add(sums)
        for token, changes in change_sums(drifts[i]).items():
            whole.changes.setdefault(token, ChangeSums()).add(changes)
    return whole


def position_sums(text: DriftText, drift: TokenDrift) -> list[ResponseDrift]:
    """Sums by position, counted from the first token of thought and of answer (of the response if it is not split)."""
    masks = part_masks(text)
    edges = torch.tensor(POSITIONS)
    rows = []
    for part in [p for p in (THOUGHT, ANSWER) if p in masks] or [ALL]:
        mask_T = masks[part]
        bin_T = torch.bucketize(torch.arange(int(mask_T.sum())), edges, right=True) - 1
        counts = torch.bincount(bin_T).tolist()
        sums = [
            torch.bincount(bin_T, weights=column_T[mask_T]).tolist()
            for column_T in (drift.kl_candidate_to_baseline_T, drift.kl_baseline_to_candidate_T)
        ]
        for i, (tokens, forward, reverse) in enumerate(zip(counts, *sums, strict=True)):
            rows.append(ResponseDrift(text.key, position_name(part, i), tokens, forward, reverse))
    return rows


def token_sums(text: DriftText, drift: TokenDrift) -> dict[int, TokenSums]:
    """Sums by the token that follows, over all response tokens."""
    ids, at_T = torch.unique(torch.tensor(text.response_token_ids), return_inverse=True)
    counts = torch.bincount(at_T).tolist()
    forward = torch.bincount(at_T, weights=drift.kl_candidate_to_baseline_T).tolist()
    reverse = torch.bincount(at_T, weights=drift.kl_baseline_to_candidate_T).tolist()
    return {token: TokenSums(n, 1, f, r) for token, n, f, r in zip(ids.tolist(), counts, forward, reverse, strict=True)}


def change_sums(drift: TokenDrift) -> dict[int, ChangeSums]:
    """Sums by the tokens with the largest change of probability at a position."""
    ids, at_N = torch.unique(drift.changed_ids_TK.reshape(-1), return_inverse=True)
    change_N = drift.changed_by_TK.reshape(-1)
    counts = torch.bincount(at_N, minlength=len(ids)).tolist()
    gained = torch.bincount(at_N, weights=change_N.clamp(min=0.0), minlength=len(ids)).tolist()
    lost = torch.bincount(at_N, weights=-change_N.clamp(max=0.0), minlength=len(ids)).tolist()
    return {token: ChangeSums(n, 1, g, lo) for token, n, g, lo in zip(ids.tolist(), counts, gained, lost, strict=True)}


def drifted_span(text: DriftText, drift: TokenDrift, direction: str) -> DriftedSpan:
    """The adjacent tokens of the answer (of the response if it has none) with the largest KL."""
    masks = part_masks(text)
    inside_T = masks.get(ANSWER, masks[ALL]).double()
    nats_T: torch.Tensor = getattr(drift, f"{direction}_T") * inside_T
    width = min(SPAN_TOKENS, nats_T.numel())
    window_T = nats_T.unfold(0, width, 1).sum(-1)
    at = int(window_T.argmax())
    inside = [i for i in range(at, at + width) if inside_T[i]] or [at]
    return DriftedSpan(text.key, inside[0], inside[-1] + 1, float(window_T[at]))
