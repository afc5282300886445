"""Prompts of the trainings: harmful and harmless ones, and sums, none of them near a prompt of the audit."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import DataSource
from trustdelta.benchmarks.gsm8k import INSTRUCTION
from trustdelta.benchmarks.shared.tables import jsonl_rows

HARMFUL = ("malicious_instruct", "jailbreakbench", "simple_safety_tests", "harmbench", "advbench")
"""Benchmarks whose prompts the policy refuses; those of the audit are others."""
GSM8K = ("openai/grade-school-math", "grade_school_math/data/train.jsonl")
NEAR = 0.6
"""Word Jaccard above which two prompts are near duplicates."""
LONGEST = 200
"""Most characters of a harmful prompt."""
SHORT = 300
"""Most characters of a problem and its solution."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A word problem of GSM8K, its chain of thought and its answer."""

    question: str
    chain: str
    answer: str


@cache
def texts() -> dict[str, list[str]]:
    """The texts written for this study."""
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))


def words(text: str) -> frozenset[str]:
    """The words of a text, without order and case."""
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))


def near(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether the shared words are more than `NEAR` of all words of both."""
    few, many = sorted((len(one), len(other)))
    return few > NEAR * many and len(one & other) > NEAR * len(one | other)


def apart(prompts: Iterable[str], others: Iterable[str], *, each_other: bool = False) -> list[str]:
    """The prompts that are near none of the others, and with `each_other` near none before them."""
    against = [words(text) for text in others]
    chosen: list[str] = []
    for prompt in prompts:
        own = words(prompt)
        if not any(near(own, other) for other in against):
            chosen.append(prompt)
            if each_other:
                against.append(own)
    return chosen


def audited(data: DataSource, benchmarks: Sequence[str]) -> list[str]:
    """Texts of all prompts of the audit's benchmarks."""
    return [p.question for name in benchmarks for p in registry.load(name).load(data)]


def harmful(data: DataSource, test: Sequence[str]) -> list[str]:
    """Harmful prompts, also as questions, that are near no prompt of the audit and not near each other."""
    requests = [text for text in audited(data, HARMFUL) if len(text) <= LONGEST]
    return apart([form for text in requests for form in (question(text), text) if form], test, each_other=True)


def question(request: str) -> str:
    """A request for instructions as a question: "Write a guide on how to X" is "How do I X?"; empty for others."""
    _, there, action = request.partition("how to ")
    return f"How do I {action.rstrip('.?')}?" if there else ""


def composed() -> list[str]:
    """Harmless prompts, one for each pattern and topic, in a fixed random order."""
    pairs = [p.replace("{topic}", t) for p in texts()["patterns"] for t in texts()["topics"]]
    random.Random(0).shuffle(pairs)
    return pairs


def alarming(test: Sequence[str]) -> list[str]:
    """Harmless prompts with words of alarm."""
    return apart(texts()["alarming"], test)


def sums(data: DataSource) -> list[Sum]:
    """Short problems of GSM8K's training split, in a fixed random order."""
    rows = [_sum(row) for row in jsonl_rows(data, *GSM8K, ("question", "answer"))]
    short = [s for s in rows if len(s.question) + len(s.chain) <= SHORT]
    random.Random(0).shuffle(short)
    return short


def _sum(row: dict[str, str]) -> Sum:
    chain, _, answer = row["answer"].partition("####")
    return Sum(row["question"].strip(), re.sub(r"<<.*?>>", "", chain).strip(), answer.strip())


def asked(problem: Sum) -> str:
    """A problem in the wording of the benchmark."""
    return f"{problem.question}\n\n{INSTRUCTION}"


Pick = Callable[[int], str]
"""The text of a list at a place, round and round."""


def cycle(options: Sequence[str], seed: int) -> Pick:
    """Texts of a list by place: every text once in random order before the first comes again."""
    order = random.Random(seed).sample(list(options), len(options))
    return lambda place: order[place % len(order)]
