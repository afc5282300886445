"""Exact Kullback-Leibler divergence per token over the full vocabulary, without an array [T, V].

One sweep over token x vocabulary blocks updates for every token the online log-sum-exp of both models and, with
y_v = (candidate logit - baseline logit) - c for a centre c = lse_candidate - lse_baseline so far,

    A = sum exp(l_candidate) y        B = sum exp(l_candidate) expm1(-y)        (and A' under the baseline),

all rescaled as maxima and centre change. With r = -log1p(B / Z_candidate), the residual log-ratio of normalisers,
KL(candidate || baseline) = A / Z_candidate - r and KL(baseline || candidate) = -A' / Z_baseline + r. Rounding errors of
logits and exponentials are multiplied by y, so the error decreases with the divergence; the textbook difference of two
log-sum-exps has an absolute error of one float32 rounding. Sums over a block are float32, over blocks float64.

Suffixes: T tokens, V ids, D hidden units. Unit: nats.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch
from torch import Tensor

from trustdelta.drift.heads import LOGIT_FLOOR, Head
from trustdelta.drift.online_softmax import Mass, PairSums, add_mass, no_mass, no_pair, pair_adder
from trustdelta.drift.top_changes import Changes
from trustdelta.errors import MeasurementError

BLOCKS = {"cpu": (256, 1024), "cuda": (1024, 8192)}
"""Tokens and ids of a block by device: a block fits the CPU cache, or occupies a GPU with 32 MiB."""


class TokenDrift(NamedTuple):
    """One float64 value per token, in nats, over the shared ids with renormalised probabilities."""

    kl_candidate_to_baseline_T: Tensor
    kl_baseline_to_candidate_T: Tensor
    entropy_candidate_T: Tensor
    entropy_baseline_T: Tensor
    logp_candidate_T: Tensor
    """Log-probability of the token's id; nan without an id or for an id that is not shared."""
    logp_baseline_T: Tensor
    """Log-probability of the token's id; nan without an id or for an id that is not shared."""
    dropped_candidate_T: Tensor
    """Probability of ids that are not shared."""
    dropped_baseline_T: Tensor
    """Probability of ids that are not shared."""
    jsd_T: Tensor
    """Jensen-Shannon divergence; nan if not requested."""
    changed_ids_TK: Tensor
    """Ids with the largest change of probability (`top_changes.py`); K is 0 if not requested."""
    changed_by_TK: Tensor
    """Candidate less baseline probability of these ids."""


@dataclass(frozen=True)
class HeadPair:
    """Two heads, the ids that are compared, and the block sizes; raises MeasurementError without ids to compare."""

    candidate: Head
    baseline: Head
    shared: int = 0
    """Ids 0..shared-1 are compared; 0: as many as the smaller head has."""
    excluded: frozenset[int] = frozenset()
    """Ids that are not compared."""
    token_block: int = 0
    """Tokens per block; 0: by device."""
    vocab_block: int = 0
    """Ids per block; 0: by device."""
    identical: bool = field(init=False)
    """Whether equal hidden states give equal logits."""

    def __post_init__(self) -> None:
        smaller = min(self.candidate.size, self.baseline.size)
        shared = self.shared or smaller
        if shared > smaller or shared <= len(self.excluded):
            raise MeasurementError(
                f"cannot compare {shared} ids less {len(self.excluded)} of heads with {self.candidate.size} and "
                f"{self.baseline.size}; check both tokenizers."
            )
        object.__setattr__(self, "shared", shared)
        object.__setattr__(self, "identical", self.candidate.equals(self.baseline))

    def on(self, device: torch.device) -> HeadPair:
        """The same pair on a device; itself if both heads are already there."""
        candidate, baseline = self.candidate.on(device), self.baseline.on(device)
        if candidate is self.candidate and baseline is self.baseline:
            return self
        return replace(self, candidate=candidate, baseline=baseline)

    def block_sizes(self, device: torch.device) -> tuple[int, int]:
        """Tokens and ids of a block on a device."""
        tokens, ids = BLOCKS.get(device.type, BLOCKS["cpu"])
        return self.token_block or tokens, self.vocab_block or ids

    def blocks(self, start: int, stop: int, device: torch.device) -> list[tuple[int, int]]:
        """Ranges of ids, each at most one block."""
        _, size = self.block_sizes(device)
        return [(i, min(i + size, stop)) for i in range(start, stop, size)]

    def excluded_in(self, start: int, stop: int) -> list[int]:
        """Positions within start..stop-1 of the ids that are not compared."""
        return sorted(i - start for i in self.excluded if start <= i < stop)


@dataclass(frozen=True, slots=True)
class Extras:
    """Optional results beside the divergences."""

    jsd: bool = False
    """Whether to compute the Jensen-Shannon divergence, in a second sweep."""
    changed: int = 0
    """Number of ids with the largest change of probability."""


@torch.inference_mode()
def token_drift(
    pair: HeadPair,
    candidate_TD: Tensor,
    baseline_TD: Tensor,
    ids_T: Tensor | None = None,
    *,
    jsd: bool = False,
    changed: int = 0,
) -> TokenDrift:
    """Divergences at every token, from the two models' final hidden states.

    `ids_T`: the ids whose log-probabilities are computed. Equal hidden states under equal heads give exactly 0. `jsd`
    costs a second sweep, since it needs both normalisers. `changed`: number of ids with the largest change of
    probability (at most as many as are compared). Raises MeasurementError for different numbers of tokens.
    """
    tokens = candidate_TD.shape[0]
    if not tokens or baseline_TD.shape[0] != tokens or (ids_T is not None and ids_T.shape[0] != tokens):
        raise MeasurementError(
            f"{tokens} candidate tokens, {baseline_TD.shape[0]} baseline tokens; give both the same, at least one."
        )
    size, _ = pair.block_sizes(candidate_TD.device)
    # allocated before the loop: small results between large blocks would fragment the heap
    extras = Extras(jsd, min(changed, pair.shared - len(pair.excluded)))
    columns = candidate_TD.new_empty((len(TokenDrift._fields) - 2, tokens), dtype=torch.float64)
    by_TK = candidate_TD.new_empty((tokens, extras.changed), dtype=torch.float64)
    whole = TokenDrift(*[*columns, torch.zeros_like(by_TK, dtype=torch.long), by_TK])
    for i in range(0, tokens, size):
        chunk = slice(i, i + size)
        ids = None if ids_T is None else ids_T[chunk]
        block = _block_drift(pair, candidate_TD[chunk], baseline_TD[chunk], ids, extras)
        for column_T, value_T in zip(whole, block, strict=True):
            column_T[chunk] = value_T
    return whole


@torch.inference_mode()
def token_logp(head: Head, hidden_TD: Tensor, ids_T: Tensor) -> Tensor:
    """Log-probability [T] of one id for each token under one model, float64 nats; blockwise like `token_drift`."""
    token_block, vocab_block = BLOCKS.get(hidden_TD.device.type, BLOCKS["cpu"])
    logps = []
    for rows_TD, rows_T in zip(torch.split(hidden_TD, token_block), torch.split(ids_T, token_block), strict=True):
        mass = no_mass(rows_TD.shape[0], rows_TD.device)
        for start in range(0, head.size, vocab_block):
            mass = add_mass(mass, head.logits(rows_TD, start, min(start + vocab_block, head.size)))
        logps.append((head.logits_at(rows_TD, rows_T).double() - mass.lse_T).clamp(max=0.0))
    return torch.cat(logps)


def _block_drift(
    pair: HeadPair, candidate_TD: Tensor, baseline_TD: Tensor, ids_T: Tensor | None, extras: Extras
) -> TokenDrift:
    tokens, device = candidate_TD.shape[0], candidate_TD.device
    sums, changes, add_pair = no_pair(tokens, device), Changes(tokens, extras.changed, device), pair_adder(device)
    dropped_p, dropped_q = no_mass(tokens, device), no_mass(tokens, device)
    for start, stop in pair.blocks(0, pair.shared, candidate_TD.device):
        p_TV = pair.candidate.logits(candidate_TD, start, stop)
        q_TV = pair.baseline.logits(baseline_TD, start, stop)
        if out := pair.excluded_in(start, stop):
            dropped_p, dropped_q = add_mass(dropped_p, p_TV[:, out]), add_mass(dropped_q, q_TV[:, out])
            p_TV[:, out] = LOGIT_FLOOR
            q_TV[:, out] = LOGIT_FLOOR
        changes.add(p_TV, q_TV, start)
        sums = add_pair(sums, p_TV, q_TV)
    dropped_p = _add_unshared(pair, pair.candidate, candidate_TD, dropped_p)
    dropped_q = _add_unshared(pair, pair.baseline, baseline_TD, dropped_q)
    forward_T, reverse_T = sums.divergences()
    jsd_T = (
        _jensen_shannon(pair, candidate_TD, baseline_TD, sums) if extras.jsd else torch.full_like(forward_T, torch.nan)
    )
    if pair.identical:
        same_T = (candidate_TD == baseline_TD).all(-1)
        forward_T, reverse_T = forward_T.masked_fill(same_T, 0.0), reverse_T.masked_fill(same_T, 0.0)
        jsd_T = jsd_T.masked_fill(same_T & ~jsd_T.isnan(), 0.0)
    return TokenDrift(
        forward_T,
        reverse_T,
        sums.candidate.entropy_T,
        sums.baseline.entropy_T,
        _logp(pair, pair.candidate, candidate_TD, ids_T, sums.candidate),
        _logp(pair, pair.baseline, baseline_TD, ids_T, sums.baseline),
        torch.sigmoid(dropped_p.lse_T - sums.candidate.lse_T),
        torch.sigmoid(dropped_q.lse_T - sums.baseline.lse_T),
        jsd_T,
        *changes.most(sums.candidate.lse_T, sums.baseline.lse_T),
    )


def _add_unshared(pair: HeadPair, head: Head, hidden_TD: Tensor, mass: Mass) -> Mass:
    for start, stop in pair.blocks(pair.shared, head.size, hidden_TD.device):
        mass = add_mass(mass, head.logits(hidden_TD, start, stop))
    return mass


def _logp(pair: HeadPair, head: Head, hidden_TD: Tensor, ids_T: Tensor | None, mass: Mass) -> Tensor:
    if ids_T is None:
        return torch.full_like(mass.z_T, torch.nan)
    outside_T = ids_T >= pair.shared
    if pair.excluded:
        outside_T = outside_T | torch.isin(ids_T, torch.tensor(sorted(pair.excluded), device=ids_T.device))
    logit_T = head.logits_at(hidden_TD, ids_T.masked_fill(outside_T, 0)).double()
    return (logit_T - mass.lse_T).clamp(max=0.0).masked_fill(outside_T, torch.nan)


def _jensen_shannon(pair: HeadPair, candidate_TD: Tensor, baseline_TD: Tensor, sums: PairSums) -> Tensor:
    """Second sweep: sum of m ((1+u) log(1+u) + (1-u) log(1-u)) / 2 with m = (p+q)/2 and u = (p-q)/(p+q)."""
    jsd_T = torch.zeros_like(sums.centre_T)
    p_lse_T, q_lse_T = sums.candidate.lse_T.float(), sums.baseline.lse_T.float()
    for start, stop in pair.blocks(0, pair.shared, candidate_TD.device):
        p_TV = pair.candidate.logits(candidate_TD, start, stop).sub_(p_lse_T[:, None])
        q_TV = pair.baseline.logits(baseline_TD, start, stop).sub_(q_lse_T[:, None])
        u_TV = torch.sub(p_TV, q_TV).mul_(0.5).tanh_()
        mean_TV = p_TV.exp_().add_(q_TV.exp_()).mul_(0.5)
        if out := pair.excluded_in(start, stop):
            mean_TV[:, out] = 0.0
        jsd_T += mean_TV.mul_(_binary_divergence(u_TV)).sum(-1).double()
    return jsd_T


def _binary_divergence(u_TV: Tensor) -> Tensor:
    """((1+u) log(1+u) + (1-u) log(1-u)) / 2, from its series where the two terms cancel."""
    square_TV = u_TV * u_TV
    series_TV = square_TV * (1 / 2 + square_TV * (1 / 12 + square_TV * (1 / 30 + square_TV * (1 / 56))))
    plain_TV = torch.xlogy(1 + u_TV, 1 + u_TV).add_(torch.xlogy(1 - u_TV, 1 - u_TV)).mul_(0.5)
    return torch.where(square_TV < 0.09, series_TV, plain_TV)
