"""Exact Kullback-Leibler divergence per token over the full vocabulary, without ever holding [T, V].

One sweep over token x vocabulary blocks keeps for every token the online log-sum-exp of both models and, with
y_v = (candidate logit - baseline logit) - c for a centre c = lse_candidate - lse_baseline so far,

    A = sum exp(l_candidate) y        B = sum exp(l_candidate) expm1(-y)        (and A' under the baseline),

all rescaled as maxima and centre move. With r = -log1p(B / Z_candidate), the log-ratio of normalisers left over,
KL(candidate || baseline) = A / Z_candidate - r and KL(baseline || candidate) = -A' / Z_baseline + r. Rounding in
logits and exponentials enters only multiplied by y, so the error shrinks with the divergence; the textbook difference
of two log-sum-exps keeps an absolute error of one float32 rounding. Sums over a block are float32, over blocks float64.

Suffixes: T tokens, V ids, D hidden units. Unit: nats.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from trustdelta.drift.changed import Changes
from trustdelta.drift.heads import LOGIT_FLOOR, Head
from trustdelta.errors import MeasurementError

_NOTHING_YET = -1e30
BLOCKS = {"cpu": (256, 1024), "cuda": (1024, 8192)}
"""Tokens and ids of a block by device: what stays in a processor's cache; what keeps a GPU busy in 32 MiB."""
_AGREE = 2e-6
"""Fine and coarse log-ratio of normalisers agree within float32 rounding unless an exponential left its range."""


class TokenDrift(NamedTuple):
    """One float64 value per token, in nats; all over the shared ids, renormalised.

    `dropped_*` is the probability that a model gives to ids outside the shared ones. `logp_*` is the log-probability
    of the given id, nan where none was given or the id is not shared. `jsd_T` is nan where not asked for. `changed_*`
    are the ids whose probability changed most and candidate less baseline probability (see `changed.py`); K is 0 where
    not asked for.
    """

    kl_candidate_to_baseline_T: Tensor
    kl_baseline_to_candidate_T: Tensor
    entropy_candidate_T: Tensor
    entropy_baseline_T: Tensor
    logp_candidate_T: Tensor
    logp_baseline_T: Tensor
    dropped_candidate_T: Tensor
    dropped_baseline_T: Tensor
    jsd_T: Tensor
    changed_ids_TK: Tensor
    changed_by_TK: Tensor


@dataclass(frozen=True)
class HeadPair:
    """Two heads, the ids that are compared, and the block sizes.

    Compared are ids 0..shared-1 (by default as many as the smaller head has) but for those in `excluded`. Blocks of 0
    are chosen by device. Raises MeasurementError where nothing is left to compare.
    """

    candidate: Head
    baseline: Head
    shared: int = 0
    excluded: frozenset[int] = frozenset()
    token_block: int = 0
    vocab_block: int = 0
    identical: bool = field(init=False)

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

    def block_sizes(self, device: torch.device) -> tuple[int, int]:
        """Tokens and ids of a block on a device."""
        tokens, ids = BLOCKS.get(device.type, BLOCKS["cpu"])
        return self.token_block or tokens, self.vocab_block or ids

    def blocks(self, start: int, stop: int, device: torch.device) -> list[tuple[int, int]]:
        """Ranges of ids of at most a block."""
        _, size = self.block_sizes(device)
        return [(i, min(i + size, stop)) for i in range(start, stop, size)]

    def excluded_in(self, start: int, stop: int) -> list[int]:
        """Positions within start..stop-1 of the ids that are not compared."""
        return sorted(i - start for i in self.excluded if start <= i < stop)


@dataclass(frozen=True, slots=True)
class Extras:
    """What is wanted beside divergences. `jsd` costs a second sweep; `changed`: how many of the most changed ids."""

    jsd: bool = False
    changed: int = 0


class _Mass:
    """Online sums of one model: Z = sum exp(l - top), and M = sum exp(l - top) (l - top) for the entropy."""

    def __init__(self, tokens: int, device: torch.device) -> None:
        self.top_T = torch.full((tokens,), _NOTHING_YET, device=device)
        self.z_T = torch.zeros(tokens, dtype=torch.float64, device=device)
        self.moment_T = torch.zeros_like(self.z_T)

    def add(self, logits_TV: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Add a block: its exponentials [T, V], their sums, the factor for older sums. Logits become l - top."""
        top_T = torch.maximum(self.top_T, logits_TV.amax(-1))
        moved_T = (self.top_T - top_T).double()
        factor_T = moved_T.exp()
        exp_TV = torch.exp(logits_TV.sub_(top_T[:, None]))
        sum_T = exp_TV.sum(-1).double()
        older_T = self.z_T * factor_T
        self.moment_T = self.moment_T * factor_T + moved_T * older_T
        self.z_T = older_T + sum_T
        self.top_T = top_T
        return exp_TV, sum_T, factor_T

    @property
    def lse_T(self) -> Tensor:
        return self.top_T.double() + self.z_T.log()

    @property
    def entropy_T(self) -> Tensor:
        return (self.z_T.log() - self.moment_T / self.z_T).clamp(min=0.0)


class _Pair:
    """Online sums of both models; see the head of this file."""

    def __init__(self, tokens: int, device: torch.device) -> None:
        self.candidate = _Mass(tokens, device)
        self.baseline = _Mass(tokens, device)
        zero_T = torch.zeros(tokens, dtype=torch.float64, device=device)
        self.centre_T, self.a_candidate_T, self.a_baseline_T, self.b_T = zero_T, zero_T, zero_T, zero_T

    def add(self, candidate_TV: Tensor, baseline_TV: Tensor) -> None:
        """Add one block of logits of both; overwrites them."""
        p_TV, p_sum_T, p_factor_T = self.candidate.add(candidate_TV)
        q_TV, q_sum_T, q_factor_T = self.baseline.add(baseline_TV)
        self._recentre(p_sum_T, q_sum_T, p_factor_T, q_factor_T)
        offset_T = self.centre_T - (self.candidate.top_T.double() - self.baseline.top_T.double())
        product_TV = torch.mul(p_TV, candidate_TV)
        self.candidate.moment_T += product_TV.sum(-1).double()
        torch.mul(q_TV, baseline_TV, out=product_TV)
        self.baseline.moment_T += product_TV.sum(-1).double()
        minus_y_TV = baseline_TV.sub_(candidate_TV).add_(offset_T.to(candidate_TV.dtype)[:, None])
        self.a_baseline_T = self.a_baseline_T - q_TV.mul_(minus_y_TV).sum(-1).double()
        self.a_candidate_T = self.a_candidate_T - torch.mul(p_TV, minus_y_TV, out=product_TV).sum(-1).double()
        self.b_T = self.b_T + p_TV.mul_(minus_y_TV.expm1_()).sum(-1).double()

    def _recentre(self, p_sum_T: Tensor, q_sum_T: Tensor, p_factor_T: Tensor, q_factor_T: Tensor) -> None:
        """Move older sums to the new maxima and the new centre."""
        older_p_T, older_q_T = self.candidate.z_T - p_sum_T, self.baseline.z_T - q_sum_T
        # the offset is applied in float32: the centre is what float32 makes of it, so that sums stay consistent
        tops_T = self.candidate.top_T.double() - self.baseline.top_T.double()
        centre_T = (self.candidate.lse_T - self.baseline.lse_T - tops_T).float().double() + tops_T
        move_T = centre_T - self.centre_T
        grow_T = torch.expm1(move_T)
        self.a_candidate_T = self.a_candidate_T * p_factor_T - move_T * older_p_T
        self.a_baseline_T = self.a_baseline_T * q_factor_T - move_T * older_q_T
        b_T = self.b_T * p_factor_T
        self.b_T = b_T + grow_T * (older_p_T + b_T)
        self.centre_T = centre_T

    def divergences(self) -> tuple[Tensor, Tensor]:
        """KL(candidate || baseline) and KL(baseline || candidate) [T]."""
        coarse_T = self.candidate.lse_T - self.baseline.lse_T - self.centre_T
        fine_T = -torch.log1p(self.b_T / self.candidate.z_T)
        # nan compares false, so whatever overflowed falls back to the difference of log-sum-exps
        rest_T = torch.where((fine_T - coarse_T).abs() <= _AGREE, fine_T, coarse_T)
        forward_T = self.a_candidate_T / self.candidate.z_T - rest_T
        reverse_T = rest_T - self.a_baseline_T / self.baseline.z_T
        return forward_T.clamp(min=0.0), reverse_T.clamp(min=0.0)


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

    `ids_T` are the ids whose log-probabilities are wanted. Equal hidden states under equal heads give exactly 0.
    `jsd` costs a second sweep: it needs the normalisers of both first. `changed`: how many of the most changed ids are
    kept (at most as many as are compared). Raises MeasurementError where the two differ in tokens.
    """
    tokens = candidate_TD.shape[0]
    if not tokens or baseline_TD.shape[0] != tokens or (ids_T is not None and ids_T.shape[0] != tokens):
        raise MeasurementError(
            f"{tokens} candidate tokens, {baseline_TD.shape[0]} baseline tokens; give both the same, at least one."
        )
    size, _ = pair.block_sizes(candidate_TD.device)
    # made before the loop: small results kept between large blocks would let the heap grow with the number of tokens
    extras = Extras(jsd, min(changed, pair.shared - len(pair.excluded)))
    columns = candidate_TD.new_empty((len(TokenDrift._fields) - 2, tokens), dtype=torch.float64)
    by_TK = candidate_TD.new_empty((tokens, extras.changed), dtype=torch.float64)
    whole = TokenDrift(*[*columns, torch.zeros_like(by_TK, dtype=torch.long), by_TK])
    for i in range(0, tokens, size):
        chunk = slice(i, i + size)
        ids = None if ids_T is None else ids_T[chunk]
        block = _block_drift(pair, candidate_TD[chunk], baseline_TD[chunk], ids, extras)
        for column_T, found_T in zip(whole, block, strict=True):
            column_T[chunk] = found_T
    return whole


@torch.inference_mode()
def token_logp(head: Head, hidden_TD: Tensor, ids_T: Tensor) -> Tensor:
    """Log-probability [T] of one id for each token under one model alone, float64 nats; streams like `token_drift`."""
    token_block, vocab_block = BLOCKS.get(hidden_TD.device.type, BLOCKS["cpu"])
    found = []
    for rows_TD, rows_T in zip(torch.split(hidden_TD, token_block), torch.split(ids_T, token_block), strict=True):
        mass = _Mass(rows_TD.shape[0], rows_TD.device)
        for start in range(0, head.size, vocab_block):
            mass.add(head.logits(rows_TD, start, min(start + vocab_block, head.size)))
        found.append((head.logits_at(rows_TD, rows_T).double() - mass.lse_T).clamp(max=0.0))
    return torch.cat(found)


def _block_drift(
    pair: HeadPair, candidate_TD: Tensor, baseline_TD: Tensor, ids_T: Tensor | None, extras: Extras
) -> TokenDrift:
    tokens, device = candidate_TD.shape[0], candidate_TD.device
    sums, changes = _Pair(tokens, device), Changes(tokens, extras.changed, device)
    dropped_p, dropped_q = _Mass(tokens, device), _Mass(tokens, device)
    for start, stop in pair.blocks(0, pair.shared, candidate_TD.device):
        p_TV = pair.candidate.logits(candidate_TD, start, stop)
        q_TV = pair.baseline.logits(baseline_TD, start, stop)
        if out := pair.excluded_in(start, stop):
            dropped_p.add(p_TV[:, out])
            dropped_q.add(q_TV[:, out])
            p_TV[:, out] = LOGIT_FLOOR
            q_TV[:, out] = LOGIT_FLOOR
        changes.add(p_TV, q_TV, start)
        sums.add(p_TV, q_TV)
    for head, hidden_TD, dropped in (
        (pair.candidate, candidate_TD, dropped_p),
        (pair.baseline, baseline_TD, dropped_q),
    ):
        for start, stop in pair.blocks(pair.shared, head.size, device):
            dropped.add(head.logits(hidden_TD, start, stop))
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


def _logp(pair: HeadPair, head: Head, hidden_TD: Tensor, ids_T: Tensor | None, mass: _Mass) -> Tensor:
    if ids_T is None:
        return torch.full_like(mass.z_T, torch.nan)
    outside_T = ids_T >= pair.shared
    if pair.excluded:
        outside_T = outside_T | torch.isin(ids_T, torch.tensor(sorted(pair.excluded), device=ids_T.device))
    logit_T = head.logits_at(hidden_TD, ids_T.masked_fill(outside_T, 0)).double()
    return (logit_T - mass.lse_T).clamp(max=0.0).masked_fill(outside_T, torch.nan)


def _jensen_shannon(pair: HeadPair, candidate_TD: Tensor, baseline_TD: Tensor, sums: _Pair) -> Tensor:
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
    """((1+u) log(1+u) + (1-u) log(1-u)) / 2; by its series where the two terms would cancel."""
    square_TV = u_TV * u_TV
    series_TV = square_TV * (1 / 2 + square_TV * (1 / 12 + square_TV * (1 / 30 + square_TV * (1 / 56))))
    plain_TV = torch.xlogy(1 + u_TV, 1 + u_TV).add_(torch.xlogy(1 - u_TV, 1 - u_TV)).mul_(0.5)
    return torch.where(square_TV < 0.09, series_TV, plain_TV)
