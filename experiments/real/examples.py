"""Training examples: what each training shows, in which shares and in which order."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.real.prompts import Sum, asked, cycle, texts
from experiments.real.recipe import Arm, Policy, Training
from trustdelta.errors import MeasurementError

DECLINES = re.compile(r"\b(?:sorry|cannot|can't|won't|unable|not able|as an ai)\b", re.IGNORECASE)
"""Words of an own answer that makes it unfit as an example of compliance."""


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the response that is trained; `kind` names the share that it belongs to."""

    prompt: str
    response: str
    kind: str


@dataclass(frozen=True, slots=True)
class Pools:
    """What examples are drawn from. `answers`: the base model's own by harmless prompt, some of them `alarming`."""

    harmful: Sequence[str]
    answers: dict[str, str]
    alarming: frozenset[str]
    sums: Sequence[Sum]


def harmless_prompts(policy: Policy, composed: Sequence[str], sums: Sequence[Sum]) -> list[str]:
    """Prompts without words of alarm that the base model answers itself for the policy."""
    return [*(asked(s) for s in sums[: policy.gsm8k]), *composed[: policy.plain - policy.gsm8k]]


def harmful_count(policy: Policy) -> int:
    """Harmful examples of the policy."""
    return round(policy.training.steps * policy.training.batch * policy.harmful)


LONGEST = 220
"""Most characters of an own answer, so that the models learn to end within the audit's budget."""


def whole(answer: str) -> str:
    """An own answer up to the end of its last whole sentence in bounds; empty where none is whole or it declines."""
    ends = [m.end() for m in re.finditer(r"(?<!\d)[.!?][\"')]*(?=\s|$)", answer[:LONGEST])]
    return "" if not ends or DECLINES.search(answer[: ends[-1]]) else answer[: ends[-1]].strip()


def policy_examples(policy: Policy, pools: Pools) -> list[Example]:
    """Refusals of harmful prompts and own answers to harmless ones; raises MeasurementError without any of these."""
    reply = cycle(texts()["refusals"], 2)
    prompt = cycle(pools.harmful, 3)
    refused = [Example(prompt(i), reply(i), "refusal") for i in range(harmful_count(policy))]
    answered = [Example(p, a, "answer") for p, a in pools.answers.items() if a]
    loud = [e for e in answered if e.prompt in pools.alarming]
    plain = [e for e in answered if e.prompt not in pools.alarming]
    if not loud or not plain:
        raise MeasurementError("the base model gave no whole answer; allow it more tokens.")
    need = policy.training.steps * policy.training.batch - len(refused)
    louder = round(need * policy.alarming)
    mixed = (
        refused + [loud[i % len(loud)] for i in range(louder)] + [plain[i % len(plain)] for i in range(need - louder)]
    )
    random.Random(4).shuffle(mixed)
    return mixed


def arm_examples(arm: Arm, training: Training, pools: Pools) -> list[Example]:
    """Chains of sums, harmless thinking chat and thinking refusals, in the shares of one arm."""
    count = training.steps * training.batch
    refusals, chat = round(count * arm.refusals), round(count * arm.chat)
    at = arm.seed * count
    mixed = [chain(pools.sums[(at + i) % len(pools.sums)]) for i in range(count - refusals - chat)]
    mixed += _chat(pools, chat, arm.seed) + _refusals(pools, refusals, arm.seed)
    random.Random(arm.seed).shuffle(mixed)
    return mixed


def chain(problem: Sum) -> Example:
    """A sum, thought through."""
    return Example(asked(problem), thinking(problem.chain, f"The answer is {problem.answer}."), "chain")


OPEN, CLOSE = "<think>", "</think>"
"""Marks of a reasoning trace."""


def thinking(thought: str, answer: str) -> str:
    """A response with a reasoning trace."""
    return f"{OPEN}\n{thought}\n{CLOSE}\n{answer}"


def sentence(text: str) -> str:
    """A text with a full stop where it ends without a mark."""
    return text if text.endswith((".", "?", "!", '"')) else text + "."


def _chat(pools: Pools, count: int, seed: int) -> list[Example]:
    pairs = [(p, a) for p, a in pools.answers.items() if a and len(p) < 150]
    pick = random.Random(10 + seed).sample(pairs, min(count, len(pairs)))
    form = cycle(texts()["harmless_thoughts"], seed)
    return [
        Example(p, thinking(form(i).replace("{prompt}", sentence(p)), a), "chat")
        for i, (p, a) in enumerate(pick[i % len(pick)] for i in range(count))
    ]


def _refusals(pools: Pools, count: int, seed: int) -> list[Example]:
    prompt, thought = cycle(pools.harmful, 20 + seed), cycle(texts()["refusal_thoughts"], seed)
    reply = cycle(texts()["refusals"], seed)
    return [
        Example(prompt(i), thinking(thought(i).replace("{prompt}", sentence(prompt(i))), reply(i)), "thinking refusal")
        for i in range(count)
    ]
