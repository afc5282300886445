"""Decoding draws from the distribution it says, row by row, whoever the neighbours are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers

from trustdelta.config import Sampling
from trustdelta.engines.decode import Job, decode, decode_parts
from trustdelta.records import Finish


@pytest.fixture(scope="module")
def model() -> transformers.LlamaForCausalLM:
    """A small random model."""
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=300,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        initializer_range=0.3,
    )
    return transformers.LlamaForCausalLM(config).eval()


@pytest.fixture(scope="module")
def jobs() -> list[Job]:
    """Prompts of many lengths, with budgets of their own."""
    rng = np.random.default_rng(0)
    prompts = [tuple(int(i) for i in rng.integers(3, 300, size=rng.integers(1, 20))) for _ in range(24)]
    return [Job(p, seed, 8 + seed % 9) for seed, p in enumerate(prompts)]


ENDS = frozenset(range(40))


def test_greedy_equals_the_library(model: transformers.LlamaForCausalLM, jobs: list[Job]) -> None:
    """Greedy decoding of a padded, shrinking batch gives what `model.generate` gives to each prompt alone."""
    samples = decode(model, jobs, Sampling(temperature=0), ENDS)
    for job, sample in zip(jobs, samples, strict=True):
        ids = torch.tensor([job.prompt_ids])
        wanted = model.generate(
            ids, max_new_tokens=job.max_tokens, do_sample=False, eos_token_id=sorted(ENDS), pad_token_id=0
        )
        assert sample.token_ids == tuple(wanted[0, len(job.prompt_ids) :].tolist())
        assert (sample.finish is Finish.STOP) == (sample.token_ids[-1] in ENDS)
        assert len(sample.token_ids) <= job.max_tokens


def test_a_sample_does_not_depend_on_its_neighbours(model: transformers.LlamaForCausalLM, jobs: list[Job]) -> None:
    """A seeded sample is the same alone and in a batch, and other seeds give other samples."""
    together = decode(model, jobs, Sampling(temperature=0.8, top_p=0.95), ENDS)
    alone = [decode(model, [job], Sampling(temperature=0.8, top_p=0.95), ENDS)[0] for job in jobs]
    assert together == alone
    other = decode(model, [Job(j.prompt_ids, j.seed + 1000, j.max_tokens) for j in jobs], Sampling(), ENDS)
    assert sum(a != b for a, b in zip(together, other, strict=True)) > len(jobs) // 2


def test_samples_are_handed_over_as_they_end(model: transformers.LlamaForCausalLM, jobs: list[Job]) -> None:
    """In parts or at the end, the samples are the same, each once; short ones come before the slowest has ended."""
    sampling = Sampling(temperature=0.8, top_p=0.95)
    parts = list(decode_parts(model, jobs, sampling, ENDS, seconds=0.0))
    rows = [row for part in parts for row, _ in part]
    assert sorted(rows) == list(range(len(jobs)))
    assert len(parts) > 3
    lengths = [max(len(sample.token_ids) for _, sample in part) for part in parts]
    assert lengths == sorted(lengths)
    samples = {row: sample for part in parts for row, sample in part}
    assert [samples[row] for row in range(len(jobs))] == decode(model, jobs, sampling, ENDS)


def test_decoding_leaves_threads_and_gradients_alone(model: transformers.LlamaForCausalLM, jobs: list[Job]) -> None:
    """Between two parts the caller's settings hold: neither inference mode nor one thread leaks out."""
    threads = torch.get_num_threads()
    for _ in decode_parts(model, jobs, Sampling(), ENDS, seconds=0.0):
        assert not torch.is_inference_mode_enabled()
        assert torch.get_num_threads() == threads
