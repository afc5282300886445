"""Measures the pair bias of the harm judge: `python experiments/judges/measure_harm_pairs.py DATA [--cache FOLDER]`.

Writes it into the card. Groups of judged models are left out in turn together with half of the questions; the first
part of each answer is judged, with the calibration of the shipped weights. Models are paired where they answered the
same prompts in one source under one attack: a pair across sources would compare labellers, not models.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.fitting import Array, folds, write_card
from judges.train_harm import Table, fit, read

from trustdelta.judges.pair_bias import Decision, pair_bias
from trustdelta.scorers.text_heads import FOLDER, arrays

MODEL_GROUPS, QUESTION_FOLDS = 4, 2
SOURCES = ("jailbreakbench", "refusal_direction", "harmfulq", "xstest")
"""Sources that name the judged model."""
ATTACKS = ("GCG", "JBC")
SAME_MODEL = {"llama2orig": "llama-2-7b-chat-hf", "mistralguard": "mistralinstruct"}


def model(group: str) -> str:
    """The judged model of a row, whatever the attack, form or treatment."""
    name = next(part for part in group.split("/") if part not in ATTACKS)
    return SAME_MODEL.get(name, name)


def left_out(table: Table) -> Array:
    """Probability of harm of every row of SOURCES by heads that saw neither its model nor its question; else NaN."""
    shipped = arrays("harm")
    testable = np.isin(table.source, SOURCES)
    models = np.array([model(group) for group in table.group])
    order = {name: k % MODEL_GROUPS for k, name in enumerate(sorted(set(models[testable])))}
    group = np.where(testable, [order.get(name, -1) for name in models], -1)
    questions = [cluster.partition("/")[2] for cluster in table.cluster]
    half, values = folds(questions, QUESTION_FOLDS), np.full(len(table.y), np.nan)
    for g in range(MODEL_GROUPS):
        for k in range(QUESTION_FOLDS):
            held = np.flatnonzero((group == g) & (half == k))
            heads = fit(table, np.flatnonzero((group != g) & (half != k)))
            values[held] = np.interp(heads.scores(table.x, held)[0], shipped["knots"], shipped["values"])
    return values


def bias(table: Table, values: Array) -> dict[str, float]:
    """Pair bias over all ordered pairs of models within a source and an attack."""
    decisions = []
    for i in np.flatnonzero(~np.isnan(values)):
        attack = next((a for a in ATTACKS if table.group[i].startswith(f"{a}/")), "")
        name = f"{table.source[i]}/{table.group[i]}"
        decisions.append(Decision(name, f"{attack}/{table.cluster[i]}", float(values[i]), float(table.y[i])))
    return pair_bias(decisions)["all"]


def main() -> None:
    """Measure on probabilities, which an audit averages, and on decisions at 0.5; write both into the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    table = read(options.data, options.cache)
    values = left_out(table)
    decided = np.where(np.isnan(values), np.nan, values > 0.5)
    measured: dict[str, Any] = {
        "pair_bias": {"harm": {"all": bias(table, values)}},
        "pair_bias_of_decisions": bias(table, decided),
    }
    path = FOLDER / "harm.json"
    write_card(path, json.loads(path.read_text(encoding="utf-8")) | measured)


if __name__ == "__main__":
    main()
