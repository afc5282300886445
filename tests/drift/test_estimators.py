"""Estimators from log-probabilities against the exact divergence."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.drift import estimators
from trustdelta.drift.estimators import bits_per_byte, k1, k3, top_k_lower_bound


def distributions(seed: int, change: float, tokens: int = 6, vocabulary: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities [T, V] of two models."""
    g = torch.Generator().manual_seed(seed)
    logits_TV = torch.randn(tokens, vocabulary, generator=g, dtype=torch.float64) * 2
    other_TV = logits_TV + change * torch.randn(tokens, vocabulary, generator=g, dtype=torch.float64)
    return logits_TV.log_softmax(-1), other_TV.log_softmax(-1)


@given(st.integers(0, 10_000), st.floats(0.0, 3.0))
@settings(max_examples=25)
def test_k1_and_k3_have_the_exact_divergence_as_their_mean(seed: int, change: float) -> None:
    """Weighted by the sampling distribution, both sum to KL(own || other) at every token."""
    own_TV, other_TV = distributions(seed, change)
    exact_T = (own_TV.exp() * (own_TV - other_TV)).sum(-1)
    for estimator in (k1, k3):
        torch.testing.assert_close((own_TV.exp() * estimator(own_TV, other_TV)).sum(-1), exact_T, rtol=1e-9, atol=1e-12)
    assert bool((k3(own_TV, other_TV) >= 0).all())


@given(st.integers(0, 10_000), st.floats(0.0, 3.0), st.integers(1, 50))
@settings(max_examples=25)
def test_top_k_never_exceeds_the_exact_divergence(seed: int, change: float, k: int) -> None:
    """Merging ids into one bucket can only lose divergence; with every id listed nothing is lost."""
    own_TV, other_TV = distributions(seed, change)
    exact_T = (own_TV.exp() * (own_TV - other_TV)).sum(-1)
    ids_TK = own_TV.topk(k, dim=-1).indices
    bound_T = top_k_lower_bound(own_TV.gather(1, ids_TK), other_TV.gather(1, ids_TK))
    assert bool((bound_T <= exact_T + 1e-12).all())
    if k == own_TV.shape[1]:
        torch.testing.assert_close(bound_T, exact_T)


def test_k2_is_not_offered() -> None:
    """The biased estimator has no name here."""
    assert not [name for name in dir(estimators) if "k2" in name.lower()]


def test_bits_per_byte_is_a_ratio_of_sums() -> None:
    """Two texts of 10 and 30 bytes, 4 log 2 nats apart together: 0.1 bits per byte."""
    nats = torch.tensor([1.0, 3.0]) * math.log(2)
    assert bits_per_byte(nats, torch.zeros(2), torch.tensor([10, 30])) == pytest.approx(0.1)
