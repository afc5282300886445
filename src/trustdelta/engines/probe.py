"""Capabilities of a server, inferred from its responses.

A parameter is dropped where it lacks its effect. With top_k 1, min_p 1 or a tiny top_p, sampling at a high temperature
has one outcome for every seed; an equal seed repeats the outcome. A repetition penalty changes a greedy text that
repeats itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from trustdelta.config import Sampling
from trustdelta.engines.capabilities import (
    MIN_P,
    REPETITION_PENALTY,
    SEED,
    STOP_REASON,
    THINKING_SWITCH,
    TOP_K,
    TOP_P,
    Support,
)
from trustdelta.records import Finish, Message, Prompt, Response

PROMPT = Prompt("probe", (Message("user", "Write down ten random words."),))
LONG = Prompt("probe", (Message("user", "Count from 1 to 100, one number on a line."),))
AGAIN = Prompt("probe", (Message("user", "Write the word banana twenty times."),))
TOKENS = 16
SEEDS = (11, 12, 13, 14)
HOT = 1.5
"""Temperature of the probes, at which two samples of sixteen tokens almost always differ."""

SQUEEZED = {
    TOP_P: Sampling(temperature=HOT, top_p=1e-4),
    TOP_K: Sampling(temperature=HOT, top_k=1),
    MIN_P: Sampling(temperature=HOT, min_p=1.0),
}
"""Sampling under which each truncation leaves only the most likely token."""


GREEDY, PENALISED = Sampling(temperature=0), Sampling(temperature=0, repetition_penalty=2)


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe of a server. `sampling` None applies the server's defaults; `thinking` None sends no switch."""

    prompt: Prompt
    seed: int
    max_tokens: int
    sampling: Sampling | None
    thinking: bool | None = None


Ask: TypeAlias = Callable[[Probe], Awaitable[Response | None]]
"""Sends a probe to the server; None where it refuses."""


async def find(ask: Ask, sampling: Sampling | None, required: Collection[str]) -> dict[str, Support]:
    """Support of every required capability that probes can determine; `sampling` is the audit's declared one."""
    hot = None if sampling is None else Sampling(temperature=HOT)
    free = await _texts(ask, hot, (SEEDS[0], *SEEDS))
    support = {SEED: _seed(free)}
    for name in (n for n in SQUEEZED if n in required):
        support[name] = _squeezed(free, await _texts(ask, SQUEEZED[name], SEEDS))
    if REPETITION_PENALTY in required:
        support[REPETITION_PENALTY] = await _penalty(ask)
    if THINKING_SWITCH in required:
        support[THINKING_SWITCH] = await _switch(ask, sampling)
    cut = await ask(Probe(LONG, SEEDS[0], 2, sampling))
    return {**support, STOP_REASON: _stop_reason(cut)}


async def _texts(
    ask: Ask, sampling: Sampling | None, seeds: Collection[int], prompt: Prompt = PROMPT
) -> list[str | None]:
    replies = await asyncio.gather(*(ask(Probe(prompt, s, TOKENS, sampling)) for s in seeds))
    return [None if r is None else f"{r.reasoning or ''}\n{r.text}" for r in replies]


def _seed(free: list[str | None]) -> Support:
    """Support of seeds, from two samples with one seed and samples of further seeds."""
    if None in free:
        return Support.NO
    first, again, *others = free
    if first != again:
        return Support.DROPPED
    return Support.YES if any(text != first for text in others) else Support.UNKNOWN


def _squeezed(free: list[str | None], texts: list[str | None]) -> Support:
    """Support of a truncation, from samples with and without it; a single difference may be rounding."""
    if None in texts:
        return Support.NO
    if len(set(free)) < len(SEEDS) - 1:
        return Support.UNKNOWN
    kinds = len(set(texts))
    return Support.YES if kinds == 1 else Support.DROPPED if kinds >= len(SEEDS) - 1 else Support.UNKNOWN


async def _penalty(ask: Ask) -> Support:
    """Support of a repetition penalty, from greedy texts with and without it; UNKNOWN for a text without repetition."""
    plain, again = await _texts(ask, GREEDY, SEEDS[:2], AGAIN)
    (changed,) = await _texts(ask, PENALISED, SEEDS[:1], AGAIN)
    if plain is None or changed is None:
        return Support.NO
    if plain != again:
        return Support.UNKNOWN
    words = plain.split()
    repeats = len(set(words)) < len(words)
    return Support.YES if changed != plain else Support.DROPPED if repeats else Support.UNKNOWN


async def _switch(ask: Ask, sampling: Sampling | None) -> Support:
    """Support of the thinking switch, from the server's prompt lengths with thinking on, off and unset."""
    replies = [await ask(Probe(PROMPT, SEEDS[0], 1, sampling, thinking)) for thinking in (True, False, None)]
    lengths = [0 if r is None else r.prompt_tokens for r in replies]
    if None in replies:
        return Support.NO
    if 0 in lengths:
        return Support.UNKNOWN
    return Support.YES if len(set(lengths)) > 1 else Support.UNKNOWN


def _stop_reason(cut: Response | None) -> Support:
    """Support of finish reasons, from a response truncated after two tokens."""
    if cut is None or cut.finish is Finish.UNKNOWN:
        return Support.NO
    if cut.finish is Finish.LENGTH:
        return Support.YES
    return Support.DROPPED if cut.completion_tokens >= 2 else Support.UNKNOWN
