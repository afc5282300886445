"""Drift from log-probabilities of texts: for served models, and for models with different tokenizers.

The author of a text ("own") is the model that generated it; its tokens are samples from its distribution, so that the
mean of their log-ratio is the divergence. Units: nats.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from trustdelta.drift.estimators import k3, top_k_lower_bound
from trustdelta.drift.forward import StateReader
from trustdelta.drift.kernel import token_logp
from trustdelta.drift.parts import Span
from trustdelta.drift.sources import LiveStates
from trustdelta.drift.stored import StatesFolder, claim_folder, stored_logps
from trustdelta.drift.sums import PRIMARY, Method, ResponseDrift
from trustdelta.drift.texts import DriftText, check_texts, part_masks, text_batches
from trustdelta.records import Arm

ROUNDING = 1e-6
"""Rounding error of 1 less a sum of a server's float32 probabilities."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """One response in one model's tokens, with their log-probabilities."""

    pieces: tuple[str, ...]
    """Texts of the tokens."""
    logp: tuple[float, ...]
    spans: tuple[Span, ...] = ()
    part_bytes: Mapping[str, int] = field(default_factory=dict)
    """UTF-8 bytes of each part."""
    listed: tuple[Mapping[str, float], ...] = ()
    """Log-probabilities of the likeliest tokens by name at each position; empty if the server has none."""
    full: bool = False
    """Whether `listed` is the whole vocabulary."""

    def masks(self) -> dict[str, Tensor]:
        """Boolean mask [T] of the tokens in each part."""
        return part_masks(DriftText("", (), (0,) * len(self.pieces), self.spans))


def read_locally(
    reader: StateReader, texts: Sequence[DriftText], token_budget: int, place: StatesFolder, name: str = "logp"
) -> list[list[float]]:
    """Log-probabilities of each text's response tokens under a loaded model; raises like `check_texts`.

    They are stored in `place` batch by batch under a name; complete batches are not computed again.
    """
    check_texts(texts, reader.vocabulary)
    budget = min(token_budget, reader.max_tokens or token_budget)
    claim_folder(place, budget)
    live = LiveStates(reader, budget)
    logps: list[list[float]] = [[] for _ in texts]
    for index, batch in enumerate(text_batches(texts, budget)):
        members = [texts[i] for i in batch]
        logp_T = stored_logps(place, name, index, members, partial(_logp, live, index, members))
        for i, part_T in zip(batch, torch.split(logp_T, [len(t.response_token_ids) for t in members]), strict=True):
            logps[i] = part_T.tolist()
    return logps


def _logp(live: LiveStates, index: int, texts: Sequence[DriftText]) -> Tensor:
    states_TD = live.states(index, texts)
    ids_T = torch.tensor([i for t in texts for i in t.response_token_ids], device=states_TD.device)
    return token_logp(live.head, states_TD, ids_T)


def estimates(key: str, text_of: Arm, read: Mapping[Arm, ReadText]) -> list[ResponseDrift]:
    """All estimates from one response, by part.

    With the same tokens for both models: the sampled-token estimates k1 and k3 in the direction of the author, and in
    both directions the divergence over the tokens in both lists with the rest in one bucket (a lower bound), or over
    the whole vocabulary if it is listed. With different tokens: the log-ratio of the part's text.
    """
    own, other = read[text_of], read[Arm.BASELINE if text_of is Arm.CANDIDATE else Arm.CANDIDATE]
    own_T, other_T = _tensor(own.logp), _tensor(other.logp)
    if own.pieces != other.pieces:
        return _log_ratios(key, text_of, own, other)
    values: dict[Method, dict[str, Tensor]] = {
        Method.K1: {PRIMARY[text_of]: own_T - other_T},
        Method.K3: {PRIMARY[text_of]: k3(own_T, other_T)},
    }
    if own.listed and other.listed:
        full = own.full and other.full
        values[Method.SERVED if full else Method.TOP_K] = {
            PRIMARY[arm]: _listed(read[arm].listed, read[another].listed, full=full)
            for arm, another in ((Arm.CANDIDATE, Arm.BASELINE), (Arm.BASELINE, Arm.CANDIDATE))
        }
    return [
        _row(key, own, method, (part, mask_T), {d: float(value_T[mask_T].sum()) for d, value_T in by.items()})
        for method, by in values.items()
        for part, mask_T in own.masks().items()
    ]


def _log_ratios(key: str, text_of: Arm, own: ReadText, other: ReadText) -> list[ResponseDrift]:
    """Log-ratio of each part's text under both models, each in its own tokens; counts are of the author's tokens."""
    own_T, other_T, others = _tensor(own.logp), _tensor(other.logp), other.masks()
    return [
        _row(
            key,
            own,
            Method.BITS_PER_BYTE,
            (part, mask_T),
            {PRIMARY[text_of]: float(own_T[mask_T].sum() - other_T[others[part]].sum())},
        )
        for part, mask_T in own.masks().items()
        if part in others
    ]


def _row(key: str, own: ReadText, method: Method, part: tuple[str, Tensor], nats: Mapping[str, float]) -> ResponseDrift:
    name, mask_T = part
    return ResponseDrift(
        key,
        name,
        int(mask_T.sum()),
        nats.get("kl_candidate_to_baseline", math.nan),
        nats.get("kl_baseline_to_candidate", math.nan),
        method,
        own.part_bytes.get(name, 0),
    )


def _listed(own: Sequence[Mapping[str, float]], other: Sequence[Mapping[str, float]], *, full: bool) -> Tensor:
    """At each position the divergence over the tokens in both lists; the rest in one bucket unless `full`."""
    divergences = []
    for p, q in zip(own, other, strict=True):
        names = sorted(p.keys() & q.keys())
        own_K, other_K = _tensor([p[n] for n in names]), _tensor([q[n] for n in names])
        if full:
            divergences.append((own_K.exp() * (own_K - other_K)).sum().clamp(min=0.0))
        else:
            divergences.append(top_k_lower_bound(own_K, other_K, rounding=ROUNDING))
    return torch.stack(divergences)


def _tensor(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
