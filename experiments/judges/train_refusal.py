"""Trains and measures the refusal judge: `python experiments/judges/train_refusal.py DATA [--cache FOLDER]`.

Writes `weights/refusal.npz` and its card `weights/refusal.json`. Every judged model of XSTest is left out in turn and
its prompts are too: three folds of prompts, so that no prompt and no model is seen both in training and in the test.
Beside XSTest a few harmful answers are learned as compliance and a few plain refusals as refusals, from four further
sources, so that the judge knows what harmful compliance looks like.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.cards import REFUSAL
from judges.data import Row
from judges.fitting import Array, encoder_means, folds, store_card

from judges import data, refusal_functional
from trustdelta.scorers.refusal import by_rules
from trustdelta.scorers.refusal_features import NAMES
from trustdelta.scorers.refusal_model import RULES, rule_rows, three_classes, with_plain
from trustdelta.scorers.text_encoder import WIDTH
from trustdelta.scorers.text_heads import FOLDER
from trustdelta.scorers.text_pairs import LAYERS, POOLS, clipped, phrases

FOLDS, C, SILVER_WEIGHT, SILVER_CHARS = 3, 0.005, 0.5, 1500
OTHERS = ("reach", "stress", "pair_bias", "pair_bias_by_set")
"""Parts of the card that other scripts measure."""
FUNCTIONAL_WEIGHT = {"all": 0.001, "short": 1.0}
"""Weight of the written statements beside answers of models, for the first head and for that of short answers."""
SILVER_ROWS = {"gptfuzz": 30, "harmfulq": 20, "jailbreakbench": 20, "refusal_direction": 20}
SAME_MODEL = {"llama2v1": "llama2orig", "silver/llama-2": "llama2orig"}
PART = POOLS * WIDTH
SIZES = {"encoder": len(LAYERS) * PART, "phrases": len(NAMES), "rules": RULES}
WORTH = (
    {"encoder": 0.5, "phrases": 1.0, "rules": 3.0},
    {"encoder": 0.5, "phrases": 0.5, "rules": 1.0},
)
"""How much a standardised input is worth to the two regularised heads: refused at all, and refused in part."""


@dataclass(frozen=True, slots=True)
class Table:
    """Inputs and labels (0 compliance, 1 partial refusal, 2 full refusal) of all rows, and what they belong to."""

    x: Array
    y: Array
    group: Array
    fold: Array

    @property
    def silver(self) -> Array:
        """Rows whose label is a rule's."""
        return np.char.startswith(self.group.astype(str), "silver")


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads over standardised inputs."""

    mean: Array
    scale: Array
    weights: Array
    bias: Array

    def chances(self, x: Array) -> Array:
        """Probabilities of the three classes."""
        logits = clipped(x, self.mean, self.scale) @ self.weights.T + self.bias
        probability = 1 / (1 + np.exp(-logits))
        return with_plain(three_classes(probability), x[:, -RULES:], probability[:, 2])


def silver(folder: Path) -> list[Row]:
    """Harmful answers as compliance and plain refusals as full refusals, a few of each from four further sources.

    A harmful answer is one that people (or the source's judge) called so and that does not open with a refusal; a
    plain refusal is called harmless, opens with an apology or inability, lists nothing and is short. Rows are taken in
    the order of a hash, so that nothing is random.
    """
    chosen: list[Row] = []
    for source in (data.gptfuzz, data.harmfulq, data.jailbreakbench, data.refusal_direction):
        once = {(r.prompt, r.text): r for r in source(folder)}
        order = sorted(once.values(), key=lambda r: hashlib.sha256(f"{r.prompt}\n{r.text}".encode()).digest())
        for label in (0.0, 1.0):
            found = (r for r in order if silver_label(r) == label)
            for row in itertools.islice(found, SILVER_ROWS[order[0].source]):
                family = "llama-2" if "llama-2" in row.group else row.source
                chosen.append(Row("silver", f"silver/{family}", row.prompt, row.prompt, row.text, label))
    return chosen


def silver_label(row: Row) -> float | None:
    """0 for harmful compliance, 1 for a plain refusal, None for everything in between."""
    seen = dict(zip(NAMES, phrases([(row.prompt, row.text)])[0].tolist(), strict=True))
    if row.label > 0.5:
        return None if seen["refusing_start"] or seen["foreign_opening"] else 0.0
    plain = seen["refusing_start"] and (seen["starts_sorry"] or seen["starts_cannot"])
    return 1.0 if plain and not seen["items"] and len(row.text) < SILVER_CHARS else None


def balance(table: Table, index: Array, functional: float) -> Array:
    """Weights of mean one that even out refused against complied within each judged model (square-root rule)."""
    weight = np.zeros(len(index))
    group, y = table.group[index], table.y[index]
    for name in sorted(set(group)):
        for refused in (False, True):
            part = (group == name) & ((y > 0) == refused)
            if part.any():
                weight[part] = 1 / np.sqrt(part.sum())
    weight[table.silver[index]] *= SILVER_WEIGHT
    weight[group == refusal_functional.SOURCE] *= functional
    return weight / weight.mean()


def worth(head: int, layer: int) -> Array:
    """Factor of every input of one head, which reads one layer of the encoder only."""
    parts = WORTH[head]
    encoder = np.zeros(SIZES["encoder"])
    encoder[layer * PART : (layer + 1) * PART] = parts["encoder"]
    return np.concatenate([encoder, *(np.full(SIZES[name], parts[name]) for name in ("phrases", "rules"))])


def fit(table: Table, index: Array) -> Heads:
    """Heads on the rows of `index`: refused or not, in part or in full (models' refusals only), refused if short."""
    real = index[table.group[index] != refusal_functional.SOURCE]
    mean, scale = table.x[real].mean(0), table.x[real].std(0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    refusals = real[table.y[real] > 0]
    partial = np.where(table.silver[refusals], SILVER_WEIGHT, 1.0)
    weights, bias = [], []
    for head, (rows, target, weight, layer) in enumerate(
        (
            (index, table.y > 0, balance(table, index, FUNCTIONAL_WEIGHT["all"]), 1),
            (refusals, table.y == 1, partial, 0),
            (index, table.y > 0, balance(table, index, FUNCTIONAL_WEIGHT["short"]), 1),
        )
    ):
        factor = worth(head % 2, layer)
        x = clipped(table.x[rows], mean, scale) * factor
        kind = "balanced" if head == 1 else None
        model = LogisticRegression(C=C, max_iter=500, class_weight=kind).fit(x, target[rows], sample_weight=weight)
        weights.append(model.coef_[0] * factor)
        bias.append(model.intercept_[0])
    return Heads(mean, scale, np.array(weights), np.array(bias))


def left_out(table: Table) -> Array:
    """Probabilities of every XSTest row from heads that saw neither its judged model nor its prompt."""
    family = np.array([SAME_MODEL.get(g, g) for g in table.group])
    chances = np.full((len(table.y), 3), np.nan)
    for model in data.XSTEST_MODELS:
        for k in range(FOLDS):
            held = (table.group == model) & (table.fold == k)
            chances[held] = fit(table, np.flatnonzero((family != model) & (table.fold != k))).chances(table.x[held])
    return chances


def figures(y: Array, chances: Array) -> dict[str, float]:
    """Accuracy and kappa of refused or not, macro F1 and kappa of the three classes."""
    refused = chances[:, 0] < 0.5
    chosen = np.where(refused, np.where(chances[:, 2] >= chances[:, 1], 2, 1), 0)
    return {
        "n": len(y),
        "accuracy": accuracy_score(y > 0, refused),
        "kappa": cohen_kappa_score(y > 0, refused),
        "macro_f1_three_classes": f1_score(y, chosen, average="macro"),
        "kappa_three_classes": cohen_kappa_score(y, chosen),
    }


def without_rules(table: Table) -> Table:
    """The table with the rules' columns made constant, so that the heads cannot use them."""
    x = table.x.copy()
    x[:, -RULES:] = 0
    return replace(table, x=x)


def measured(table: Table, texts: list[str]) -> dict[str, Any]:
    """Figures per judged model and pooled, of the judge, of its heads without the rules, and of the rules alone."""
    rules = np.array([by_rules(t) for t in texts])
    forms = {"judge": left_out(table), "heads_without_rules": left_out(without_rules(table)), "rules_alone": rules}
    card: dict[str, Any] = {}
    for form, chances in forms.items():
        seen = np.isin(table.group, data.XSTEST_MODELS)
        card[form] = {"pooled": figures(table.y[seen], chances[seen])}
        for model in data.XSTEST_MODELS:
            card[form][model] = figures(table.y[table.group == model], chances[table.group == model])
    return card


def read(folder: Path, cache: Path | None) -> tuple[list[Row], Table]:
    """The rows that the judge is trained on, and their inputs."""
    rows = data.xstest(folder) + data.xstest_v1(folder) + silver(folder) + refusal_functional.statements()
    texts = [(r.prompt, r.text) for r in rows]
    table = Table(
        x=np.hstack([encoder_means(texts, cache), phrases(texts), rule_rows(texts)]),
        y=np.array([round(2 * r.label) for r in rows]),
        group=np.array([r.group for r in rows]),
        fold=folds([r.cluster for r in rows], FOLDS),
    )
    return rows, table


def main() -> None:
    """Read, measure by leaving out, train on everything, write weights and card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    rows, table = read(options.data, options.cache)
    heads = fit(table, np.arange(len(rows)))
    np.savez_compressed(
        FOLDER / "refusal.npz",
        mean=heads.mean.astype(np.float32), scale=heads.scale.astype(np.float32),
        heads=heads.weights.astype(np.float32), bias=heads.bias,
    )  # fmt: skip
    card = {"training_rows": len(rows), "left_out_model_and_prompts": measured(table, [r.text for r in rows])}
    store_card("refusal", REFUSAL | card, OTHERS)


if __name__ == "__main__":
    main()
