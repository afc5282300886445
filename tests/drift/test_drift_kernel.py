"""The kernel against closed forms, float64 references and the inequalities that divergences obey."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from trustdelta.drift import kernel
from trustdelta.drift.heads import LinearHead
from trustdelta.drift.kernel import HeadPair, TokenDrift, token_drift, token_logp
from trustdelta.drift.online_softmax import add_pair, compiled_add_pair, no_pair, pair_adder
from trustdelta.errors import MeasurementError


def reference(candidate_TV: Tensor, baseline_TV: Tensor) -> dict[str, Tensor]:
    """Both divergences, JSD and entropies from full float64 logits, by the textbook sums."""
    logp_TV, logq_TV = candidate_TV.double().log_softmax(-1), baseline_TV.double().log_softmax(-1)
    p_TV, q_TV = logp_TV.exp(), logq_TV.exp()
    logm_TV = torch.logaddexp(logp_TV, logq_TV) - math.log(2)
    halves = torch.stack([p_TV * (logp_TV - logm_TV), q_TV * (logq_TV - logm_TV)])
    return {
        "kl_candidate_to_baseline_T": (p_TV * (logp_TV - logq_TV)).sum(-1),
        "kl_baseline_to_candidate_T": (q_TV * (logq_TV - logp_TV)).sum(-1),
        "jsd_T": halves.sum(0).sum(-1) / 2,
        "entropy_candidate_T": -(p_TV * logp_TV).sum(-1),
        "entropy_baseline_T": -(q_TV * logq_TV).sum(-1),
    }


def random_pair(vocabulary: int, change: float, seed: int, tokens: int = 48, width: int = 64) -> list[Tensor]:
    """Hidden states and heads of two models whose logits differ by about `change` of their size."""
    g = torch.Generator().manual_seed(seed)
    weight_VD = torch.randn(vocabulary, width, generator=g) * (2 / width**0.5)
    hidden_TD = torch.randn(tokens, width, generator=g)
    other_VD = weight_VD + change * torch.randn(vocabulary, width, generator=g) * (2 / width**0.5)
    return [hidden_TD, weight_VD, hidden_TD + change * torch.randn(tokens, width, generator=g), other_VD]


def drift_of(parts: list[Tensor], jsd: bool = False, changed: int = 0, **blocks: int) -> TokenDrift:
    """Run the kernel on a random pair."""
    pair = HeadPair(LinearHead(parts[1]), LinearHead(parts[3]), **blocks)  # type: ignore[arg-type]
    return token_drift(pair, parts[0], parts[2], jsd=jsd, changed=changed)


def from_probabilities(p: list[float], q: list[float]) -> TokenDrift:
    """Drift between two given distributions, as one token with one hidden unit."""
    heads = [LinearHead(torch.tensor(probabilities).log()[:, None]) for probabilities in (p, q)]
    return token_drift(HeadPair(heads[0], heads[1]), torch.ones(1, 1), torch.ones(1, 1), torch.tensor([0]), jsd=True)


def check_close(found: TokenDrift, wanted: dict[str, Tensor], relative: float = 1e-4) -> None:
    """Within `relative` for values from 1e-4 nats, within 1e-6 nats below."""
    for name, value_T in wanted.items():
        error_T = (getattr(found, name) - value_T).abs()
        allowed_T = torch.where(value_T >= 1e-4, relative * value_T, torch.full_like(value_T, 1e-6))
        slack = 1e-5 if name.startswith("entropy") else 0.0
        assert bool((error_T <= allowed_T + slack).all()), (name, float((error_T / value_T).max()))


def test_closed_form_fixes_the_sign_of_each_direction() -> None:
    """Candidate (3/4, 1/4) and baseline (1/2, 1/2): both divergences by hand, and they differ."""
    drift = from_probabilities([0.75, 0.25], [0.5, 0.5])
    candidate_first = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    baseline_first = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert float(drift.kl_candidate_to_baseline_T) == pytest.approx(candidate_first, rel=1e-6)
    assert float(drift.kl_baseline_to_candidate_T) == pytest.approx(baseline_first, rel=1e-6)
    assert float(drift.logp_candidate_T) == pytest.approx(math.log(0.75), rel=1e-6)
    assert float(drift.logp_baseline_T) == pytest.approx(math.log(0.5), rel=1e-6)
    assert float(drift.entropy_baseline_T) == pytest.approx(math.log(2), rel=1e-6)


@pytest.mark.parametrize("vocabulary", [2, 1000, 5003])
@pytest.mark.parametrize("change", [1e-3, 1e-2, 0.1, 0.5, 2.0])
def test_agrees_with_float64(vocabulary: int, change: float) -> None:
    """Divergences from 1e-6 to tens of nats agree with the textbook sums in float64."""
    parts = random_pair(vocabulary, change, seed=vocabulary)
    wanted = reference(parts[0].double() @ parts[1].double().T, parts[2].double() @ parts[3].double().T)
    check_close(drift_of(parts, jsd=True), wanted)


@pytest.mark.slow
@pytest.mark.parametrize("vocabulary", [32_000, 151_936])
def test_agrees_with_float64_at_full_vocabularies(vocabulary: int) -> None:
    """The same at the vocabulary sizes of today's models."""
    for change in (1e-3, 1e-2, 0.1, 1.0):
        parts = random_pair(vocabulary, change, seed=1, tokens=16)
        wanted = reference(parts[0].double() @ parts[1].double().T, parts[2].double() @ parts[3].double().T)
        check_close(drift_of(parts, jsd=True), wanted)


def test_float64_products_leave_no_rounding() -> None:
    """With products in float64 every divergence agrees to nine digits: the streaming sums lose nothing."""
    parts = random_pair(3000, 1e-2, seed=5)
    wanted = reference(parts[0].double() @ parts[1].double().T, parts[2].double() @ parts[3].double().T)
    heads = [LinearHead(parts[i], precision=torch.float64) for i in (1, 3)]
    drift = token_drift(HeadPair(heads[0], heads[1]), parts[0], parts[2])
    torch.testing.assert_close(
        drift.kl_candidate_to_baseline_T, wanted["kl_candidate_to_baseline_T"], rtol=1e-9, atol=0
    )


def test_self_divergence_is_exactly_zero() -> None:
    """Equal hidden states under equal heads give 0.0 in every direction, not something small."""
    hidden_TD, weight_VD, *_ = random_pair(2000, 0.0, seed=3)
    pair = HeadPair(LinearHead(weight_VD), LinearHead(weight_VD.clone()), vocab_block=300)
    drift = token_drift(pair, hidden_TD, hidden_TD.clone(), jsd=True)
    for value_T in (drift.kl_candidate_to_baseline_T, drift.kl_baseline_to_candidate_T, drift.jsd_T):
        assert float(value_T.abs().max()) == 0.0


@given(st.integers(1, 30), st.integers(20, 600), st.integers(0, 10_000))
@settings(max_examples=12)
def test_block_sizes_do_not_matter(token_block: int, vocab_block: int, seed: int) -> None:
    """Any partition into token and vocabulary blocks gives the same divergences."""
    parts = random_pair(500, 0.2, seed, tokens=20, width=8)
    whole = drift_of(parts, token_block=20, vocab_block=500)
    blocked = drift_of(parts, token_block=token_block, vocab_block=vocab_block)
    for name in ("kl_candidate_to_baseline_T", "kl_baseline_to_candidate_T", "entropy_candidate_T"):
        torch.testing.assert_close(getattr(blocked, name), getattr(whole, name), rtol=2e-5, atol=1e-7)


@given(st.integers(0, 10_000), st.floats(1e-3, 3.0))
@settings(max_examples=25)
def test_swapping_the_models_swaps_the_directions(seed: int, change: float) -> None:
    """KL(candidate || baseline) is KL(baseline || candidate) of the swapped pair, and JSD is symmetric."""
    parts = random_pair(300, change, seed, tokens=8, width=8)
    one, other = drift_of(parts, jsd=True), drift_of([parts[2], parts[3], parts[0], parts[1]], jsd=True)
    torch.testing.assert_close(one.kl_candidate_to_baseline_T, other.kl_baseline_to_candidate_T, rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(one.jsd_T, other.jsd_T, rtol=1e-4, atol=1e-7)


@given(st.integers(0, 10_000), st.floats(0.0, 4.0))
@settings(max_examples=25)
def test_inequalities_of_divergences(seed: int, change: float) -> None:
    """Non-negative; JSD at most log 2; Pinsker and data processing for any event."""
    parts = random_pair(120, change, seed, tokens=8, width=8)
    drift = drift_of(parts, jsd=True)
    p_TV, q_TV = [(parts[i] @ parts[i + 1].T).double().softmax(-1) for i in (0, 2)]
    kl_T = drift.kl_candidate_to_baseline_T
    events = [(p_TV[:, ids].sum(-1), q_TV[:, ids].sum(-1)) for ids in (slice(40), slice(40, None))]
    binary_T = torch.stack([torch.xlogy(p_T, p_T / q_T) for p_T, q_T in events]).sum(0)
    assert bool((kl_T >= 0).all() and (drift.kl_baseline_to_candidate_T >= 0).all())
    assert bool((drift.jsd_T <= math.log(2) + 1e-6).all())
    assert bool(((p_TV - q_TV).abs().sum(-1) / 2 <= (kl_T / 2).sqrt() + 1e-6).all())
    assert bool((binary_T <= kl_T * (1 + 1e-5) + 1e-6).all())


def test_far_apart_models_stay_finite() -> None:
    """Logit gaps of hundreds of nats, where exponentials leave their range, still agree with float64."""
    parts = random_pair(800, 1.0, seed=11)
    parts = [parts[0] * 20, parts[1], -parts[2] * 20, parts[3]]
    wanted = reference(parts[0].double() @ parts[1].double().T, parts[2].double() @ parts[3].double().T)
    assert float(wanted["kl_candidate_to_baseline_T"].max()) > 100
    check_close(drift_of(parts, jsd=True, vocab_block=64), wanted)


def test_softcap_scale_and_bias_are_part_of_the_head() -> None:
    """Capped, scaled and biased logits are compared, as the models compute them."""
    parts = random_pair(700, 0.3, seed=7)
    bias_V = torch.randn(700, generator=torch.Generator().manual_seed(1))
    heads = [LinearHead(parts[1], bias_V, 0.5, 3.0), LinearHead(parts[3], None, 2.0)]
    drift = token_drift(HeadPair(heads[0], heads[1]), parts[0], parts[2], torch.full((48,), 5))
    candidate_TV = 3 * torch.tanh((parts[0].double() @ parts[1].double().T + bias_V.double()) * 0.5 / 3)
    wanted = reference(candidate_TV, 2 * parts[2].double() @ parts[3].double().T)
    wanted.pop("jsd_T")
    check_close(drift, wanted)
    torch.testing.assert_close(drift.logp_candidate_T, candidate_TV.log_softmax(-1)[:, 5], rtol=1e-5, atol=1e-5)


def most_changed(p_TV: Tensor, q_TV: Tensor, k: int) -> list[list[int]]:
    """By definition: of the k likeliest ids of either model, the k whose probability differs most."""
    found = []
    for p_V, q_V in zip(p_TV, q_TV, strict=True):
        either = sorted({*p_V.topk(k).indices.tolist(), *q_V.topk(k).indices.tolist()})
        found.append(sorted(either, key=lambda i: -abs(float(p_V[i] - q_V[i])))[:k])
    return found


@pytest.mark.parametrize("change", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("vocab_block", [3, 100, 1024])
def test_most_changed_tokens_are_those_of_float64(change: float, vocab_block: int) -> None:
    """The ids whose probability changed most, and by how much, whatever the blocks; none is an excluded id."""
    parts = random_pair(700, change, seed=21)
    pair = HeadPair(LinearHead(parts[1]), LinearHead(parts[3]), 690, frozenset({5, 80}), vocab_block=vocab_block)
    drift = token_drift(pair, parts[0], parts[2], changed=6)
    kept = [i for i in range(690) if i not in (5, 80)]
    p_TV, q_TV = [(parts[i].double() @ parts[i + 1].double().T)[:, kept].softmax(-1) for i in (0, 2)]
    wanted_TK = torch.tensor(most_changed(p_TV, q_TV, 6))
    by_TK = (p_TV - q_TV).gather(1, wanted_TK)
    torch.testing.assert_close(drift.changed_by_TK.abs(), by_TK.abs(), rtol=1e-4, atol=1e-6)
    clear_TK = torch.ones_like(by_TK, dtype=torch.bool)
    gap_TK = by_TK.abs().diff(dim=1).abs() > 2e-6
    clear_TK[:, :-1] &= gap_TK
    clear_TK[:, 1:] &= gap_TK
    clear_TK[:, -1] = False  # the next one is not listed
    assert torch.equal(drift.changed_ids_TK[clear_TK], torch.tensor(kept)[wanted_TK][clear_TK])
    assert float(clear_TK[:, :-1].double().mean()) > 0.9


def test_as_many_changed_tokens_as_ids_give_the_total_variation() -> None:
    """Over all ids, half the sum of changes is the total variation distance; each id is listed once."""
    parts = random_pair(40, 0.5, seed=22)
    drift = drift_of(parts, vocab_block=7, changed=100)
    p_TV, q_TV = [(parts[i].double() @ parts[i + 1].double().T).softmax(-1) for i in (0, 2)]
    torch.testing.assert_close(drift.changed_by_TK.abs().sum(-1), (p_TV - q_TV).abs().sum(-1), rtol=1e-5, atol=1e-7)
    assert all(sorted(ids) == list(range(40)) for ids in drift.changed_ids_TK.tolist())


def test_softcapped_jensen_shannon_and_sampled_tokens_agree_with_float64() -> None:
    """One weight under two caps: JSD, both sampled log-probabilities and both entropies."""
    parts = random_pair(900, 0.2, seed=23)
    heads = [LinearHead(parts[1], None, 1.0, cap) for cap in (2.0, 5.0)]
    ids_T = torch.randint(900, (48,), generator=torch.Generator().manual_seed(3))
    drift = token_drift(HeadPair(heads[0], heads[1]), parts[0], parts[2], ids_T, jsd=True)
    p_TV, q_TV = [c * torch.tanh(parts[i].double() @ parts[1].double().T / c) for i, c in ((0, 2.0), (2, 5.0))]
    check_close(drift, reference(p_TV, q_TV))
    for found_T, logits_TV in ((drift.logp_candidate_T, p_TV), (drift.logp_baseline_T, q_TV)):
        wanted_T = logits_TV.log_softmax(-1).gather(1, ids_T[:, None])[:, 0]
        torch.testing.assert_close(found_T, wanted_T, rtol=1e-5, atol=1e-5)


def test_vocabularies_of_different_sizes_are_compared_on_shared_ids() -> None:
    """Shared ids are renormalised, the probability of the others is reported, and ids outside have no log-prob."""
    parts = random_pair(640, 0.3, seed=9)
    pair = HeadPair(LinearHead(parts[1]), LinearHead(parts[3][:600]), 590, frozenset({3, 588}), vocab_block=128)
    ids_T = torch.tensor([3, 595, 10] + [0] * 45)
    drift = token_drift(pair, parts[0], parts[2], ids_T, jsd=True)
    kept = [i for i in range(590) if i not in (3, 588)]
    candidate_TV, baseline_TV = parts[0].double() @ parts[1].double().T, parts[2].double() @ parts[3][:600].double().T
    check_close(drift, reference(candidate_TV[:, kept], baseline_TV[:, kept]))
    dropped_T = 1 - candidate_TV.softmax(-1)[:, kept].sum(-1)
    torch.testing.assert_close(drift.dropped_candidate_T, dropped_T, rtol=1e-5, atol=1e-7)
    dropped_T = 1 - baseline_TV.softmax(-1)[:, kept].sum(-1)
    torch.testing.assert_close(drift.dropped_baseline_T, dropped_T, rtol=1e-5, atol=1e-7)
    assert drift.logp_candidate_T.isnan().tolist() == [True, True] + [False] * 46


def test_full_vocabularies_drop_nothing() -> None:
    """Two heads of one size drop probability exactly 0."""
    drift = drift_of(random_pair(300, 0.3, seed=2))
    assert float(drift.dropped_candidate_T.abs().max()) == 0.0


def test_masked_ids_do_not_poison_the_sums() -> None:
    """Ids that a bias of minus infinity rules out in both models leave the other ids' divergence as it is."""
    parts = random_pair(400, 0.3, seed=4)
    bias_V = torch.zeros(400)
    bias_V[350:] = -torch.inf
    heads = [LinearHead(parts[i], bias_V) for i in (1, 3)]
    drift = token_drift(HeadPair(heads[0], heads[1]), parts[0], parts[2])
    masked = drift_of([parts[0], parts[1][:350], parts[2], parts[3][:350]])
    torch.testing.assert_close(
        drift.kl_candidate_to_baseline_T, masked.kl_candidate_to_baseline_T, rtol=1e-5, atol=1e-8
    )


def test_bfloat16_inputs_are_multiplied_in_float32() -> None:
    """bfloat16 states and weights give what float32 copies of the very same numbers give."""
    parts = [part.bfloat16() for part in random_pair(900, 0.1, seed=6)]
    low, high = drift_of(parts), drift_of([part.float() for part in parts])
    torch.testing.assert_close(low.kl_candidate_to_baseline_T, high.kl_candidate_to_baseline_T, rtol=1e-6, atol=0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method:DeprecationWarning")  # PyTorch's compiler uses it itself
@pytest.mark.parametrize("change", [1e-3, 0.1, 2.0])
def test_compiled_sums_agree_with_float64(change: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """What PyTorch's compiler makes of the sums meets the same bounds, in blocks of unequal size; it writes no input.

    On CUDA this is the path that runs; here the compiler writes C++ instead of Triton.
    """
    monkeypatch.setattr(kernel, "pair_adder", lambda device: compiled_add_pair())
    parts = random_pair(2500, change, seed=9)
    wanted = reference(parts[0].double() @ parts[1].double().T, parts[2].double() @ parts[3].double().T)
    check_close(drift_of(parts, jsd=True, vocab_block=1024, token_block=40), wanted)
    logits_TV = parts[0] @ parts[1].T
    kept_TV = logits_TV.clone()
    with torch.inference_mode():
        compiled_add_pair()(no_pair(48, logits_TV.device), logits_TV, logits_TV)
    assert torch.equal(logits_TV, kept_TV)


def test_only_a_gpu_is_worth_a_compiler() -> None:
    """On a processor the sums run as they are: the compiler takes longer than most audits would gain."""
    assert pair_adder(torch.device("cpu")) is add_pair


def test_heads_follow_the_states_to_a_device() -> None:
    """A stored head moves to the device of the loaded model's states; one that is there already is not copied."""
    parts = random_pair(20, 0.1, seed=0)
    stored, meta = LinearHead(parts[1], torch.zeros(20), 2.0, 3.0), torch.device("meta")
    moved = stored.on(meta)
    assert (moved.weight_VD.device, moved.scale, moved.softcap) == (meta, 2.0, 3.0)
    assert moved.bias_V is not None
    assert moved.bias_V.device == meta
    pair = HeadPair(stored, LinearHead(parts[3]))
    assert pair.on(torch.device("cpu")) is pair
    assert pair.on(meta).baseline.on(meta).equals(pair.on(meta).candidate) is False


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method:DeprecationWarning")  # PyTorch's compiler uses it itself
@pytest.mark.parametrize("change", [1e-3, 0.1, 2.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_cuda_agrees_with_float64(change: float, dtype: torch.dtype) -> None:
    """The compiled path on a GPU, in its own block sizes; 16-bit inputs against float64 of the very same numbers."""
    parts = [part.to(dtype) for part in random_pair(151_936, change, seed=8, tokens=1500)]
    assert pair_adder(torch.device("cuda")) is compiled_add_pair()
    wanted = reference(parts[0].double() @ parts[1].double().T, parts[2].double() @ parts[3].double().T)
    drift = drift_of([part.cuda() for part in parts], jsd=True)
    check_close(TokenDrift(*[column_T.cpu() for column_T in drift]), wanted)


def test_block_sizes_follow_the_device() -> None:
    """Blocks that were asked for stay; the others are the device's."""
    parts = random_pair(40, 0.1, seed=0)
    pair = HeadPair(LinearHead(parts[1]), LinearHead(parts[3]), vocab_block=7)
    for device, tokens in (("cpu", 256), ("cuda", 1024), ("meta", 256)):
        assert pair.block_sizes(torch.device(device)) == (tokens, 7)


def test_one_models_log_probabilities_are_those_of_the_pair() -> None:
    """Alone or beside another model, a token has the same log-probability."""
    parts = random_pair(3000, 0.3, seed=12, tokens=300)
    ids_T = torch.randint(3000, (300,), generator=torch.Generator().manual_seed(0))
    drift = token_drift(HeadPair(LinearHead(parts[1]), LinearHead(parts[3])), parts[0], parts[2], ids_T)
    torch.testing.assert_close(token_logp(LinearHead(parts[1]), parts[0], ids_T), drift.logp_candidate_T)


def test_different_numbers_of_tokens_are_refused() -> None:
    """Both models must have read the same tokens."""
    parts = random_pair(10, 0.1, seed=0)
    with pytest.raises(MeasurementError, match="48 candidate tokens, 47 baseline tokens"):
        drift_of([parts[0], parts[1], parts[2][:47], parts[3]])


def test_impossible_shared_ids_are_refused() -> None:
    """More shared ids than the smaller head scores cannot be compared."""
    with pytest.raises(MeasurementError, match="cannot compare 12 ids"):
        HeadPair(LinearHead(torch.ones(10, 2)), LinearHead(torch.ones(11, 2)), shared=12)
