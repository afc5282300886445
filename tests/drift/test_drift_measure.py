"""Drift measured on tiny models built here: no downloads, seconds."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from drift_fixtures import SMALL, VOCABULARY, llama, loaded, texts
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
)

from trustdelta.drift.comparable import Comparability, Level
from trustdelta.drift.forward import StateReader, state_reader
from trustdelta.drift.heads import LinearHead, LogitsAsHidden
from trustdelta.drift.measure import measure, noise_floor, token_drifts
from trustdelta.drift.sources import LiveStates
from trustdelta.drift.sums import aggregate
from trustdelta.drift.texts import DriftOptions, DriftText, padded, text_batches, token_batches
from trustdelta.errors import MeasurementError
from trustdelta.records import Arm


def test_a_model_and_its_copy_drift_by_exactly_zero() -> None:
    """Every sum of every part is 0.0 where both models are the same, whatever the batches."""
    model = llama(0)
    rows = measure(model, loaded(copy.deepcopy(model.model)), texts(6), DriftOptions(token_budget=60, jsd=True))
    assert {(r.kl_candidate_to_baseline_nats, r.kl_baseline_to_candidate_nats, r.jsd_nats) for r in rows} == {(0, 0, 0)}
    assert all(r.logp_candidate_nats == r.logp_baseline_nats < 0 for r in rows)


def test_agrees_with_full_logits_of_each_text_alone() -> None:
    """Batched, padded, streamed: the same sums as log-softmax over whole logits, one text at a time."""
    candidate, baseline = llama(0), llama(1)
    items = texts(4)
    found = {(r.key, r.part): r for r in measure(candidate, baseline, items, DriftOptions(token_budget=80))}
    for text in items:
        ids = torch.tensor([[*text.prompt_token_ids, *text.response_token_ids]])
        with torch.inference_mode():
            logp, logq = [m.model(ids).logits[0].double().log_softmax(-1) for m in (candidate, baseline)]
        first = len(text.prompt_token_ids) - 1
        kl_T = (logp.exp() * (logp - logq)).sum(-1)[first:-1]
        sampled_T = logq[first:-1].gather(1, ids[0, first + 1 :, None])[:, 0]
        assert found[text.key, "all"].kl_candidate_to_baseline_nats == pytest.approx(float(kl_T.sum()), rel=1e-5)
        assert found[text.key, "thought"].kl_candidate_to_baseline_nats == pytest.approx(
            float(kl_T[:6].sum()), rel=1e-5
        )
        onset = found[text.key, "onset"]
        assert onset.tokens == min(32, len(text.response_token_ids) - 8)
        assert onset.kl_candidate_to_baseline_nats == pytest.approx(float(kl_T[8:40].sum()), rel=1e-5)
        assert found[text.key, "all"].logp_baseline_nats == pytest.approx(float(sampled_T.sum()), rel=1e-5)


def test_padding_and_batch_size_do_not_matter() -> None:
    """A text measured alone and in one big batch has the same drift."""
    candidate, baseline = llama(0), llama(1)
    alone = measure(candidate, baseline, texts(5), DriftOptions(token_budget=1))
    together = measure(candidate, baseline, texts(5))
    for one, other in zip(alone, together, strict=True):
        assert (one.key, one.part, one.tokens) == (other.key, other.part, other.tokens)
        assert one.kl_candidate_to_baseline_nats == pytest.approx(other.kl_candidate_to_baseline_nats, rel=1e-5)


def test_parts_add_up_to_all() -> None:
    """Thought, format and answer are disjoint and cover the response."""
    rows = measure(llama(0), llama(1), texts(2))
    for key in ("text-0", "text-1"):
        by_part = {r.part: r for r in rows if r.key == key}
        parts = [by_part[p] for p in ("thought", "format", "answer")]
        assert sum(p.tokens for p in parts) == by_part["all"].tokens
        total = sum(p.kl_baseline_to_candidate_nats for p in parts)
        assert total == pytest.approx(by_part["all"].kl_baseline_to_candidate_nats)


def test_aggregate_divides_sums_and_names_the_primary_direction_first() -> None:
    """Nats per token are a ratio of sums; on the candidate's text KL(candidate || baseline) comes first."""
    rows = [r for r in measure(llama(0), llama(1), texts(3)) if r.part == "answer"]
    first, second = aggregate(rows, Arm.CANDIDATE, "toy")
    total, tokens = sum(r.kl_candidate_to_baseline_nats for r in rows), sum(r.tokens for r in rows)
    assert (first.direction, second.direction) == ("kl_candidate_to_baseline", "kl_baseline_to_candidate")
    assert first.nats_per_token == pytest.approx(total / tokens)
    assert first.nats_per_response == pytest.approx(total / 3)
    assert (first.part, first.tokens, first.responses, first.benchmark) == ("answer", tokens, 3, "toy")
    assert aggregate(rows, Arm.BASELINE)[0].direction == "kl_baseline_to_candidate"


def test_sampled_log_ratio_has_the_exact_divergence_as_its_mean() -> None:
    """E[k1] = E[exact] within three standard errors on 400 responses sampled from the candidate."""
    candidate, baseline = llama(0), llama(1, initializer_range=0.28)
    torch.manual_seed(0)
    with torch.inference_mode():
        ids = candidate.model.generate(
            torch.tensor([[1, 2, 3]]).repeat(400, 1),
            do_sample=True,
            top_k=0,
            max_new_tokens=12,
            pad_token_id=0,
            eos_token_id=VOCABULARY + 5,
        )
    items = [DriftText(str(i), (1, 2, 3), tuple(row[3:].tolist())) for i, row in enumerate(ids)]
    rows = measure(candidate, baseline, items)
    exact = torch.tensor([r.kl_candidate_to_baseline_nats for r in rows])
    k1 = torch.tensor([r.logp_candidate_nats - r.logp_baseline_nats for r in rows])
    standard_error = float((k1 - exact).std()) / 20
    assert abs(float((k1 - exact).mean())) < 3 * standard_error
    assert float(exact.std()) < float(k1.std())


@pytest.mark.parametrize("kind", ["gemma2", "granite", "gpt2", "llama-tied"])
def test_heads_are_found_for_soft_capped_scaled_and_tied_models(kind: str) -> None:
    """The head found from the configuration reproduces the model's own logits."""
    torch.manual_seed(0)
    models = {
        "gemma2": lambda: Gemma2ForCausalLM(Gemma2Config(**SMALL, head_dim=8, final_logit_softcapping=2.0)),
        "granite": lambda: GraniteForCausalLM(GraniteConfig(**SMALL, logits_scaling=8.0)),
        "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4)),
        "llama-tied": lambda: LlamaForCausalLM(LlamaConfig(**SMALL, tie_word_embeddings=True)),
    }
    reader = state_reader(models[kind]().eval())
    assert isinstance(reader.head, LinearHead)
    assert (reader.head.softcap, reader.head.scale) == (
        2.0 if kind == "gemma2" else None,
        1 / 8 if kind == "granite" else 1,
    )
    rows = measure(loaded(reader.model), loaded(reader.model), texts(2))
    assert all(r.kl_candidate_to_baseline_nats == 0 for r in rows)


class OddHead(LlamaForCausalLM):  # type: ignore[misc]
    """A model whose logits are no known function of its last hidden state."""

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Logits shifted by their own first column."""
        found = super().forward(*args, **kwargs)
        found.logits = found.logits + found.logits[..., :1] * torch.linspace(0, 1, VOCABULARY)
        return found


def test_unknown_heads_fall_back_to_the_models_own_logits() -> None:
    """Where no head reproduces the logits, the logits themselves are compared, in small batches."""
    torch.manual_seed(0)
    odd = OddHead(LlamaConfig(**SMALL)).eval()
    reader = state_reader(odd)
    assert isinstance(reader.head, LogitsAsHidden)
    assert reader.max_tokens is not None
    plain = llama(1)
    sources = LiveStates(reader, 64), LiveStates(state_reader(plain.model), 64)
    drift = dict(token_drifts(*sources, texts(1), Comparability(Level.EXACT), DriftOptions()))[0]
    ids = torch.tensor([[*texts(1)[0].prompt_token_ids, *texts(1)[0].response_token_ids]])
    with torch.inference_mode():
        logp, logq = [m(ids).logits[0, 2:-1].double().log_softmax(-1) for m in (odd, plain.model)]
    torch.testing.assert_close(
        drift.kl_candidate_to_baseline_T, (logp.exp() * (logp - logq)).sum(-1), rtol=1e-5, atol=1e-7
    )


def test_batches_are_of_similar_length_and_within_budget() -> None:
    """Longest first, every index once, rows times longest row within the budget unless the row is alone."""
    batches = token_batches([5, 100, 7, 6, 50], 60)
    assert batches == [[1], [4], [2, 3, 0]]
    ids_BL, mask_BL = padded([[5, 6], [7]])
    assert (ids_BL.tolist(), mask_BL.tolist()) == ([[5, 6], [7, 0]], [[1, 1], [1, 0]])


def test_texts_without_context_and_unknown_ids_are_refused() -> None:
    """A response without its prompt cannot be teacher-forced; an id beyond the embedding is named."""
    with pytest.raises(MeasurementError, match="'a' lacks prompt"):
        measure(llama(0), llama(1), [DriftText("a", (), (1, 2))])
    with pytest.raises(MeasurementError, match="token id 97, but a model has only 97"):
        measure(llama(0), llama(1), [DriftText("a", (1,), (97,))])


def test_padded_vocabularies_are_compared_on_shared_ids() -> None:
    """A model with 31 padding ids more than the other is compared, and what it gives to padding is reported."""
    rows = measure(llama(0, vocab_size=128), llama(1), texts(1))
    total = next(r for r in rows if r.part == "all")
    assert 0 < total.dropped_candidate < total.tokens
    assert total.dropped_baseline == 0
    assert total.kl_candidate_to_baseline_nats > 0


def test_long_texts_are_read_in_chunks_over_a_cache() -> None:
    """A text longer than the budget gives the same drift as read at once."""
    candidate, baseline, items = llama(0), llama(1), texts(5)[-1:]
    whole, chunked = (
        measure(candidate, baseline, items),
        measure(candidate, baseline, items, DriftOptions(token_budget=9)),
    )
    for one, other in zip(whole, chunked, strict=True):
        assert one.kl_candidate_to_baseline_nats == pytest.approx(other.kl_candidate_to_baseline_nats, rel=1e-5)


@pytest.mark.parametrize("budget", [8192, 30])
def test_a_long_prompt_of_several_draws_is_read_once(budget: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws of one prompt that is as long as they are: the prompt's states are shared, the drift stays the same."""
    g = torch.Generator().manual_seed(3)
    prompt = tuple(torch.randint(VOCABULARY, (24,), generator=g).tolist())
    draws = [tuple(torch.randint(VOCABULARY, (n,), generator=g).tolist()) for n in (9, 24, 13)]
    items = [DriftText(f"draw-{i}", prompt, draw) for i, draw in enumerate(draws)] + texts(2)
    found = measure(llama(0), llama(1), items, DriftOptions(token_budget=budget))
    assert text_batches(items, 8192)[0] == [1, 2, 0]
    read: list[int] = []
    whole = StateReader.read_after

    def read_after(reader: StateReader, prompt_L: torch.Tensor, *rows: torch.Tensor) -> torch.Tensor:
        read.append(len(prompt_L))
        return whole(reader, prompt_L, *rows)

    monkeypatch.setattr(StateReader, "read_after", read_after)
    measure(llama(0), llama(1), items)
    assert read == [24, 24]
    alone = [row for item in items for row in measure(llama(0), llama(1), [item])]
    for one, other in zip(found, alone, strict=True):
        assert (one.key, one.part, one.tokens) == (other.key, other.part, other.tokens)
        assert one.kl_candidate_to_baseline_nats == pytest.approx(other.kl_candidate_to_baseline_nats, rel=1e-5)


def test_noise_floor_is_far_below_drift() -> None:
    """A model against itself in other batches is rounding; in bfloat16 it is more, and still far below drift."""
    model, items = llama(0), texts(5)
    low = loaded(copy.deepcopy(model.model).bfloat16())
    totals = [
        sum(r.kl_candidate_to_baseline_nats for r in rows)
        for rows in (noise_floor(model, items), noise_floor(model, items, other=low), measure(model, llama(1), items))
    ]
    assert totals[0] < 1e-8
    assert totals[0] < totals[1] < totals[2] / 100
