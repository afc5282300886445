"""Maximal coupling: a response that begins as another model's, as far as this model's distribution allows.

Speculative verification (Leviathan, Kalman and Matias 2023, arXiv:2211.17192, algorithm 1). The other model's token x,
drawn from p, is accepted with probability min(1, q(x) / p(x)), where q is this model's distribution at that place. The
first rejected token is replaced by a draw from the positive part of q - p, and decoding goes on from there. The
response is exactly a draw from this model, and agrees with the other one for as long as any coupling of single tokens
allows. One forward pass reads a whole response; only the tokens behind the first rejection are decoded one by one.

A response is verified once: a rejected token says something about the tokens behind it, which are no draws any more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

import torch

from trustdelta.config import Sampling
from trustdelta.engines.base import HAND_OVER_SECONDS, Wrapper
from trustdelta.engines.coupling import Stream, every_id, exponentials, keys_of, race
from trustdelta.engines.decode import left_pad, one_thread_if_small, truncated
from trustdelta.engines.places import answer_start
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.errors import ConfigError
from trustdelta.records import Request, Response

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NUMBERS_AT_ONCE = 2**27
"""Logits of one forward pass; responses are read in groups of at most this many."""

Ids = tuple[int, ...]


class Side(NamedTuple):
    """One of the two models, and how it samples."""

    model: PreTrainedModel
    sampling: Sampling


class Draft(NamedTuple):
    """A response of the other model, or a part of one, and what precedes it in each model."""

    token_ids: Ids
    """The tokens to be verified."""
    other_context: Ids
    """Token ids before them in the other model: its prompt, and its trace where only the answer is verified."""
    own_context: Ids
    """Token ids before them in this model, likewise."""
    seed: int
    """Seed of this model's sample, independent of the response."""


class Begun(NamedTuple):
    """The first tokens of a response, and how many of them are the other model's."""

    token_ids: Ids
    taken_over: int


def verified(own: Side, other: Side, drafts: Sequence[Draft]) -> list[Ids]:
    """The beginning of each of this model's responses: accepted tokens, and behind a rejection the token instead."""
    begun: list[Ids] = []
    for group in groups(drafts, max(_vocabulary(own.model), _vocabulary(other.model))):
        q_logits = next_logits(own.model, [(d.own_context, d.token_ids) for d in group])
        p_logits = next_logits(other.model, [(d.other_context, d.token_ids) for d in group])
        for draft, q_TV, p_TV in zip(group, q_logits, p_logits, strict=True):
            vocabulary = max(q_TV.shape[-1], p_TV.shape[-1])
            q_TV = distribution(q_TV, own.sampling, vocabulary)
            begun.append(accepted(draft, q_TV, distribution(p_TV, other.sampling, vocabulary).to(q_TV.device)))
    return begun


def accepted(draft: Draft, q_TV: torch.Tensor, p_TV: torch.Tensor) -> Ids:
    """The verified beginning of one draft; `q_TV` and `p_TV`: both models' distributions at each of its places."""
    places = range(len(draft.token_ids))
    token_T1 = torch.tensor(draft.token_ids, device=q_TV.device)[:, None]
    key_T = keys_of([draft.seed] * len(places), [Stream.ACCEPTANCE] * len(places), places, q_TV.device)
    uniform_T = (-exponentials(key_T, torch.zeros_like(token_T1))).exp().squeeze(1)
    tiny = torch.finfo(p_TV.dtype).tiny  # rounding may exclude from p a token that was drawn from it
    ratio_T = (q_TV.gather(1, token_T1) / p_TV.gather(1, token_T1).clamp_min(tiny)).squeeze(1)
    rejected = (uniform_T >= ratio_T).nonzero()
    if not len(rejected):
        return draft.token_ids
    place = int(rejected[0])
    rest_V = (q_TV[place] - p_TV[place]).clamp_min(0)
    rest_V = rest_V if bool(rest_V.any()) else q_TV[place]
    key_1 = keys_of([draft.seed], [Stream.REMAINDER], [place], q_TV.device)
    return (*draft.token_ids[:place], int(race(rest_V[None], every_id(len(rest_V), q_TV.device), key_1)))


def distribution(logits_TV: torch.Tensor, sampling: Sampling, vocabulary: int) -> torch.Tensor:
    """The distribution from which tokens are drawn, after temperature and truncation, [T, vocabulary]."""
    p_TV = torch.zeros(len(logits_TV), vocabulary, device=logits_TV.device)
    if sampling.temperature == 0:
        return p_TV.scatter_(1, logits_TV.argmax(-1, keepdim=True), 1.0)
    p_TK, ids_TK = truncated(logits_TV, sampling)
    p_TV.scatter_(1, ids_TK.expand_as(p_TK), p_TK)
    return p_TV / p_TV.sum(-1, keepdim=True)


def next_logits(model: PreTrainedModel, texts: Sequence[tuple[Ids, Ids]]) -> list[torch.Tensor]:
    """For each prompt and response, the logits at the places of the response, [T, V]."""
    longest = max(len(response) for _, response in texts)
    ids_BT, mask_BT = left_pad([prompt + response[:-1] for prompt, response in texts], model.device)
    with one_thread_if_small(model), torch.inference_mode():
        logits_BTV = model(
            input_ids=ids_BT,
            attention_mask=mask_BT,
            position_ids=(mask_BT.cumsum(-1) - 1).clamp_min(0),
            use_cache=False,
            logits_to_keep=longest,
        ).logits
    return [row[longest - len(response) :] for row, (_, response) in zip(logits_BTV, texts, strict=True)]


def groups(drafts: Sequence[Draft], vocabulary: int) -> Iterator[list[Draft]]:
    """Consecutive drafts that one forward pass reads."""
    group: list[Draft] = []
    longest = 0
    for draft in drafts:
        longest = max(longest, len(draft.token_ids))
        if group and (len(group) + 1) * longest * vocabulary > NUMBERS_AT_ONCE:
            yield group
            group, longest = [], len(draft.token_ids)
        group.append(draft)
    if group:
        yield group


class VerifyingEngine(Wrapper):
    """A model of this machine whose responses begin as those of another one, which stays open.

    `response_of`: the other model's response to a prompt, by prompt id and draw; a request without one is sampled as
    ever. Raises ConfigError for engines and sampling whose distributions are not known at every place.
    """

    def __init__(
        self, own: TransformersEngine, other: TransformersEngine, response_of: Callable[[str, int], Response | None]
    ) -> None:
        super().__init__(own)
        for engine in (own, other):
            if engine.sampling.repetition_penalty != 1:
                raise ConfigError(
                    f"coupling: found maximal, but {engine.config.source} samples with a repetition penalty; "
                    "--set coupling=auto."
                )
        self.own, self.other, self.response_of = own, other, response_of

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """Responses to one batch, in the order of its requests."""
        responses = {(r.prompt_id, r.draw): r for part in self._parts(batch, math.inf) for r in part}
        return [responses[request.prompt.id, request.draw] for request in batch]

    def stream(self, batch: Sequence[Request]) -> Iterator[list[Response]]:
        """The responses of `generate` as they end."""
        return self._parts(batch, HAND_OVER_SECONDS)

    def _parts(self, batch: Sequence[Request], seconds: float) -> Iterator[list[Response]]:
        begun = self.begun(batch)
        for part in self.own.parts(batch, seconds, {row: b.token_ids for row, b in begun.items()}):
            yield [replace(r, taken_over=begun[row].taken_over if row in begun else 0) for row, r in part]

    def begun(self, batch: Sequence[Request]) -> dict[int, Begun]:
        """The first tokens of each response, by place in the batch: a trace of its own, then what is verified.

        Two responses that begin alike are compared from their first tokens. Where the prompt of one model alone opens
        a trace, answers are compared.
        """
        others = {row: r for row, request in enumerate(batch) if (r := self._other(request)) is not None}
        apart = [row for row, r in others.items() if self._own_opens(batch[row]) and not r.prompt_opened_thought]
        traces = dict(zip(apart, self.own.traces([batch[row] for row in apart]), strict=True)) if apart else {}
        drafts = {
            row: draft
            for row, other in others.items()
            if (draft := self._draft(batch[row], other, traces.get(row, ()))) is not None
        }
        sides = Side(self.own.model, self.own.sampling), Side(self.other.model, self.other.sampling)
        begun = {row: Begun(trace, 0) for row, trace in traces.items()}
        for row, tokens in zip(drafts, verified(*sides, list(drafts.values())), strict=True):
            both = zip(tokens, drafts[row].token_ids, strict=False)
            taken_over = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], both))
            begun[row] = Begun(traces.get(row, ()) + tokens, taken_over)
        return begun

    def _other(self, request: Request) -> Response | None:
        """The other model's response to a request, where there is one of tokens."""
        other = self.response_of(request.prompt.id, request.draw)
        return other if other is not None and other.token_ids and other.prompt_token_ids else None

    def _own_opens(self, request: Request) -> bool:
        return self.own.opens_thought(request.prompt)

    def _draft(self, request: Request, other: Response, trace: Ids) -> Draft | None:
        """What is verified of the other model's response; None where one of the traces does not end."""
        start: int | None = 0
        if self._own_opens(request) != other.prompt_opened_thought:
            start = answer_start(self.other.marks, other.token_ids, in_thought=other.prompt_opened_thought)
        ended = not trace or answer_start(self.own.marks, trace, in_thought=True) is not None
        if start is None or start == len(other.token_ids) or not ended or trace[-1:] in self._ends:
            return None
        return Draft(
            other.token_ids[start:],
            other.prompt_token_ids + other.token_ids[:start],
            self.own.prompt_ids(request.prompt) + trace,
            request.seed,
        )

    @property
    def _ends(self) -> set[Ids]:
        return {(token,) for token in self.own.end_ids}


def _vocabulary(model: PreTrainedModel) -> int:
    return int(model.config.get_text_config().vocab_size)
