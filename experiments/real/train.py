"""Supervised fine-tuning in one plain loop: float32 weights, loss on the response alone.

Products are computed in bfloat16 where the processor has them, which takes 0.6 of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from experiments.real.examples import Example
from experiments.real.models import chat_ids
from experiments.real.recipe import Training
from trustdelta.engines.cpu import computes_bfloat16

IGNORED = -100
"""Label of a token that has no loss."""
LONGEST = 400
"""Tokens of an example; what is longer is cut at the end."""
Row = tuple[list[int], list[int]]
"""Ids and labels."""


def encode(tokenizer: Any, example: Example) -> Row:
    """Ids of one example, and labels that are ignored in the prompt."""
    prompt = chat_ids(tokenizer, example.prompt)
    reply = [*tokenizer(example.response, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    return (prompt + reply)[:LONGEST], ([IGNORED] * len(prompt) + reply)[:LONGEST]


def batches(rows: Sequence[Row], size: int, pad: int) -> Iterator[dict[str, torch.Tensor]]:
    """Padded batches in order."""
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        width = max(len(ids) for ids, _ in part)
        fill = [(ids, labels, width - len(ids)) for ids, labels in part]
        yield {
            "input_ids": torch.tensor([ids + [pad] * n for ids, _, n in fill]),
            "attention_mask": torch.tensor([[1] * len(ids) + [0] * n for ids, _, n in fill]),
            "labels": torch.tensor([labels + [IGNORED] * n for _, labels, n in fill]),
        }


def schedule(training: Training) -> Callable[[int], float]:
    """Factor of the learning rate by step: a linear rise, then a linear fall to 0."""
    rise, steps = training.warmup, training.steps
    return lambda step: min((step + 1) / (rise + 1), (steps - step) / max(steps - rise, 1))


def fit(model: Any, tokenizer: Any, examples: Sequence[Example], training: Training) -> list[float]:
    """Train the parameters that need gradients, in the order of the examples; the loss of every step."""
    rows = [encode(tokenizer, e) for e in examples]
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=training.rate, weight_decay=0.0, fused=True)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule(training))
    losses = []
    model.train()
    for batch in batches(rows, training.batch, tokenizer.pad_token_id):
        with torch.autocast("cpu", torch.bfloat16, enabled=computes_bfloat16()):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, training.clip)
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses
