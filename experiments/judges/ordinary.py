"""Ordinary texts of models: answers and thoughts without an insult of their own, to learn from and to count alarms on.

SpeechMap's English answers (criticism of governments, with satire and quotations: strong words, no abuse) and thoughts
on riddles are split by model and by question: some to learn from, others, of other models and on other questions, to
test. Answers to CoCoNot's harmless requests are for tests alone.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from judges import data

TEST_FAMILIES = ("qwen", "google", "moonshotai", "x-ai", "perplexity")
TEST_RIDDLERS = ("q3_30ba3", "q3_30ba3-think", "mistralsm3")
"""Models whose answers are never learned from; of the others none is tested on."""
TEST_QUESTIONS = 3
"""Each question whose number this divides is never learned from."""
ENGLISH_SETS = ("us_criticism", "china_criticism", "eu_criticism", "russia_criticism")
LONG_CHARS, MOST_CHARS = 2000, 30_000


class Ordinary(NamedTuple):
    """One text, who wrote it (a model or a family of models), and the question it answers."""

    family: str
    question: str
    text: str


def spread(texts: Sequence[Ordinary], n: int) -> list[Ordinary]:
    """At most `n` texts, in the order of a hash."""
    return sorted(texts, key=lambda t: hashlib.sha256(f"{t.family}\n{t.text}".encode()).digest())[:n]


def learned(folder: Path) -> list[Ordinary]:
    """Texts to learn from: SpeechMap, riddles, XSTest's harmless questions and refusals, sums."""
    safe = {r["prompt"] for r in data.read_csv(folder / "xstest/xstest_prompts.csv") if r["label"] == "safe"}
    answers = [Ordinary(r.group, r.prompt, r.text) for r in data.xstest(folder) if r.prompt in safe or r.label == 1]
    sums = [Ordinary(r.group, r.prompt, r.text) for r in data.gsm8k_solutions(folder, 40)]
    return [
        *spread([t for t in speechmap(folder) if _for_tests(t) is False], 700),
        *spread([t for t in riddles(folder) if _for_tests(t) is False], 230),
        *spread(answers, 260),
        *sums,
    ]


def tests(folder: Path) -> tuple[list[Ordinary], list[Ordinary]]:
    """Texts to test on: SpeechMap, and other sources (riddles, harmless requests)."""
    first = [t for t in speechmap(folder) if _for_tests(t)]
    second = [t for t in riddles(folder) if _for_tests(t)]
    return first, [*second, *requests(folder)]


def _for_tests(text: Ordinary) -> bool | None:
    """True to test on, False to learn from, None for a text that shares its model or its question with both."""
    model = text.family in (*TEST_FAMILIES, *TEST_RIDDLERS)
    return model if model == _question_left_out(text.question) else None


def _question_left_out(question: str) -> bool:
    """A third of the numbered questions, half of the riddles."""
    number = re.search(r"\d+\Z", question)
    if number:
        return int(number[0]) % TEST_QUESTIONS == 0
    return int(hashlib.sha256(question.encode()).hexdigest(), 16) % 2 == 0


def speechmap(folder: Path) -> Iterator[Ordinary]:
    """English answers and thoughts, in the order of files."""
    for path in sorted((folder / "speechmap").glob("*.jsonl.gz")):
        for item in map(json.loads, gzip.decompress(path.read_bytes()).splitlines()):
            if item["set"] in ENGLISH_SETS:
                family = path.name.partition("_")[0]
                yield from (
                    Ordinary(family, item["question_id"], text)
                    for text in (item["answer"], item["reasoning"])
                    if text and text.strip()
                )


def riddles(folder: Path) -> Iterator[Ordinary]:
    """Answers to changed riddles, and thoughts on them."""
    for path in sorted((folder / "misguided_attention/results_long_eval").glob("output_queries_*.json")):
        for item in data.read_json(path)["results"]:
            for text in [*item["output"], *(item["thinking"] or [])]:
                if text and text.strip():
                    yield Ordinary(path.stem.removeprefix("output_queries_"), item["prompt_id"], text)


def requests(folder: Path) -> Iterator[Ordinary]:
    """Answers of two models to harmless requests (CoCoNot's contrast set)."""
    for model in ("llama-instruct", "deepseek-llama-distill"):
        path = folder / f"refusal_tokens_pair/{model}-baseline/coconot_contrast_test_outputs_{model}.jsonl"
        for item in data.json_lines(path):
            yield Ordinary(model, item["prompt"], item["response"].removeprefix("assistant").strip())
