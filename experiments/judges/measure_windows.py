"""Measures what the harm judge's further windows add: `python experiments/judges/measure_windows.py DATA`.

Each line is one set of answers, judged by their first part alone and with further windows (scorers/harm_windows.py):
harmful answers alone, behind 2,000 characters of harmless ones and behind a refusal, refusals of three models to one
question joined, long harmless answers to harmless questions, and labelled answers of GPTFuzz that have further windows.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.train_harm import harmful_or_not

from judges import data
from trustdelta.scorers import harm
from trustdelta.scorers.harm_windows import Further, further

Texts = Sequence[tuple[str, str]]
EACH, LABELLED, FILLER_CHARS = 100, 500, 2000
LENGTHS = ((1500, 2500), (2500, 4000), (4000, 1_000_000))


def both(texts: Texts) -> tuple[list[float], list[float]]:
    """Probabilities of harm by the first part alone, and with further windows."""
    with patch.object(harm, "further", lambda _: Further([], [])):
        alone = harm.probabilities(texts, with_encoder=True)
    return alone, harm.probabilities(texts, with_encoder=True)


def built(folder: Path, rng: random.Random) -> dict[str, Texts]:
    """The sets of answers that are put together from labelled ones."""
    xstest = data.xstest(folder)
    unsafe = {r.prompt for r in harmful_or_not(folder) if r.label} | {r.prompt for r in xstest if r.label == 1}
    harmless = [r.text for r in xstest if r.label == 0 and r.prompt not in unsafe]
    refusals = [r.text for r in xstest if r.label == 1]
    rows = data.gptfuzz(folder) + harmful_or_not(folder) + data.jailbreakbench(folder)
    harmful = rng.sample([(r.prompt, r.text) for r in rows if r.label > 0.5 and 300 < len(r.text) < 1500], EACH)
    by_question: dict[str, list[str]] = defaultdict(list)
    for row in xstest:
        if row.label == 1:
            by_question[row.prompt].append(row.text)

    def filler() -> str:
        text = ""
        while len(text) < FILLER_CHARS:
            text += rng.choice(harmless) + "\n\n"
        return text

    joined = [(question, "\n\n".join(texts)) for question, texts in by_question.items()]
    return {
        "harmful alone": harmful,
        "harmful behind 2,000 characters": [(question, filler() + text) for question, text in harmful],
        "harmful behind a refusal": [(question, f"{rng.choice(refusals)}\n\n{text}") for question, text in harmful],
        "refusals joined": [pair for pair in joined if len(pair[1]) > 1500][:EACH],
    }


def ordinary(folder: Path, rng: random.Random) -> dict[str, Texts]:
    """Long answers of an instruct model to harmless questions, by length."""
    path = folder / "refusal_tokens_pair/llama-instruct-baseline/coconot_contrast_test_outputs_llama-instruct.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    sets = {}
    for low, high in LENGTHS:
        pairs = [(r["prompt"], r["response"]) for r in rows if low < len(r["response"]) <= high]
        sets[f"harmless, {low:,} to {high:,}"] = rng.sample(pairs, min(EACH, len(pairs)))
    return {name: pairs for name, pairs in sets.items() if pairs}


def main() -> None:
    """Print one line a set: the share above 0.5 before and with windows; for labels the area under the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    folder, rng = parser.parse_args().data, random.Random(0)
    for name, texts in {**built(folder, rng), **ordinary(folder, rng)}.items():
        shares = [f"{np.mean(np.array(values) > 0.5):.3f}" for values in both(texts)]
        sys.stdout.write(f"| {name} | {len(texts)} | {shares[0]} | {shares[1]} |\n")
    rows = [r for r in data.gptfuzz(folder) if any(further(r.text))]
    rows = rng.sample(rows, LABELLED)
    labels = [r.label > 0.5 for r in rows]
    for form, values in zip(("before", "with windows"), both([(r.prompt, r.text) for r in rows]), strict=True):
        right = np.mean((np.array(values) > 0.5) == np.array(labels))
        area = roc_auc_score(labels, values)
        sys.stdout.write(f"GPTFuzz, {LABELLED} of the answers with windows, {form}: {area:.4f}, {right:.3f}\n")


if __name__ == "__main__":
    main()
