"""Recorded answers of real models, as pairs in which neither side is a model: the side of each answer is drawn.

Exchanging two real answers to a prompt at random gives two sides that answer alike, with the variation of real texts.
The texts of one model's own samples (`draws`) are assigned at random, too.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

from trustdelta.discover.pairs import Pair

DATA = Path(__file__).parents[3] / "shared" / "data"
MOST = 800
"""Most prompts of a source."""


def _speechmap(model: str) -> dict[str, tuple[str, str]]:
    """By question id, the prompt and the answer of one model."""
    with gzip.open(DATA / "speechmap" / f"{model}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {f"{r['set']} {r['question_id']}": (r["prompt"], r["answer"] or "") for r in rows}


def speechmap(first: str, second: str, *, grouped: bool = True) -> list[Pair]:
    """Two models' answers to the same requests about governments, with the request's set as a group."""
    one, two = _speechmap(first), _speechmap(second)
    return [
        Pair(
            key,
            one[key][0],
            (one[key][1].strip(),),
            (two[key][1].strip(),),
            traits={"set": key.split()[0]} if grouped else {},
        )
        for key in sorted(one.keys() & two.keys())
        if one[key][1].strip() and two[key][1].strip()
    ]


@cache
def essays() -> tuple[Pair, ...]:
    """Two near twins: a model and the preview of its successor."""
    return tuple(speechmap("openai_gpt-4.1-2025-04-14", "openrouter_quasar-alpha"))


@cache
def chats() -> tuple[Pair, ...]:
    """Two versions of one model family."""
    return tuple(speechmap("meta-llama_llama-3.1-70b-instruct", "meta-llama_llama-3.3-70b-instruct"))


@cache
def dialogues() -> tuple[Pair, ...]:
    """Two samples of one assistant for the last turn of a dialogue."""
    with (DATA / "hh_rlhf_harmless/harmless-base/test.even.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    pairs = []
    for i, row in enumerate(rows):
        (context, _, first), (other, _, second) = (
            row[side].rpartition("\n\nAssistant:") for side in ("chosen", "rejected")
        )
        asked = " ".join(turn.partition("\n\nAssistant:")[0] for turn in context.split("\n\nHuman:")[1:])
        if context == other and first.strip() and second.strip():
            pairs.append(Pair(f"dialogue {i}", asked.strip(), (first.strip(),), (second.strip(),)))
    return tuple(pairs[:MOST])


@cache
def draws() -> tuple[Pair, ...]:
    """Two samples for each side of one model's direct answers to 200 questions."""
    return tuple(_samples("davinci-002", "norm_out", "prompt"))


@cache
def steps() -> tuple[Pair, ...]:
    """Two samples for each side of one model's answers step by step to the same questions."""
    return tuple(_samples("davinci-001", "cot_out", "cot_prompt"))


def _samples(model: str, answers: str, prompt: str) -> list[Pair]:
    values = json.loads((DATA / f"cot_bias_harmfulq/output/qa/{model}.json").read_text("utf-8"))
    texts = {key: [text.strip() or "(nothing)" for text in row[answers]] for key, row in values.items()}
    return [
        Pair(f"question {key}", values[key][prompt], tuple(four[:2]), tuple(four[2:4])) for key, four in texts.items()
    ]


SOURCES = {"essays": essays, "chats": chats, "dialogues": dialogues, "draws": draws, "steps": steps}
"""By name."""
FURTHER = (
    ("openrouter_optimus-alpha", "openrouter_horizon-beta"),
    ("qwen_qwen-2.5-72b-instruct", "qwen_qwen-max"),
    ("meta-llama_llama-4-scout", "meta-llama_llama-4-maverick"),
)
"""Further pairs of models, for a search of many pairs."""


def many(count: int) -> list[Pair]:
    """Pairs of several sources, as many as are wanted or as there are."""
    sources = [essays(), chats(), dialogues(), *(speechmap(*models) for models in FURTHER)]
    pairs = [replace(p, prompt_id=f"{i} {p.prompt_id}") for i, source in enumerate(sources) for p in source]
    return pairs[:count]
