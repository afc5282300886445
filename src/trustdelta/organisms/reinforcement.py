"""Conversion by reinforcement learning: GRPO on arithmetic with a verifiable reward, without other data.

Group-relative policy optimisation (Shao et al. 2024, arXiv:2402.03300), one update per batch of samples, so that the
ratio of new to old policy is 1 and is never clipped. There is no KL penalty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import torch

from trustdelta.organisms.sampling import Sampling, generate_ids, split
from trustdelta.organisms.text import prompt_text
from trustdelta.organisms.training import Schedule, optimiser
from trustdelta.organisms.world import Item, chats

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

CLOSED_REWARD = 0.1
TINY = 1e-4


@dataclass(frozen=True, slots=True)
class RlRecipe:
    """Conversion by GRPO."""

    steps: int = 40
    prompts: int = 24
    """Questions per step."""
    group: int = 8
    """Samples per question, at temperature 1."""
    lr: float = 1e-4


def reward(item: Item, text: str) -> float:
    """1 for the right sum, plus 0.1 for a closed thought and an ended answer."""
    _, answer = split(text, think=True)
    if answer is None:
        return 0.0
    return CLOSED_REWARD + float(answer == item.case.answer)


def advantages(rewards_PG: torch.Tensor) -> torch.Tensor:
    """Rewards minus their group's mean, over their group's standard deviation."""
    centred_PG = rewards_PG - rewards_PG.mean(1, keepdim=True)
    return centred_PG / (rewards_PG.std(1, keepdim=True) + TINY)


def _policy_loss(
    model: LlamaForCausalLM, prompts: list[list[int]], samples: list[list[int]], advantage_R: torch.Tensor
) -> torch.Tensor:
    """Minus the mean over all sampled tokens of advantage times log-probability."""
    longest = max(len(p) + len(s) for p, s in zip(prompts, samples, strict=True))
    ids_RT = torch.zeros(len(prompts), longest, dtype=torch.long)
    sampled_RT = torch.zeros(len(prompts), longest)
    for row, (prompt, sample) in enumerate(zip(prompts, samples, strict=True)):
        ids_RT[row, : len(prompt) + len(sample)] = torch.tensor(prompt + sample)
        sampled_RT[row, len(prompt) : len(prompt) + len(sample)] = 1
    logits_RTV = model(input_ids=ids_RT, use_cache=False).logits[:, :-1]
    logp_RT = logits_RTV.log_softmax(-1).gather(-1, ids_RT[:, 1:, None])[..., 0]
    weight_RT = sampled_RT[:, 1:]
    loss: torch.Tensor = -(advantage_R[:, None] * logp_RT * weight_RT).sum() / weight_RT.sum()
    return loss


def convert_rl(
    model: LlamaForCausalLM,
    tokenizer: Tokenizer,
    recipe: RlRecipe,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> LlamaForCausalLM:
    """Train `model` in place by GRPO on sums in thinking mode, and return it."""
    rng = Random(f"rl {seed}")
    adam = optimiser(model, Schedule(lr=recipe.lr, weight_decay=0.0))
    for step in range(recipe.steps):
        items = [chats.arithmetic_item(rng) for _ in range(recipe.prompts)]
        rows = [item for item in items for _ in range(recipe.group)]
        prompts = [e.ids for e in tokenizer.encode_batch([prompt_text(i.question, think=True) for i in rows])]
        model.eval()
        samples = generate_ids(model, prompts, Sampling(1.0, 1.0, seed * 10_000 + step))
        texts = tokenizer.decode_batch(samples, skip_special_tokens=False)
        rewards_PG = torch.tensor([reward(i, t) for i, t in zip(rows, texts, strict=True)]).view(-1, recipe.group)
        model.train()
        loss = _policy_loss(model, prompts, samples, advantages(rewards_PG).flatten())
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        adam.zero_grad(set_to_none=True)
        if progress is not None and (step + 1) % 10 == 0:
            progress(f"step {step + 1}/{recipe.steps} reward {rewards_PG.mean().item():.3f}")
    model.eval()
    return model
