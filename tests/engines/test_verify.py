"""Maximal coupling is exact: whatever the other model wrote, a response is a draw from the model's own distribution."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
import torch
import transformers
from scipy import stats

from trustdelta.config import Sampling
from trustdelta.engines.decode import Job, decode
from trustdelta.engines.verify import Draft, Side, accepted, distribution, next_logits, verified
from trustdelta.records import Finish

VOCABULARY, LENGTH, SAMPLES = 7, 2, 3000
END = frozenset({0})


def model(seed: int, scale: float) -> transformers.LlamaForCausalLM:
    """A random model; a larger scale gives a sharper distribution."""
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        initializer_range=scale,
        tie_word_embeddings=False,
    )
    return transformers.LlamaForCausalLM(config).eval()


OWN, OTHER = model(1, 0.6), model(2, 0.6)
SAMPLINGS = [
    (Sampling(temperature=1.0), Sampling(temperature=1.0)),
    (Sampling(temperature=0.7, top_p=0.9), Sampling(temperature=1.3)),
    (Sampling(temperature=1.2, top_k=4), Sampling(temperature=0.8, top_p=0.8)),
    (Sampling(temperature=1.0), Sampling(temperature=0)),
]


def exact(prompt: tuple[int, ...], sampling: Sampling) -> dict[tuple[int, ...], float]:
    """The probability of every response of this model, which ends with the end token or at the limit."""
    found: dict[tuple[int, ...], float] = {}
    for ids in product(range(VOCABULARY), repeat=LENGTH):
        logits_TV = next_logits(OWN, [(prompt, ids)])[0]
        p_TV = distribution(logits_TV, sampling, VOCABULARY)
        response = ids[:1] if ids[0] in END else ids
        steps = range(len(response))
        found[response] = float(torch.stack([p_TV[t, response[t]] for t in steps]).prod())
    return found


def coupled(own: Sampling, other: Sampling, samples: int = SAMPLES) -> tuple[list[tuple[int, ...]], list[float]]:
    """Responses of this model that begin as the other one's, and the share of each that was taken over."""
    own_prompt, other_prompt = (3, 5), (3, 5, 2)
    drafts = decode(OTHER, [Job(other_prompt, 10_000 + i, LENGTH) for i in range(samples)], other, END)
    rows = [Draft(d.token_ids, other_prompt, own_prompt, i) for i, d in enumerate(drafts)]
    begun = verified(Side(OWN, own), Side(OTHER, other), rows)
    jobs = [Job(own_prompt, i, LENGTH, begun=first) for i, first in enumerate(begun)]
    responses = [sample.token_ids for sample in decode(OWN, jobs, own, END)]
    shares = [
        float(bool(response[:1] == draft.token_ids[:1])) for response, draft in zip(responses, drafts, strict=True)
    ]
    return responses, shares


@pytest.mark.parametrize(("own", "other"), SAMPLINGS)
def test_responses_have_the_exact_distribution(own: Sampling, other: Sampling) -> None:
    """Chi-square over every possible response, with temperature, top-k, top-p and a greedy other model."""
    responses, _ = coupled(own, other)
    wanted = {ids: p for ids, p in exact((3, 5), own).items() if p > 0}
    counts = Counter(responses)
    assert counts.keys() <= wanted.keys()
    common = [ids for ids, p in wanted.items() if p * SAMPLES >= 5]
    observed = [counts[ids] for ids in common]
    expected = [wanted[ids] * SAMPLES for ids in common]
    rest = SAMPLES - sum(expected)
    if rest > 5:
        observed, expected = [*observed, SAMPLES - sum(observed)], [*expected, rest]
    else:
        expected = [e * sum(observed) / sum(expected) for e in expected]
    assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_first_tokens_agree_as_often_as_any_coupling_allows() -> None:
    """The share of equal first tokens is one minus the total variation distance."""
    own, other = SAMPLINGS[0]
    _, shares = coupled(own, other)
    q_V = distribution(next_logits(OWN, [((3, 5), (0,))])[0], own, VOCABULARY)[0]
    p_V = distribution(next_logits(OTHER, [((3, 5, 2), (0,))])[0], other, VOCABULARY)[0]
    most = float(torch.minimum(p_V, q_V).sum())
    assert sum(shares) / len(shares) == pytest.approx(most, abs=4 * (0.25 / SAMPLES) ** 0.5)


def test_a_model_takes_over_its_own_responses_whole() -> None:
    """Against itself nothing is rejected."""
    drafts = decode(OWN, [Job((3, 5), i, 12) for i in range(50)], Sampling(), END)
    side = Side(OWN, Sampling())
    rows = [Draft(d.token_ids, (3, 5), (3, 5), 999 + i) for i, d in enumerate(drafts)]
    assert verified(side, side, rows) == [d.token_ids for d in drafts]


def test_a_beginning_ends_at_the_samples_end_and_budget() -> None:
    """Tokens behind an end token or the budget are dropped; a beginning that is complete decodes nothing."""
    jobs = [Job((3,), 1, 5, begun=(4, 0, 6)), Job((3,), 1, 2, begun=(4, 5, 6)), Job((3,), 1, 3, begun=(4,))]
    ended, cut, going = decode(OWN, jobs, Sampling(), END)
    assert (ended.token_ids, ended.finish) == ((4, 0), Finish.STOP)
    assert (cut.token_ids, cut.finish) == ((4, 5), Finish.LENGTH)
    assert going.token_ids[0] == 4
    assert [s.token_ids for s in decode(OWN, jobs[:2], Sampling(), END)] == [(4, 0), (4, 5)]


def test_a_token_that_the_model_cannot_draw_is_replaced() -> None:
    """A rejected token never comes again at its place."""
    q_TV, p_TV = torch.tensor([[0.0, 0.5, 0.5]]), torch.tensor([[1.0, 0.0, 0.0]])
    drawn = {accepted(Draft((0,), (1,), (1,), seed), q_TV, p_TV) for seed in range(50)}
    assert drawn == {(1,), (2,)}
