"""Batched generation from an organism in memory, for measurement and for reinforcement learning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from trustdelta.organisms.text import CLOSE, EOS, prompt_text

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM

MAX_NEW_TOKENS = 96
BATCH = 192


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling parameters; temperature 0 is greedy. The defaults are those of the shipped organisms."""

    temperature: float = 0.6
    top_p: float = 0.95
    seed: int = 0


SHIPPED = Sampling()


def generate_ids(model: LlamaForCausalLM, prompts: Sequence[list[int]], sampling: Sampling) -> list[list[int]]:
    """One sampled continuation per prompt, up to and including its end token, or of `MAX_NEW_TOKENS`."""
    longest = max(map(len, prompts))
    ids_BT = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
    mask_BT = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    sampled = sampling.temperature > 0
    chosen = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0} if sampled else {}
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(sampling.seed)
        out_BT = model.generate(
            input_ids=ids_BT,
            attention_mask=mask_BT,
            max_new_tokens=MAX_NEW_TOKENS,
            do_sample=sampled,
            pad_token_id=0,
            eos_token_id=2,
            **chosen,
        )
    rows = out_BT[:, longest:].tolist()
    return [row[: row.index(2) + 1] if 2 in row else row for row in rows]


def respond(
    model: LlamaForCausalLM, tokenizer: Tokenizer, questions: Sequence[str], think: bool, sampling: Sampling = SHIPPED
) -> list[tuple[str | None, str | None]]:
    """(thought, answer) of each question; the answer is None for an unended response or an unclosed thought."""
    encoded = [e.ids for e in tokenizer.encode_batch([prompt_text(q, think) for q in questions])]
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
    texts: dict[int, str] = {}
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        ids = generate_ids(model, [encoded[i] for i in rows], replace(sampling, seed=sampling.seed + start))
        texts.update(zip(rows, tokenizer.decode_batch(ids, skip_special_tokens=False), strict=True))
    return [split(texts[i], think) for i in range(len(questions))]


def split(text: str, think: bool) -> tuple[str | None, str | None]:
    """Thought and answer of one raw continuation, split at the last closing tag."""
    ended = text.endswith(EOS)
    thought, closed, answer = text.removesuffix(EOS).rpartition(CLOSE)
    if think and not closed:
        return answer, None
    return (thought if closed else None), (answer.strip() if ended else None)
