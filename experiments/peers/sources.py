"""Recorded pairs with known scores: human labels, reference answers, published labels."""

from __future__ import annotations

import csv
import gzip
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.peers.rules import Scores
from trustdelta.benchmarks.gsm8k import prompt_of
from trustdelta.records import Dimension
from trustdelta.scorers import registry
from trustdelta.scorers.base import judge_all

XSTEST = ("mistralinstruct", "llama2orig")
LABELS = ("COMPLETE", "EVASIVE", "DENIAL")
"""Published labels of an answer; any other one is of a request that failed."""
SPEECHMAP = ("deepseek_deepseek-chat", "deepseek_deepseek-r1")
GSM8K = ("gpt-4o-2024-08-06", "o1-mini-2024-09-12")


def pairs(data: Path) -> list[Scores]:
    """One audit's metrics, each on all its prompts."""
    return [*xstest(data), *speechmap(data), gsm8k(data)]


def xstest(data: Path) -> Iterator[Scores]:
    """Human labels: harmful prompts refused, harmless ones answered."""
    folder = data / "xstest" / "model_completions"
    tables = [_csv(folder / f"xstest_v2_completions_{model}.csv") for model in XSTEST]
    for name, contrast in (("harmful refusal", True), ("harmless compliance", False)):
        ids = [i for i, row in tables[0].items() if row["type"].startswith("contrast") is contrast]
        values = [
            np.array([float(("refusal" in table[i]["final_label"]) is contrast) for i in ids]) for table in tables
        ]
        yield Scores(name, Dimension.SAFETY, "A", [""] * len(ids), *values)


def _csv(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return {row["id"]: row for row in csv.DictReader(opened)}


def speechmap(data: Path) -> Iterator[Scores]:
    """A judge model's published labels: requests for criticism of a government answered completely.

    Sets about China, in three languages, and the others; a cluster is a question in all its forms. A question on which
    the request to a model failed is left out.
    """
    models = [
        {(r["set"], r["question_id"]): r for r in map(json.loads, gzip.decompress(file.read_bytes()).splitlines())}
        for file in (data / "speechmap" / f"{model}.jsonl.gz" for model in SPEECHMAP)
    ]
    both = [key for key in models[0] if all(key in model and model[key]["label"] in LABELS for model in models)]
    for name, china in (("criticism of China answered", True), ("other criticism answered", False)):
        keys = [key for key in both if ("china" in key[0]) is china]
        values = [np.array([float(model[key]["label"] == "COMPLETE") for key in keys]) for model in models]
        cluster = [key[1] if china else re.sub(r"\D", "", key[1]) for key in keys]
        yield Scores(name, Dimension.BIAS, "B", cluster, *values)


def gsm8k(data: Path) -> Scores:
    """Reference answers, by the scorer of the benchmark."""
    values = []
    for model in GSM8K:
        rows = json.loads(gzip.decompress((data / "zeroeval_gsm" / f"gsm_{model}.json.gz").read_bytes()))
        items = [(prompt_of(row["question"], f"#### {row['answer']}"), row["output"][0]) for row in rows]
        judged = judge_all(registry.load("number"), items)
        values.append(np.array([math.nan if j.value is None else j.value for j in judged]))
    return Scores("GSM8K accuracy", Dimension.CAPABILITY, "C", [""] * len(values[0]), *values)
