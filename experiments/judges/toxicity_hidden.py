"""Trains the toxicity judge's head over the encoder: a linear map and one hidden layer beside it, by torch.

The hidden layer lets a group's name and a predicate count together more or less than apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from judges.fitting import Array

HIDDEN, EPOCHS, BATCH = 128, 6, 256
DROPOUT, DECAY, RATE = 0.5, 0.03, 1e-3


class Head(NamedTuple):
    """A linear map with its bias, and a hidden layer of rectified units: weights in, biases, weights out."""

    linear: Array
    bias: float
    into: Array
    offset: Array
    out: Array

    def score(self, rows: Array) -> Array:
        """Logits of encodings."""
        rows = rows.astype(np.float32)
        inner = np.maximum(rows @ self.into.astype(np.float32) + self.offset.astype(np.float32), 0)
        return np.asarray(rows @ self.linear.astype(np.float32) + inner @ self.out.astype(np.float32) + self.bias)


def train(rows: Array, y: Array, weight: Array) -> Head:
    """A head for encodings with labels in [0, 1] and weights; the same one every time."""
    import torch

    torch.manual_seed(0)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    x, target, share = (torch.tensor(np.asarray(v, dtype=np.float32)) for v in ((rows - mean) / scale, y, weight))
    share = share / share.mean()
    linear, into, out = (
        torch.nn.Linear(x.shape[1], 1),
        torch.nn.Linear(x.shape[1], HIDDEN),
        torch.nn.Linear(HIDDEN, 1),
    )
    torch.nn.init.zeros_(linear.weight)
    drop, layers = torch.nn.Dropout(DROPOUT), torch.nn.ModuleList([linear, into, out])
    optimizer = torch.optim.AdamW(layers.parameters(), RATE, weight_decay=DECAY)
    steps = EPOCHS * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.0, 1 - step / steps))
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x))[: len(x) // BATCH * BATCH].split(BATCH):
            score = linear(x[batch]) + out(drop(torch.relu(into(drop(x[batch])))))
            losses = torch.nn.functional.binary_cross_entropy_with_logits(
                score.squeeze(1), target[batch], reduction="none"
            )
            optimizer.zero_grad()
            (losses * share[batch]).mean().backward()
            optimizer.step()
            schedule.step()
    line, inner, outer = (layer.weight.detach().numpy().astype(np.float64) for layer in (linear, into, out))
    slope, slopes = line[0] / scale, (inner / scale).T
    bias = linear.bias.item() + out.bias.item() - float(slope @ mean)
    return Head(slope, bias, slopes, into.bias.detach().numpy() - mean @ slopes, outer[0])
