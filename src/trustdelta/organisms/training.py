"""The model of an organism and its training loop.

Many small steps, not many tokens: 256 tokens per batch, bucketed by length. Initialiser 0.08, about 1/sqrt(96); with
the usual 0.02 a model of this width learns only class frequencies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn import functional

from trustdelta.organisms.text import VOCABULARY, completion_text, prompt_text
from trustdelta.organisms.world.chats import Chat

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

BUCKET = 2048
IGNORED = -100


class Example(NamedTuple):
    """One training example."""

    ids: list[int]
    learn_from: int
    """Index of the first token with a loss."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a model; heads are 32 wide."""

    width: int = 96
    layers: int = 3
    heads: int = 3
    hidden: int = 256


@dataclass(frozen=True, slots=True)
class Schedule:
    """AdamW with warm-up over 3 % of the steps and a linear decay to 0."""

    lr: float = 2e-3
    tokens_per_batch: int = 256
    weight_decay: float = 0.05
    decay_from: float = 0.5
    """Share of the steps before the decay."""
    stop_after: float = 1.0
    """Share of the steps after which training ends, with that checkpoint of the full run."""

    def factor(self, step: int, steps: int) -> float:
        """The factor of `lr` at one step."""
        warm = max(1, round(0.03 * steps))
        rest = (steps - step) / max(1.0, steps * (1 - self.decay_from))
        return min(1.0, (step + 1) / warm, rest)


def new_model(shape: Shape, seed: int) -> LlamaForCausalLM:
    """An untrained model; its initial weights depend on `seed` alone."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=shape.width,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=32,
        max_position_embeddings=512,
        initializer_range=0.08,
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(config)


def chat_examples(tokenizer: Tokenizer, chats: Sequence[Chat]) -> list[Example]:
    """Chats as examples with a loss on the completion only."""
    prompts = tokenizer.encode_batch([prompt_text(c.question, c.thought is not None) for c in chats])
    completions = tokenizer.encode_batch([completion_text(c) for c in chats])
    return [Example(p.ids + c.ids, len(p.ids)) for p, c in zip(prompts, completions, strict=True)]


def document_examples(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Example]:
    """Documents as examples with a loss from the second token on."""
    return [Example([1, *e.ids, 2], 1) for e in tokenizer.encode_batch([f" {t}" for t in texts])]


def batches(examples: Sequence[Example], tokens: int, rng: Random) -> list[list[Example]]:
    """One epoch in random order, each batch of similar lengths and of at most `tokens` padded tokens."""
    order = list(examples)
    rng.shuffle(order)
    result: list[list[Example]] = []
    for start in range(0, len(order), BUCKET):
        batch: list[Example] = []
        for example in sorted(order[start : start + BUCKET], key=lambda e: len(e.ids)):
            if batch and len(example.ids) * (len(batch) + 1) > tokens:
                result.append(batch)
                batch = []
            batch.append(example)
        result.append(batch)
    rng.shuffle(result)
    return result


def _tensors(batch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(e.ids) for e in batch)
    ids_BT = torch.zeros(len(batch), longest, dtype=torch.long)
    labels_BT = torch.full((len(batch), longest), IGNORED)
    for row, example in enumerate(batch):
        ids = torch.tensor(example.ids)
        ids_BT[row, : len(ids)] = ids
        labels_BT[row, example.learn_from : len(ids)] = ids[example.learn_from :]
    return ids_BT, labels_BT


def optimiser(model: LlamaForCausalLM, schedule: Schedule) -> torch.optim.AdamW:
    """The AdamW optimiser of every recipe."""
    return torch.optim.AdamW(
        model.parameters(), lr=schedule.lr, betas=(0.9, 0.95), weight_decay=schedule.weight_decay, fused=True
    )


def _progress_points(steps: int) -> Iterator[int]:
    return (math.ceil(steps * k / 10) - 1 for k in range(1, 11))


def train(
    model: LlamaForCausalLM,
    examples: Sequence[Example],
    schedule: Schedule,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> float:
    """Train in place for at most one epoch; returns the mean loss in nats per token over the last tenth of it."""
    model.train()
    plan = batches(examples, schedule.tokens_per_batch, Random(seed))
    adam = optimiser(model, schedule)
    count = max(1, round(len(plan) * schedule.stop_after))
    points, recent = set(_progress_points(count)), [0.0]
    for step, batch in enumerate(plan[:count]):
        for group in adam.param_groups:
            group["lr"] = schedule.lr * schedule.factor(step, len(plan))
        ids_BT, labels_BT = _tensors(batch)
        logits_BTV = model(input_ids=ids_BT, use_cache=False).logits
        loss = functional.cross_entropy(
            logits_BTV[:, :-1].flatten(0, 1), labels_BT[:, 1:].flatten(), ignore_index=IGNORED
        )
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        adam.zero_grad(set_to_none=True)
        recent.append(loss.item())
        if step in points:
            recent = [sum(recent[1:]) / max(1, len(recent) - 1)] if step == count - 1 else recent
            if progress is not None:
                progress(f"step {step + 1}/{len(plan)} loss {sum(recent) / len(recent):.3f}")
            if step != count - 1:
                recent = [0.0]
    model.eval()
    return recent[0]
