"""Drift estimators from a server's log-probabilities, without the full distributions.

The k2 estimator is omitted: its bias is large for large drift. k3 is a sum over tokens, not the ratio of a whole
sequence. All take natural logarithms and return nats.
"""

from __future__ import annotations

import torch
from torch import Tensor


def k1(own_logp_T: Tensor, other_logp_T: Tensor) -> Tensor:
    """Log p - log q of each token [T]: unbiased for KL(own || other) on text sampled from `own`, may be negative."""
    return own_logp_T.double() - other_logp_T.double()


def k3(own_logp_T: Tensor, other_logp_T: Tensor) -> Tensor:
    """q/p - 1 - log(q/p) of each token [T]: unbiased as k1, never negative, but heavy-tailed (Schulman 2020)."""
    ratio_T = other_logp_T.double() - own_logp_T.double()
    return torch.expm1(ratio_T) - ratio_T


def top_k_lower_bound(own_logp_TK: Tensor, other_logp_TK: Tensor, rounding: float = 0.0) -> Tensor:
    """KL(own || other) [T] with all ids but K in one bucket: never above the exact value (log-sum inequality).

    Both arguments hold log-probabilities of the same K ids for each token. `rounding` is added to the other model's
    rest: 1 less a sum of rounded probabilities can be too small, which makes the divergence too large.
    """
    own_TK, other_TK = own_logp_TK.double(), other_logp_TK.double()
    rest_own_T = (1 - own_TK.exp().sum(-1)).clamp(min=0.0)
    rest_other_T = (1 - other_TK.exp().sum(-1) + rounding).clamp(min=torch.finfo(torch.float64).tiny)
    listed_T = (own_TK.exp() * (own_TK - other_TK)).sum(-1)
    return (listed_T + torch.xlogy(rest_own_T, rest_own_T / rest_other_T)).clamp(min=0.0)


def bits_per_byte(candidate_logp_nats: Tensor, baseline_logp_nats: Tensor, text_bytes: Tensor) -> float:
    """Log-likelihood ratio of texts under two tokenizers, in bits per byte: a ratio of sums over texts, approximate.

    Each sum is over the log-probabilities of the model's own tokens of the text; a model's
    canonical tokens give a lower bound of the text's probability (Cao & Rimell 2021).
    """
    nats = (candidate_logp_nats.double() - baseline_logp_nats.double()).sum()
    return float(nats / text_bytes.double().sum() / torch.log(torch.tensor(2.0, dtype=torch.float64)))
