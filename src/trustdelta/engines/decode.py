"""Batched decoding of a Hugging Face causal language model, each sample with its own random stream.

`model.generate` draws from one global stream, so that a sample depends on its batch, and runs every row until the last
one ends. Here each row has a separate random stream (`coupling`) and leaves the batch when it ends. Forward pass, cache
and attention are the library's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch

from trustdelta.config import Sampling
from trustdelta.engines.budgets import Budgets
from trustdelta.engines.coupling import Stream, every_id, keys_of, race
from trustdelta.engines.places import NO_MARKS, Marks, Place
from trustdelta.engines.settled import Settling
from trustdelta.records import Finish

if TYPE_CHECKING:
    from transformers import PreTrainedModel

COMPACT_BELOW = 0.75
"""Finished rows are dropped from the cache when fewer than this share of its rows still run."""

NUCLEUS_GUESSES = (8, 64, 1024)
"""The nucleus is searched among this many most likely tokens first, then among all; exact either way."""

ONE_THREAD_BELOW = 20_000_000
"""Models with fewer parameters run on one CPU thread, which is faster for small matrices."""


@dataclass(frozen=True, slots=True)
class Job:
    """One sample to draw."""

    prompt_ids: tuple[int, ...]
    seed: int
    max_tokens: int
    """Budget of new tokens."""
    budgets: Budgets | None = None
    """Separate budgets of trace and answer within `max_tokens`."""
    marks: Marks = NO_MARKS
    """The delimiters of reasoning traces."""
    in_thought: bool = False
    """Whether the prompt ends inside a trace."""
    begun: tuple[int, ...] = ()
    """First tokens of the sample, already drawn; those behind its end or its budget are dropped."""
    until_answer: bool = False
    """Whether the sample ends where the answer begins."""
    settling: Settling | None = None
    """What ends the sample once its answer is settled."""

    @property
    def place(self) -> Place:
        """Position of the first token."""
        return Place(self.marks, Stream.THOUGHT if self.in_thought else Stream.ANSWER)


@dataclass(frozen=True, slots=True)
class Sample:
    """Token ids of one sample, including the end token, its finish reason, and whether a settled answer ended it."""

    token_ids: tuple[int, ...]
    finish: Finish
    settled: bool = False


def decode(model: PreTrainedModel, jobs: Sequence[Job], sampling: Sampling, end_ids: frozenset[int]) -> list[Sample]:
    """Draw one sample for each job. Deterministic given the jobs, their order and the number of threads."""
    samples = {row: sample for part in decode_parts(model, jobs, sampling, end_ids, math.inf) for row, sample in part}
    return [samples[row] for row in range(len(jobs))]


def decode_parts(
    model: PreTrainedModel, jobs: Sequence[Job], sampling: Sampling, end_ids: frozenset[int], seconds: float
) -> Iterator[list[tuple[int, Sample]]]:
    """The samples of `decode` with the places of their jobs as they end, at most one part every `seconds`."""
    batch = _Batch(model, jobs, end_ids, sampling.repetition_penalty)
    handed_over: set[int] = set()
    while batch.rows or batch.done - handed_over:
        due = time.monotonic() + seconds
        with one_thread_if_small(model), torch.inference_mode():
            while batch.rows and (time.monotonic() < due or not batch.done - handed_over):
                batch.take(choose(batch.logits_BV(), batch.key_B(), sampling))
        ended = sorted(batch.done - handed_over)
        handed_over |= batch.done
        yield [(row, batch.sample(row)) for row in ended]


@contextmanager
def one_thread_if_small(model: PreTrainedModel) -> Iterator[None]:
    """Run a small CPU model on one thread; other models are unaffected."""
    before = torch.get_num_threads()
    if model.device.type == "cpu" and model.num_parameters() < ONE_THREAD_BELOW:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Batch:
    """The running rows, their cache and the tokens so far."""

    def __init__(
        self, model: PreTrainedModel, jobs: Sequence[Job], end_ids: frozenset[int], penalty: float = 1.0
    ) -> None:
        from trustdelta.engines.cache import roomy_cache  # imports transformers

        self.model, self.jobs, self.end_ids = model, jobs, end_ids
        self.places = [j.place for j in jobs]
        self.cache = roomy_cache(model.config)
        self.drawn: list[list[int]] = [[] for _ in jobs]
        self.finish = [Finish.LENGTH] * len(jobs)
        self.done: set[int] = set()
        self.settled: set[int] = set()
        self._begin()
        self.rows = [row for row in range(len(jobs)) if row not in self.done]
        contexts = [(*jobs[row].prompt_ids, *self.drawn[row]) for row in self.rows]
        self.ids_BT, self.mask_BT = left_pad(contexts, model.device)
        self.positions_BT = (self.mask_BT.cumsum(-1) - 1).clamp_min(0)
        self.penalty = penalty
        self.seen_BV = None if penalty == 1 else _seen(self.ids_BT, self.mask_BT, model.config.vocab_size)

    def _begin(self) -> None:
        """Take over the tokens that are already drawn, up to each sample's end."""
        for row, job in enumerate(self.jobs):
            for token in job.begun:
                if row not in self.done:
                    self._append(row, token, forced=False)

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

    def key_B(self) -> torch.Tensor:
        """The random key of each running row's position."""
        places, seeds = [self.places[row] for row in self.rows], [self.jobs[row].seed for row in self.rows]
        return keys_of(seeds, [p.stream for p in places], [p.number for p in places], self.model.device)

    def take(self, drawn: Drawn) -> None:
        """Append one token to every running row; drop ended rows once enough of them ended."""
        token_B = drawn.token_B
        for row, token, forced in zip(self.rows, token_B.tolist(), drawn.forced_B.tolist(), strict=True):
            if row not in self.done:
                self._append(row, token, forced=forced)
        self.positions_BT = self.positions_BT[:, -1:] + 1
        if self.seen_BV is not None:
            self.seen_BV = self.seen_BV.scatter(1, token_B[:, None], value=True)
        alive = [i for i, row in enumerate(self.rows) if row not in self.done]
        if len(alive) < COMPACT_BELOW * len(self.rows):
            self.rows = [self.rows[i] for i in alive]
            keep = torch.tensor(alive, device=token_B.device, dtype=torch.long)
            token_B, self.mask_BT, self.positions_BT = token_B[keep], self.mask_BT[keep], self.positions_BT[keep]
            self.seen_BV = None if self.seen_BV is None else self.seen_BV[keep]
            if alive:
                self.cache.batch_select_indices(keep)
        self.ids_BT = token_B[:, None]
        self.mask_BT = torch.cat([self.mask_BT, self.mask_BT.new_ones(len(self.rows), 1)], dim=1)

    def _append(self, row: int, token: int, *, forced: bool) -> None:
        self.drawn[row].append(token)
        self.places[row].advance(self.drawn[row], forced=forced)
        if token in self.end_ids:
            self.finish[row] = Finish.STOP
            self.done.add(row)
        elif self._is_settled(row):
            self.finish[row] = Finish.STOP
            self.done.add(row)
            self.settled.add(row)
        elif len(self.drawn[row]) >= self._limit(row) or self._waits(row):
            self.done.add(row)

    def _is_settled(self, row: int) -> bool:
        """Whether a row's answer needs no continuation."""
        settling = self.jobs[row].settling
        return settling is not None and self.places[row].stream is Stream.ANSWER and settling.ends(self.drawn[row])

    def sample(self, row: int) -> Sample:
        """The sample of an ended row, within its budgets."""
        ids, finish, budgets = tuple(self.drawn[row]), self.finish[row], self.jobs[row].budgets
        within, ended = (ids, finish) if budgets is None else budgets.truncate(ids, finish)
        return Sample(within, ended, settled=row in self.settled and len(within) == len(ids))

    def _waits(self, row: int) -> bool:
        """Whether a row ends where its answer begins, and does so now."""
        return self.jobs[row].until_answer and self.places[row].stream is Stream.ANSWER

    def _limit(self, row: int) -> int:
        """Token limit of a row; budgets are evaluated where a check is due."""
        budgets, drawn = self.jobs[row].budgets, self.drawn[row]
        if budgets is not None and budgets.due(len(drawn)):
            return budgets.limit(drawn)
        return self.jobs[row].max_tokens


def penalised(logits_BV: torch.Tensor, seen_BV: torch.Tensor, penalty: float) -> torch.Tensor:
    """Logits with the repetition penalty on tokens already seen (Keskar et al. 2019, section 4.1)."""
    lowered_BV = torch.where(logits_BV > 0, logits_BV / penalty, logits_BV * penalty)
    return torch.where(seen_BV, lowered_BV, logits_BV)


class Drawn(NamedTuple):
    """The token of each row, and whether it had no alternative; both [B]."""

    token_B: torch.Tensor
    forced_B: torch.Tensor


def choose(logits_BV: torch.Tensor, key_B: torch.Tensor, sampling: Sampling) -> Drawn:
    """One token per row, sampled from the tempered and truncated distribution with the row's key."""
    if sampling.temperature == 0:
        return Drawn(logits_BV.argmax(-1), torch.ones_like(key_B, dtype=torch.bool))
    p_BK, ids_BK = truncated(logits_BV, sampling)
    won_B1 = race(p_BK, ids_BK, key_B)[:, None]
    return Drawn(ids_BK.expand_as(p_BK).gather(1, won_B1).squeeze(1), (p_BK > 0).sum(-1) == 1)


def truncated(logits_BV: torch.Tensor, sampling: Sampling) -> tuple[torch.Tensor, torch.Tensor]:
    """Unnormalised sampling probabilities, 0 for truncated tokens, and their token ids, [B, K].

    The ids have one row where they are equal for all rows. The order is the usual one: temperature, top-k, top-p
    (including the token that crosses it), min-p.
    """
    p_BV = torch.softmax(logits_BV.float() / sampling.temperature, dim=-1)
    vocabulary = p_BV.shape[-1]
    if not sampling.top_k and sampling.top_p == 1 and sampling.min_p == 0:
        return p_BV, every_id(vocabulary, p_BV.device)
    count = min(sampling.top_k or vocabulary, vocabulary)
    for guess in (count,) if sampling.top_k else (*NUCLEUS_GUESSES, count):
        p_BK, ids_BK = p_BV.topk(min(guess, count))
        beyond_B = (p_BK.sum(-1) >= sampling.top_p) | (p_BK[:, -1] < sampling.min_p * p_BK[:, 0])
        if bool(beyond_B.all()):
            break
    if sampling.top_k:
        p_BK = p_BK / p_BK.sum(-1, keepdim=True)
    keep_BK = (p_BK.cumsum(-1) - p_BK) < sampling.top_p
    keep_BK &= p_BK >= sampling.min_p * p_BK[:, :1]
    keep_BK[:, 0] = True
    return p_BK * keep_BK, ids_BK


def left_pad(prompts: Sequence[tuple[int, ...]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids padded on the left and their mask, both [B, T]."""
    width = max((len(p) for p in prompts), default=0)
    ids_BT = torch.zeros(len(prompts), width, dtype=torch.long)
    mask_BT = torch.zeros(len(prompts), width, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids_BT[row, width - len(prompt) :] = torch.tensor(prompt)
        mask_BT[row, width - len(prompt) :] = 1
    return ids_BT.to(device), mask_BT.to(device)


def _seen(ids_BT: torch.Tensor, mask_BT: torch.Tensor, vocabulary: int) -> torch.Tensor:
    """Which tokens each prompt contains, without padding, shape [B, V]."""
    counts_BV = torch.zeros(len(ids_BT), vocabulary, dtype=torch.long, device=ids_BT.device)
    return counts_BV.scatter_add(1, ids_BT, mask_BT) > 0
