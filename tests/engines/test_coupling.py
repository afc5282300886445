"""Tokens are drawn from each model's own distribution, exactly; with one seed, two models draw alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from trustdelta.config import Sampling
from trustdelta.engines.coupling import Stream, every_id, exponentials, keys_of, race
from trustdelta.engines.decode import Job, choose, decode

CPU = torch.device("cpu")
DRAWS = 200_000
RARE = 1e-4
"""A test of a right sampler fails so seldom; seeds are fixed, so that it does so never or always."""

SAMPLINGS = [
    Sampling(),
    Sampling(temperature=0.6, top_p=0.95),
    Sampling(temperature=0.7, top_p=0.9, top_k=10),
    Sampling(temperature=1.0, top_k=30),
    Sampling(temperature=1.0, min_p=0.1),
    Sampling(temperature=1.5, top_p=0.999, min_p=0.002),
    Sampling(temperature=2.0, top_p=0.999),
]


def keys(count: int, seed: int = 0, stream: Stream = Stream.ANSWER) -> torch.Tensor:
    """Keys of so many places of one sample."""
    return keys_of([seed] * count, [stream] * count, range(count), CPU)


def chosen(logits_V: torch.Tensor, key_B: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """A token for each key, in blocks that fit the processor's cache; rows do not depend on one another."""
    return torch.cat([choose(logits_V.expand(len(k_B), -1), k_B, sampling).token_B for k_B in torch.split(key_B, 4000)])


def library_distribution(logits_V: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """What the library's own warpers leave of a distribution, shape [V]."""
    scores_1V = transformers.TemperatureLogitsWarper(sampling.temperature)(None, logits_V[None])
    if sampling.top_k:
        scores_1V = transformers.TopKLogitsWarper(sampling.top_k)(None, scores_1V)
    if sampling.top_p < 1:
        scores_1V = transformers.TopPLogitsWarper(sampling.top_p)(None, scores_1V)
    if sampling.min_p:
        scores_1V = transformers.MinPLogitsWarper(sampling.min_p)(None, scores_1V)
    return torch.softmax(scores_1V.double(), -1)[0]


def p_value(count_V: torch.Tensor, p_V: torch.Tensor) -> float:
    """Pearson's chi-square test of counts against probabilities; cells that expect fewer than 10 are put together."""
    expected_V = p_V * count_V.sum()
    assert not count_V[p_V == 0].any()
    large_V = expected_V >= 10
    observed = [*count_V[large_V].tolist(), float(count_V[~large_V].sum())]
    expected = [*expected_V[large_V].tolist(), float(expected_V[~large_V].sum())]
    cells = [(o, e) for o, e in zip(observed, expected, strict=True) if e > 0]
    return float(chi2.sf(sum((o - e) ** 2 / e for o, e in cells), len(cells) - 1)) if len(cells) > 1 else 1.0


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=str)
@pytest.mark.parametrize("scale", [0.5, 2.0, 5.0])
def test_frequencies_are_the_truncated_distribution(sampling: Sampling, scale: float) -> None:
    """Tokens of many places follow the distribution that the library's own warpers leave (chi-square)."""
    logits_V = torch.randn(60, generator=torch.Generator().manual_seed(1)) * scale
    count_V = torch.bincount(chosen(logits_V, keys(DRAWS, seed=7), sampling), minlength=60)
    assert p_value(count_V, library_distribution(logits_V, sampling)) > RARE


@pytest.mark.parametrize("sampling", SAMPLINGS[:5], ids=str)
def test_coupled_models_keep_their_own_distributions(sampling: Sampling) -> None:
    """Two different distributions raced with the same numbers each keep their own frequencies, and agree far more."""
    generator = torch.Generator().manual_seed(2)
    first_V = torch.randn(40, generator=generator) * 2
    second_V = first_V + torch.randn(40, generator=generator) * 0.3
    same = keys(DRAWS, seed=3)
    first, second = (chosen(v, same, sampling) for v in (first_V, second_V))
    other = chosen(second_V, keys(DRAWS, seed=4), sampling)
    for token_B, logits_V in ((first, first_V), (second, second_V), (other, second_V)):
        assert p_value(torch.bincount(token_B, minlength=40), library_distribution(logits_V, sampling)) > RARE
    p_V, q_V = library_distribution(first_V, sampling), library_distribution(second_V, sampling)
    total_variation = float((p_V - q_V).abs().sum() / 2)
    agreed = float((first == second).double().mean())
    assert agreed >= (1 - total_variation) / (1 + total_variation) - 0.005  # arXiv:2408.07978
    assert agreed > float((first == other).double().mean()) + 0.1


def test_a_rare_token_is_as_rare_as_it_says() -> None:
    """A token of probability 1e-5 is drawn as often in four million places: the tail is not cut off by rounding."""
    logits_V = torch.tensor([0.0, float(np.log(1e-5))])
    drawn = sum(int(chosen(logits_V, keys(400_000, seed=s), Sampling()).sum()) for s in range(10))
    assert 20 < drawn < 62  # 40 expected


def test_numbers_are_exponential_and_unrelated() -> None:
    """The variables are Exp(1) over places, over token ids and over seeds, without correlation between neighbours."""
    ids_1K = torch.arange(1000)[None]
    by_place_BK = exponentials(keys(500), ids_1K)
    by_seed_BK = exponentials(keys_of(range(500), [0] * 500, [0] * 500, CPU), ids_1K)
    for drawn_BK in (by_place_BK, by_seed_BK):
        assert kstest(drawn_BK.flatten().numpy(), "expon").pvalue > RARE
        for other_BK in (drawn_BK.roll(1, 0), drawn_BK.roll(1, 1), drawn_BK.roll((1, 1), (0, 1))):
            correlation = float(torch.corrcoef(torch.stack([drawn_BK.flatten(), other_BK.flatten()]))[0, 1])
            assert abs(correlation) < 4.5 / drawn_BK.numel() ** 0.5
    streams = [exponentials(keys(200, stream=s), ids_1K).flatten() for s in Stream]
    assert float(torch.corrcoef(torch.stack(streams)).fill_diagonal_(0).abs().max()) < 4.5 / streams[0].numel() ** 0.5


def test_numbers_are_the_same_everywhere() -> None:
    """The variables are those that plain integer arithmetic gives: SplitMix64 of seed, stream, place and token id."""
    golden, mask = 0x9E3779B97F4A7C15, (1 << 64) - 1

    def mixed(z: int) -> int:
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def expected(seed: int, stream: int, place: int, token: int) -> float:
        key = mixed((mixed((mixed(seed) + (stream + 1) * golden) & mask) + (place + 1) * golden) & mask)
        return float(-np.log1p(-((mixed((key + token * golden) & mask) >> 11) | 1) * 2.0**-53))

    cases = [(0, 0, 0, 0), (2**63 - 1, 3, 4095, 151_935), (1234567, 1, 17, 42), (3**39, 2, 1, 7)]
    for seed, stream, place, token in cases:
        key_1 = keys_of([seed], [stream], [place], CPU)
        assert exponentials(key_1, torch.tensor([[token]])).item() == pytest.approx(
            expected(seed, stream, place, token), rel=1e-14
        )


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**63 - 1), st.lists(st.integers(0, 5000), min_size=1, max_size=40, unique=True))
def test_a_number_depends_on_nothing_but_its_key(seed: int, ids: list[int]) -> None:
    """A token's variable is the same whichever other tokens and rows it is computed with."""
    key_B = keys_of([seed, seed + 1 - 2 * (seed == 2**63 - 1)], [0, 1], [3, 4], CPU)
    whole_BV = exponentials(key_B, every_id(5001, CPU))
    assert torch.equal(exponentials(key_B[:1], torch.tensor([ids])), whole_BV[:1, ids])


def test_the_first_to_arrive_is_the_gumbel_maximum() -> None:
    """The race gives the token that maximises log-probability plus Gumbel noise."""
    logp_BV = torch.randn(500, 50, generator=torch.Generator().manual_seed(5)).double().log_softmax(-1)
    key_B, ids_1V = keys(500), every_id(50, CPU)
    gumbel_BV = -exponentials(key_B, ids_1V).log()
    assert torch.equal(race(logp_BV.exp(), ids_1V, key_B), (logp_BV + gumbel_BV).argmax(-1))


@pytest.fixture(scope="module")
def model() -> transformers.LlamaForCausalLM:
    """A random model over six tokens."""
    torch.manual_seed(3)
    config = transformers.LlamaConfig(
        vocab_size=6, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, initializer_range=0.6, max_position_embeddings=64,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).eval()


ENDS = frozenset({5})
LENGTH = 3


def sequence_probabilities(
    model: transformers.LlamaForCausalLM, prompt: tuple[int, ...], sampling: Sampling
) -> dict[tuple[int, ...], float]:
    """The probability of every response of at most LENGTH tokens, by the library's own processors and warpers."""
    found: dict[tuple[int, ...], float] = {}
    open_sequences: dict[tuple[int, ...], float] = {(): 1.0}
    for _ in range(LENGTH):
        grown: dict[tuple[int, ...], float] = {}
        for sequence, p in open_sequences.items():
            ids = torch.tensor([[*prompt, *sequence]])
            with torch.no_grad():
                logits_1V = model(ids).logits[:, -1]
            if sampling.repetition_penalty != 1:
                penalty = transformers.RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty)
                logits_1V = penalty(ids, logits_1V)
            for token, q in enumerate(library_distribution(logits_1V[0], sampling).tolist()):
                if q:
                    (found if token in ENDS else grown)[(*sequence, token)] = p * q
        open_sequences = grown
    return found | open_sequences


@pytest.mark.parametrize(
    "sampling",
    [Sampling(), Sampling(temperature=0.7, top_p=0.8), Sampling(temperature=1.2, top_k=3, repetition_penalty=1.4)],
    ids=str,
)
def test_whole_responses_have_the_probabilities_of_the_model(
    model: transformers.LlamaForCausalLM, sampling: Sampling
) -> None:
    """Whole decoded responses follow the product of the model's own next-token distributions (chi-square)."""
    prompt, count = (1, 2), 20_000
    samples = decode(model, [Job(prompt, seed, LENGTH) for seed in range(count)], sampling, ENDS)
    wanted = sequence_probabilities(model, prompt, sampling)
    assert sum(wanted.values()) == pytest.approx(1)
    order = {sequence: i for i, sequence in enumerate(wanted)}
    count_S = torch.bincount(torch.tensor([order[s.token_ids] for s in samples]), minlength=len(order))
    assert p_value(count_S, torch.tensor(list(wanted.values()))) > RARE
