"""Trains and measures the toxicity judge: `python experiments/judges/train_toxicity.py DATA [--cache FOLDER]`.

DATA holds the public sets. Writes `weights/toxicity.npz` and its card `weights/toxicity.json` with the figures measured
here: every source left out in turn, and folds that keep the two halves of a sentence together.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.cards import TOXICITY
from judges.data import Row
from judges.fitting import Array, cached, folds, hashed, knots, quantised, soft_logistic, write_card

from judges import data, functional
from trustdelta.scorers import text_encoder
from trustdelta.scorers.text_heads import FOLDER
from trustdelta.scorers.toxicity import LAYERS, TOKENS

SOURCES = ("perspective", "toxigen", "davidson", "functional")
EMBEDDING_C, NGRAM_C, FUNCTIONAL_WEIGHT, ROWS = 0.0005, 2.0, 1.5, 3000
DAVIDSON_STEP = 2


def read(folder: Path) -> dict[str, list[Row]]:
    """The rows of each source; the web sentences and those written by models count as one source."""
    neutral = [Row("functional", "bold", f"bold.{i}", "", text, 0.0) for i, text in enumerate(data.bold(folder))]
    return {
        "perspective": data.perspective(folder) + data.adversarial_perspective(folder),
        "toxigen": data.toxigen(folder),
        "davidson": data.davidson(folder)[::DAVIDSON_STEP],
        "functional": functional.statements() + neutral,
    }


class Judge:
    """Two linear heads, one over the encoder's layers and one over hashed n-grams, and their summed score."""

    def __init__(self, embedding: Array, ngram: Any, y: Array, weight: Array) -> None:
        self.embedding = soft_logistic(embedding, y, weight, EMBEDDING_C)
        self.ngram = soft_logistic(ngram, y, weight, NGRAM_C)

    def parts(self, embedding: Array, ngram: Any) -> tuple[Array, Array]:
        """Scores of the two heads, in logits."""
        return embedding @ self.embedding[0] + self.embedding[1], ngram @ self.ngram[0] + self.ngram[1]


def fit(table: dict[str, Any], names: list[str], keep: dict[str, Array]) -> Judge:
    """A judge trained on the kept rows of the named sources, each source with the same total weight."""
    from scipy.sparse import vstack

    size = {n: ROWS * (FUNCTIONAL_WEIGHT if n == "functional" else 1.0) for n in names}
    weight = np.concatenate([np.full(keep[n].sum(), size[n] / keep[n].sum()) for n in names])
    return Judge(
        np.vstack([table[n]["embedding"][keep[n]] for n in names]),
        vstack([table[n]["ngram"][keep[n]] for n in names]).tocsr(),
        np.concatenate([table[n]["y"][keep[n]] for n in names]),
        weight,
    )


def auroc(y: Array, score: Array) -> float:
    """Area under the ROC curve of a score against labels cut at 0.5."""
    return float(roc_auc_score(y > 0.5, score))


def leave_one_source_out(table: dict[str, Any], rows: dict[str, list[Row]]) -> dict[str, Any]:
    """Figures on each public source when it is left out of training."""
    result: dict[str, Any] = {}
    everything = {n: np.ones(len(table[n]["y"]), dtype=bool) for n in SOURCES}
    for left_out in SOURCES:
        judge = fit(table, [n for n in SOURCES if n != left_out], everything)
        a, b = judge.parts(table[left_out]["embedding"], table[left_out]["ngram"])
        y = table[left_out]["y"]
        figures = {"n": len(y), "auroc": auroc(y, a + b), "auroc_encoder": auroc(y, a), "auroc_ngrams": auroc(y, b)}
        if left_out == "perspective":
            web = np.array([r.source == "perspective" for r in rows[left_out]])
            figures["auroc_web"] = auroc(y[web], (a + b)[web])
            figures["spearman_web"] = float(spearmanr(y[web], (a + b)[web])[0])
        result[left_out] = figures
    return result


def out_of_fold(table: dict[str, Any], fold: dict[str, Array], n: int = 5) -> dict[str, tuple[Array, Array]]:
    """Scores of every row by a judge that did not see its cluster."""
    scores = {name: (np.zeros(len(table[name]["y"])), np.zeros(len(table[name]["y"]))) for name in SOURCES}
    for k in range(n):
        judge = fit(table, list(SOURCES), {name: fold[name] != k for name in SOURCES})
        for name in SOURCES:
            held = fold[name] == k
            a, b = judge.parts(table[name]["embedding"][held], table[name]["ngram"][held])
            scores[name][0][held], scores[name][1][held] = a, b
    return scores


def in_source(table: dict[str, Any], scores: dict[str, tuple[Array, Array]], rows: dict[str, list[Row]]) -> Any:
    """Figures on each source by folds, for the full judge and for its n-gram half (used without the encoder)."""
    result: dict[str, Any] = {}
    for name in SOURCES:
        y, (a, b) = table[name]["y"], scores[name]
        result[name] = {"n": len(y), "auroc": auroc(y, a + b), "auroc_ngrams": auroc(y, b)}
    y, (a, b) = table["perspective"]["y"], scores["perspective"]
    web = np.array([r.source == "perspective" for r in rows["perspective"]])
    result["perspective"].update(
        spearman=float(spearmanr(y, a + b)[0]),
        spearman_web=float(spearmanr(y[web], (a + b)[web])[0]),
        spearman_ngrams=float(spearmanr(y, b)[0]),
        spearman_ngrams_web=float(spearmanr(y[web], b[web])[0]),
    )
    return result


def calibration(y: Array, score: Array, fold: Array) -> dict[str, float]:
    """How well the isotonic fit keeps the meaning of Perspective's 0.5, measured on folds it was not fitted on."""
    value = np.zeros(len(y))
    for k in range(5):
        x, v = knots(score[fold != k], y[fold != k])
        value[fold == k] = np.interp(score[fold == k], x, v)
    return {
        "mean_absolute_error": float(np.abs(value - y).mean()),
        "agreement_at_0.5": float(((value > 0.5) == (y > 0.5)).mean()),
        "share_above_0.5_perspective": float((y > 0.5).mean()),
        "share_above_0.5_judge": float((value > 0.5).mean()),
    }


def main() -> None:
    """Read, embed, measure, train on everything, write weights and card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    rows = read(options.data)
    table: dict[str, Any] = {}
    for name in SOURCES:
        texts = [r.text for r in rows[name]]
        path = options.cache / f"toxicity-{name}-{len(texts)}.npy" if options.cache else None
        table[name] = {
            "embedding": cached(path, lambda texts=texts: text_encoder.mean_layers(texts, LAYERS, TOKENS)),
            "ngram": hashed(texts),
            "y": np.array([r.label for r in rows[name]]),
        }
    fold = {n: folds([f"{n}/{r.cluster}" for r in rows[n]], 5) for n in SOURCES}
    scores = out_of_fold(table, fold)
    (a, b), y = scores["perspective"], table["perspective"]["y"]
    card = {
        "leave_one_source_out": leave_one_source_out(table, rows),
        "in_source_folds": in_source(table, scores, rows),
        "calibration_to_perspective": calibration(y, a + b, fold["perspective"]),
        "calibration_without_encoder": calibration(y, b, fold["perspective"]),
    }
    judge = fit(table, list(SOURCES), {n: np.ones(len(rows[n]), dtype=bool) for n in SOURCES})
    ngram, scale = quantised(judge.ngram[0])
    full, alone = knots(a + b, y), knots(b, y)
    np.savez_compressed(
        FOLDER / "toxicity.npz",
        embedding=judge.embedding[0].astype(np.float32),
        ngram=ngram,
        scalars=np.array([judge.embedding[1], judge.ngram[1], scale], dtype=np.float64),
        knots=full[0], values=full[1], knots_ngram=alone[0], values_ngram=alone[1],
    )  # fmt: skip
    write_card(FOLDER / "toxicity.json", TOXICITY | card)


if __name__ == "__main__":
    main()
