"""Batched decoding of a Hugging Face causal language model, each sample with its own random stream.

`model.generate` draws from one global stream, so that a sample depends on its neighbours, and runs every row until the
last one ends. Here each row has its own uniforms and leaves the batch when it is done; the forward pass, the cache and
the attention are the library's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from trustdelta.config import Sampling
from trustdelta.engines.budgets import Budgets
from trustdelta.records import Finish

if TYPE_CHECKING:
    from transformers import PreTrainedModel

COMPACT_BELOW = 0.75
"""Finished rows are dropped from the cache when fewer than this share of its rows still run."""

NUCLEUS_GUESSES = (8, 64)
"""The nucleus is looked for among this many likeliest tokens first, then among all: exact either way, and faster."""

ONE_THREAD_BELOW = 20_000_000
"""Models with fewer parameters run on one CPU thread: their matrices are too small to share."""


@dataclass(frozen=True, slots=True)
class Job:
    """One sample to draw: the prompt's token ids, the seed of its stream, and its budget in new tokens.

    `budgets` bound thought and answer apart within it.
    """

    prompt_ids: tuple[int, ...]
    seed: int
    max_tokens: int
    budgets: Budgets | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The token ids drawn (the end token included) and why drawing ended."""

    token_ids: tuple[int, ...]
    finish: Finish


def decode(model: PreTrainedModel, jobs: Sequence[Job], sampling: Sampling, end_ids: frozenset[int]) -> list[Sample]:
    """Draw one sample for each job. Deterministic given the jobs, their order and the number of threads."""
    batch = _Batch(model, jobs, end_ids, sampling.repetition_penalty)
    with one_thread_if_small(model), torch.inference_mode():
        for step in range(max(j.max_tokens for j in jobs)):
            uniform_B = torch.from_numpy(batch.uniform_BT[batch.rows, step]).to(model.device)
            batch.take(choose(batch.logits_BV(), uniform_B, sampling))
            if not batch.rows:
                break
    return [_sample(job, tuple(ids), end) for job, ids, end in zip(jobs, batch.drawn, batch.finish, strict=True)]


def _sample(job: Job, ids: tuple[int, ...], finish: Finish) -> Sample:
    return Sample(*((ids, finish) if job.budgets is None else job.budgets.kept(ids, finish)))


@contextmanager
def one_thread_if_small(model: PreTrainedModel) -> Iterator[None]:
    """Run a small CPU model on one thread; others keep the threads they have."""
    before = torch.get_num_threads()
    if model.device.type == "cpu" and model.num_parameters() < ONE_THREAD_BELOW:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Batch:
    """The rows still running, their cache, and what was drawn so far."""

    def __init__(
        self, model: PreTrainedModel, jobs: Sequence[Job], end_ids: frozenset[int], penalty: float = 1.0
    ) -> None:
        from transformers import DynamicCache

        self.model, self.jobs, self.end_ids = model, jobs, end_ids
        self.ids_BT, self.mask_BT = left_pad([j.prompt_ids for j in jobs], model.device)
        self.positions_BT = (self.mask_BT.cumsum(-1) - 1).clamp_min(0)
        self.uniform_BT = _uniforms(jobs)
        self.cache = DynamicCache(config=model.config)
        self.rows = list(range(len(jobs)))
        self.drawn: list[list[int]] = [[] for _ in jobs]
        self.finish = [Finish.LENGTH] * len(jobs)
        self._done: set[int] = set()
        self.penalty = penalty
        self.seen_BV = None if penalty == 1 else _seen(self.ids_BT, self.mask_BT, model.config.vocab_size)

    def logits_BV(self) -> torch.Tensor:
        """Next-token logits of the running rows."""
        logits_BTV: torch.Tensor = self.model(
            input_ids=self.ids_BT,
            attention_mask=self.mask_BT,
            position_ids=self.positions_BT,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        logits_BV = logits_BTV[:, -1]
        return logits_BV if self.seen_BV is None else penalised(logits_BV, self.seen_BV, self.penalty)

    def take(self, token_B: torch.Tensor) -> None:
        """Append one token to every running row, and drop rows that ended once enough of them did."""
        for row, token in zip(self.rows, token_B.tolist(), strict=True):
            if row not in self._done:
                self._append(row, token)
        self.positions_BT = self.positions_BT[:, -1:] + 1
        if self.seen_BV is not None:
            self.seen_BV = self.seen_BV.scatter(1, token_B[:, None], value=True)
        alive = [i for i, row in enumerate(self.rows) if row not in self._done]
        if len(alive) < COMPACT_BELOW * len(self.rows):
            self.rows = [self.rows[i] for i in alive]
            keep = torch.tensor(alive, device=token_B.device, dtype=torch.long)
            token_B, self.mask_BT, self.positions_BT = token_B[keep], self.mask_BT[keep], self.positions_BT[keep]
            self.seen_BV = None if self.seen_BV is None else self.seen_BV[keep]
            if alive:
                self.cache.batch_select_indices(keep)
        self.ids_BT = token_B[:, None]
        self.mask_BT = torch.cat([self.mask_BT, self.mask_BT.new_ones(len(self.rows), 1)], dim=1)

    def _append(self, row: int, token: int) -> None:
        self.drawn[row].append(token)
        if token in self.end_ids:
            self.finish[row] = Finish.STOP
            self._done.add(row)
        elif len(self.drawn[row]) >= self._limit(row):
            self._done.add(row)

    def _limit(self, row: int) -> int:
        """Most tokens of a row, by its budgets where it is time to look at them."""
        budgets, drawn = self.jobs[row].budgets, self.drawn[row]
        if budgets is not None and budgets.due(len(drawn)):
            return budgets.limit(drawn)
        return self.jobs[row].max_tokens


def penalised(logits_BV: torch.Tensor, seen_BV: torch.Tensor, penalty: float) -> torch.Tensor:
    """Logits with those of tokens that prompt or response hold already moved down (Keskar et al. 2019, section 4.1)."""
    lowered_BV = torch.where(logits_BV > 0, logits_BV / penalty, logits_BV * penalty)
    return torch.where(seen_BV, lowered_BV, logits_BV)


def choose(logits_BV: torch.Tensor, uniform_B: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """The token of each row whose stretch of the (truncated, tempered) cumulative distribution holds its uniform.

    Truncation follows the usual order: temperature, top-k, top-p (the token that crosses it is kept), min-p.
    Returns token ids, shape [B].
    """
    if sampling.temperature == 0:
        return logits_BV.argmax(-1)
    logp_BV = torch.log_softmax(logits_BV.float() / sampling.temperature, dim=-1)
    vocabulary = logp_BV.shape[-1]
    count = min(sampling.top_k or vocabulary, vocabulary)
    for guess in (count,) if sampling.top_k or sampling.top_p >= 1 else (*NUCLEUS_GUESSES, count):
        top_BK, ids_BK = logp_BV.topk(min(guess, count))
        if bool((top_BK.exp().sum(-1) >= sampling.top_p).all()):
            break
    p_BK = top_BK.exp()
    if sampling.top_k:
        p_BK = p_BK / p_BK.sum(-1, keepdim=True)
    keep_BK = (p_BK.cumsum(-1) - p_BK) < sampling.top_p
    keep_BK &= p_BK >= sampling.min_p * p_BK[:, :1]
    keep_BK[:, 0] = True
    cumulative_BK = (p_BK * keep_BK).cumsum(-1)
    threshold_B1 = uniform_B[:, None].to(cumulative_BK.dtype) * cumulative_BK[:, -1:]
    index_B1 = torch.searchsorted(cumulative_BK, threshold_B1, right=True)
    last_B1 = keep_BK.sum(-1, keepdim=True) - 1
    return ids_BK.gather(1, torch.minimum(index_B1, last_B1)).squeeze(1)


def left_pad(prompts: Sequence[tuple[int, ...]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids padded on the left and their mask, both [B, T]."""
    width = max(len(p) for p in prompts)
    ids_BT = torch.zeros(len(prompts), width, dtype=torch.long)
    mask_BT = torch.zeros(len(prompts), width, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids_BT[row, width - len(prompt) :] = torch.tensor(prompt)
        mask_BT[row, width - len(prompt) :] = 1
    return ids_BT.to(device), mask_BT.to(device)


def _seen(ids_BT: torch.Tensor, mask_BT: torch.Tensor, vocabulary: int) -> torch.Tensor:
    """Which tokens each prompt holds, padding apart, shape [B, V]."""
    counts_BV = torch.zeros(len(ids_BT), vocabulary, dtype=torch.long, device=ids_BT.device)
    return counts_BV.scatter_add(1, ids_BT, mask_BT) > 0


def _uniforms(jobs: Sequence[Job]) -> NDArray[np.float64]:
    width = max(j.max_tokens for j in jobs)
    return np.stack([np.random.Generator(np.random.Philox(key=j.seed)).random(width) for j in jobs])
