"""The tokens with the largest change of probability at each position, selected online over blocks of the vocabulary.

Ranked by |p - q|, p the candidate's and q the baseline's probability: the sum of it over all ids is twice the total
variation distance. Selected among the k likeliest ids of either model, whose order does not depend on the normalisers,
known at the end only; any other id changed by at most the k-th largest probability of either.

Suffixes: T tokens, V ids of a block, K selected ids, R rows that a block changes.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Changed(NamedTuple):
    """Ids [T, K] by decreasing change of probability, and candidate less baseline probability [T, K]."""

    ids_TK: Tensor
    change_TK: Tensor


class _Likeliest:
    """The k likeliest ids of one model, with both models' logits."""

    def __init__(self, tokens: int, k: int, device: torch.device) -> None:
        self.own_TK = torch.full((tokens, k), -torch.inf, device=device)
        self.other_TK = torch.full_like(self.own_TK, -torch.inf)
        self.ids_TK = torch.zeros(tokens, k, dtype=torch.long, device=device)

    def add(self, own_TV: Tensor, other_TV: Tensor, start: int) -> None:
        """Add the ids of a block that are likelier than the last selected one."""
        rows_R = (own_TV.amax(-1) > self.own_TK[:, -1]).nonzero()[:, 0]
        if not len(rows_R):
            return
        k = self.own_TK.shape[1]
        new_RK, at_RK = own_TV[rows_R].topk(min(k, own_TV.shape[1]))
        self.own_TK[rows_R], top_RK = torch.cat([self.own_TK[rows_R], new_RK], 1).topk(k)
        for column_TK, added_RK in (
            (self.ids_TK, at_RK + start),
            (self.other_TK, other_TV[rows_R[:, None], at_RK].to(self.other_TK.dtype)),
        ):
            column_TK[rows_R] = torch.cat([column_TK[rows_R], added_RK], 1).gather(1, top_RK)


class Changes:
    """Both models' likeliest ids, and among them those with the largest change of probability."""

    def __init__(self, tokens: int, k: int, device: torch.device) -> None:
        self.candidate = _Likeliest(tokens, k, device)
        self.baseline = _Likeliest(tokens, k, device)

    def add(self, candidate_TV: Tensor, baseline_TV: Tensor, start: int) -> None:
        """Add the block of logits whose first id is `start`."""
        if self.candidate.ids_TK.shape[1]:
            self.candidate.add(candidate_TV, baseline_TV, start)
            self.baseline.add(baseline_TV, candidate_TV, start)

    def most(self, candidate_lse_T: Tensor, baseline_lse_T: Tensor) -> Changed:
        """The k ids with the largest change of probability, from both models' log-sum-exp."""
        candidate, baseline = self.candidate, self.baseline
        p_TK = (torch.cat([candidate.own_TK, baseline.other_TK], 1).double() - candidate_lse_T[:, None]).exp()
        q_TK = (torch.cat([candidate.other_TK, baseline.own_TK], 1).double() - baseline_lse_T[:, None]).exp()
        ids_TK, change_TK = torch.cat([candidate.ids_TK, baseline.ids_TK], 1), p_TK - q_TK
        k = candidate.ids_TK.shape[1]
        size_TK = change_TK.abs()
        # an id that both lists hold counts once
        twice_TK = (baseline.ids_TK[:, :, None] == candidate.ids_TK[:, None, :]).any(-1)
        size_TK[:, k:].masked_fill_(twice_TK, -1.0)
        most_TK = size_TK.topk(k).indices
        return Changed(ids_TK.gather(1, most_TK), change_TK.gather(1, most_TK))
