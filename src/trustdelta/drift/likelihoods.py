"""Drift from log-probabilities of texts: for models behind servers, and for models with different tokenizers.

The author of a text is the model that wrote it ("own"); its tokens are sampled from its distribution, so that the mean
of their log-ratio is the divergence. Units: nats.
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
from trustdelta.drift.stored import StatesFolder, claim_folder, kept_logps
from trustdelta.drift.sums import PRIMARY, Method, ResponseDrift
from trustdelta.drift.texts import DriftText, check_texts, part_masks, text_batches
from trustdelta.records import Arm

ROUNDING = 1e-6
"""What servers' float32 log-probabilities may leave out of a probability that is 1 less a sum."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """One response as one model reads it, in its own tokens.

    `pieces` are the tokens' texts. `listed`: log-probabilities of the likeliest tokens by name at each position, empty
    where none were given; `full` says that they are the whole vocabulary.
    """

    pieces: tuple[str, ...]
    logp: tuple[float, ...]
    spans: tuple[Span, ...] = ()
    part_bytes: Mapping[str, int] = field(default_factory=dict)
    listed: tuple[Mapping[str, float], ...] = ()
    full: bool = False

    def masks(self) -> dict[str, Tensor]:
        """Boolean mask [T] of the tokens in each part."""
        return part_masks(DriftText("", (), (0,) * len(self.pieces), self.spans))


def read_locally(
    reader: StateReader, texts: Sequence[DriftText], token_budget: int, place: StatesFolder, name: str = "logp"
) -> list[list[float]]:
    """Log-probabilities of each text's response tokens under a loaded model; raises like `check_texts`.

    They are kept in `place` batch by batch under a name, and what lies there whole is not computed again.
    """
    check_texts(texts, reader.vocabulary)
    budget = min(token_budget, reader.max_tokens or token_budget)
    claim_folder(place, budget)
    live = LiveStates(reader, budget)
    found: list[list[float]] = [[] for _ in texts]
    for index, batch in enumerate(text_batches(texts, budget)):
        members = [texts[i] for i in batch]
        logp_T = kept_logps(place, name, index, members, partial(_logp, live, index, members))
        for i, part_T in zip(batch, torch.split(logp_T, [len(t.response_token_ids) for t in members]), strict=True):
            found[i] = part_T.tolist()
    return found


def _logp(live: LiveStates, index: int, texts: Sequence[DriftText]) -> Tensor:
    states_TD = live.states(index, texts)
    ids_T = torch.tensor([i for t in texts for i in t.response_token_ids], device=states_TD.device)
    return token_logp(live.head, states_TD, ids_T)


def estimates(key: str, text_of: Arm, read: Mapping[Arm, ReadText]) -> list[ResponseDrift]:
    """Every estimate that one response allows, by part.

    Where both models read the same tokens: the sampled-token estimates k1 and k3 in the direction of the author, and
    in both directions the divergence over the tokens that both lists name, the rest in one bucket (a lower bound), or
    over the whole vocabulary where it was listed. Else the log-ratio of the part's text alone.
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
    """Log-ratio of each part's text under both models, each in its own tokens; tokens are counted as the author's."""
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
    """At each position the divergence over the tokens that both lists name; the rest in one bucket unless `full`."""
    found = []
    for p, q in zip(own, other, strict=True):
        names = sorted(p.keys() & q.keys())
        own_K, other_K = _tensor([p[n] for n in names]), _tensor([q[n] for n in names])
        if full:
            found.append((own_K.exp() * (own_K - other_K)).sum().clamp(min=0.0))
        else:
            found.append(top_k_lower_bound(own_K, other_K, rounding=ROUNDING))
    return torch.stack(found)


def _tensor(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
