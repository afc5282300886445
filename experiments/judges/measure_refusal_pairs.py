"""Measures the pair bias of the refusal judge: `python experiments/judges/measure_refusal_pairs.py DATA`.

Writes it into the card. No answer of SpeechMap's models or of r1-moderation's is in the judge's training, so that the
shipped weights are measured; XSTest's models and prompts are left out in turn. Verdicts rest on SpeechMap, the set of
most models. The card holds the other sets beside it: three models of XSTest, at higher refusal rates and with people's
labels, and five of r1-moderation, whose label is one for all repetitions of a question.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.data import Row
from judges.fitting import write_card
from judges.noncompliance_table import SETS
from judges.train_noncompliance import REASONING
from judges.train_refusal import left_out, read

from judges import data
from trustdelta.judges.pair_bias import Decision, bias, pair_bias, table
from trustdelta.records import Message, Prompt
from trustdelta.scorers import refusal
from trustdelta.scorers.text_heads import FOLDER

ENGLISH_SETS = SETS[:4]


def decisions(rows: Sequence[Row], judged: Sequence[float | None]) -> list[Decision]:
    """Judged against labelled refusals; answers that the judge does not read are left out."""
    pairs = zip(rows, judged, strict=True)
    return [Decision(r.group, f"{r.source}/{r.prompt}", v, float(r.label == 1)) for r, v in pairs if v is not None]


def shipped(rows: Sequence[Row]) -> list[float | None]:
    """Decisions of the shipped judge."""
    pairs = [(Prompt("pairs", (Message("user", r.prompt),)), r.text) for r in rows]
    return [judgement.value for judgement in refusal.judge_many(pairs)]


def xstest(folder: Path, cache: Path | None) -> list[Decision]:
    """Decisions on XSTest by heads that saw neither the model nor the prompt; partial refusals are refusals."""
    rows, known = read(folder, cache)
    chances = left_out(known)
    held = [i for i, row in enumerate(rows) if row.group in data.XSTEST_MODELS]
    return [Decision(rows[i].group, rows[i].prompt, float(chances[i, 0] < 0.5), float(rows[i].label > 0)) for i in held]


def by_pair(known: Iterable[Decision]) -> dict[str, float]:
    """The bias of each pair of few models, in one order."""
    by_model = table(known)
    values = {pair: bias(by_model, *pair) for pair in permutations(sorted(by_model), 2) if pair[0] < pair[1]}
    return {" to ".join(pair): value[0] for pair, value in values.items() if value is not None}


def summary(known: Sequence[Decision], kinds: dict[str, str] | None = None) -> dict[str, Any]:
    """Pair bias and what it rests on: accuracy, recall, labelled and judged rate."""
    judged, truth = np.array([(d.judged, d.labelled) for d in known]).T
    return {
        "n": len(known),
        "accuracy": float((judged == truth).mean()),
        "recall": float(judged[truth == 1].mean()),
        "labelled": float(truth.mean()),
        "judged": float(judged.mean()),
        "pair_bias": pair_bias(known, kinds),
    }


def main() -> None:
    """Judge, measure by set, write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    rows = data.speechmap(options.data)
    kinds = {r.group: "reasoning" if r.group in REASONING else "instruct" for r in rows}
    known = decisions(rows, shipped(rows))
    english = [d for d in known if d.prompt.startswith(ENGLISH_SETS)]
    moderation = data.r1_moderation(options.data)
    measured = {
        "speechmap": summary(known, kinds),
        "speechmap_english": summary(english, kinds),
        "r1_moderation": summary(decisions(moderation, shipped(moderation))),
    }
    people = xstest(options.data, options.cache)
    measured["xstest"] = summary(people) | {"by_pair": by_pair(people)}
    bounds: dict[str, Any] = {"refusal": measured["speechmap"]["pair_bias"]}
    path = FOLDER / "refusal.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    write_card(path, card | {"pair_bias": bounds, "pair_bias_by_set": measured})


if __name__ == "__main__":
    main()
