"""Likelihoods of bare texts: by an independent formula, and as responses that carry their score."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from trustdelta.benchmarks.shared.likelihood import comparison
from trustdelta.benchmarks.stereoset import icat
from trustdelta.config import ModelConfig
from trustdelta.engines.likelihood import log_probability
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.records import Message, Prompt, Request

FIRST, SECOND = "two plus two is four", "four plus is two two"


@pytest.fixture(scope="module")
def engine() -> Iterator[TransformersEngine]:
    """A miniature model."""
    opened = TransformersEngine(ModelConfig(source="organism:instruct"))
    yield opened
    opened.close()


def test_log_probability_is_minus_the_cross_entropy(engine: TransformersEngine) -> None:
    """The sum over tokens is minus the summed cross-entropy of the library; per token, minus its mean."""
    tokenizer = engine.tokenizer
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    ids = torch.tensor([[start, *tokenizer(FIRST, add_special_tokens=False)["input_ids"]]])
    with torch.inference_mode():
        logits = engine.model(ids).logits[0, :-1]
    loss = torch.nn.functional.cross_entropy(logits, ids[0, 1:])
    n = ids.shape[1] - 1
    assert log_probability(engine.model, tokenizer, FIRST) == pytest.approx(-float(loss) * n, rel=1e-4)
    assert log_probability(engine.model, tokenizer, FIRST, per_token=True) == pytest.approx(-float(loss), rel=1e-4)


def test_texts_are_compared_among_questions(engine: TransformersEngine) -> None:
    """In one batch a question is answered and two texts are compared; swapping the texts swaps the score."""
    asked = Prompt("b", (Message("user", "two plus two"),))
    prompts = [comparison("b", FIRST, SECOND), asked, comparison("b", SECOND, FIRST)]
    found = engine.generate([Request(p, 0, 1, 2) for p in prompts])
    assert [r.prompt_id for r in found] == [p.id for p in prompts]
    assert sorted([found[0].recorded["score"], found[2].recorded["score"]]) == [0.0, 1.0]
    assert found[0].text == found[2].text
    assert found[1].token_ids
    assert not found[1].recorded


def test_icat() -> None:
    """By hand: ideal 100, always the stereotype 0, 80 % sense at 60 % stereotypes 64."""
    assert [icat(100, 50), icat(100, 100), icat(80, 60)] == [100, 0, 64]
