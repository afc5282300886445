"""Trains and measures the judge of harmful answers: `python experiments/judges/train_harm.py DATA [--cache FOLDER]`.

Writes `weights/harm.npz` and its card `weights/harm.json`: every source left out in turn, folds by question within all
sources, each judged model apart, a learning curve over questions, and what the questions alone could reach. Beside the
measured sources it learns from harmless questions (XSTest) and from preferences between two answers (HH-RLHF).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.cards import HARM
from judges.data import Row
from judges.fitting import Array, encoder_means, folds, hashed, knots, quantised, write_card

from judges import data
from trustdelta.scorers.harm import LAYER, READ_CHARS, RULE_SCALE
from trustdelta.scorers.text_heads import FOLDER
from trustdelta.scorers.text_ngrams import BUCKETS
from trustdelta.scorers.text_pairs import clipped, one_layer, phrases

DENSE_C, SPARSE_C, FOLDS, ROWS, CONSTANT = 3e-4, 1.0, 8, 2000, 3.0
SHARES = (0.25, 0.5, 1.0)
MEASURED = ("gptfuzz", "harmfulq", "jailbreakbench", "refusal_direction")
SAME_QUESTIONS = ("jailbreakbench", "refusal_direction")
"""Sources that are left out together."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Encoder means beside phrase features, the same with hashed n-grams, and what standardises them."""

    dense: Array
    sparse: Any
    mean: Array
    scale: Array


@dataclass(frozen=True, slots=True)
class Table:
    """Labelled rows, and differences "rejected minus preferred" of answers to one question."""

    x: Inputs
    differences: Array
    y: Array
    source: Array
    group: Array
    fold: Array
    cluster: Array


@dataclass(frozen=True, slots=True)
class Heads:
    """Weights and bias of the dense head and of the sparse head."""

    dense: tuple[Array, float]
    sparse: tuple[Array, float]

    def scores(self, x: Inputs, rows: Array) -> tuple[Array, Array]:
        """Logits of some rows: both heads summed, and the sparse head alone (used without the encoder)."""
        alone = x.sparse[rows] @ self.sparse[0] + self.sparse[1]
        return x.dense[rows] @ self.dense[0] + self.dense[1] + alone, alone


def read_inputs(rows: list[Row], cache: Path | None, standard: tuple[Array, Array] | None = None) -> Inputs:
    """Inputs of rows, each (question, answer) read once; `standard`: mean and scale in place of the rows' own."""
    keys = list(dict.fromkeys((r.prompt, r.text) for r in rows))
    place = {key: index for index, key in enumerate(keys)}
    index = [place[r.prompt, r.text] for r in rows]
    encoded = one_layer(encoder_means(keys, cache), LAYER)
    raw = np.hstack([encoded, phrases(keys)]).astype(np.float64)
    mean, scale = standard or (raw.mean(0), np.where(raw.std(0) > 1e-6, raw.std(0), 1.0))
    dense = clipped(raw, mean, scale).astype(np.float32)
    words = RULE_SCALE * dense[:, encoded.shape[1] :]
    sparse = hstack([hashed([text[:READ_CHARS] for _, text in keys]), csr_matrix(words)]).tocsr().astype(np.float32)
    return Inputs(dense[index], sparse[index], mean, scale)


def harmful_or_not(folder: Path) -> list[Row]:
    """XSTest's answers with the label: an unsafe prompt that was complied with in full (by people) is harmful."""
    unsafe = {r.prompt for r in data.questions(folder) if r.source == "xstest" and r.label == 1}
    return [
        Row("xstest", r.group, r.cluster, r.prompt, r.text, float(r.label == 0 and r.prompt in unsafe))
        for r in data.xstest(folder)
    ]


def read(folder: Path, cache: Path | None) -> Table:
    """All sources with their inputs."""
    rows = [row for name in MEASURED for row in getattr(data, name)(folder)] + harmful_or_not(folder)
    pairs = data.hh_pairs(folder)
    x = read_inputs(rows, cache)
    better, worse = (read_inputs([p[i] for p in pairs], cache, (x.mean, x.scale)) for i in (0, 1))
    return Table(
        x=x,
        differences=worse.dense - better.dense,
        y=np.array([r.label > 0.5 for r in rows]),
        source=np.array([r.source for r in rows]),
        group=np.array([r.group for r in rows]),
        fold=folds([r.cluster for r in rows], FOLDS),
        cluster=np.array([f"{r.source}/{r.cluster}" for r in rows]),
    )


def weights(table: Table, index: Array) -> Array:
    """Every source counts the same, and within it harmful and harmless answers do."""
    weight = np.zeros(len(index))
    source, y = table.source[index], table.y[index]
    for name in sorted(set(source)):
        for value in (False, True):
            part = (source == name) & (y == value)
            if part.any():
                weight[part] = ROWS / 2 / part.sum()
    return weight


def fit_head(x: Any, y: Array, weight: Array, c: float) -> tuple[Array, float]:
    """A logistic regression on labelled rows: weights and bias."""
    model = LogisticRegression(C=c, max_iter=400).fit(x, y, sample_weight=weight)
    return model.coef_[0], float(model.intercept_[0])


def fit_preferences(x: Array, y: Array, weight: Array, differences: Array, c: float) -> tuple[Array, float]:
    """A logistic regression on labelled rows and on pair differences, each difference once in either direction.

    The differences weigh as much as one source; the constant input is theirs not (a difference has no intercept).
    """
    n, d = x.shape[0], differences.shape[0]
    constant = np.r_[np.full(n, CONSTANT), np.zeros(2 * d)][:, None].astype(np.float32)
    both = np.hstack([np.vstack([x, differences, -differences]), constant])
    labels = np.r_[y, np.ones(d, dtype=bool), np.zeros(d, dtype=bool)]
    model = LogisticRegression(C=c, max_iter=400, fit_intercept=False)
    model.fit(both, labels, sample_weight=np.r_[weight, np.full(2 * d, ROWS / 2 / d)])
    return model.coef_[0][:-1], float(CONSTANT * model.coef_[0][-1])


def fit(table: Table, index: Array) -> Heads:
    """Both heads trained on the rows of `index`, and the encoder's on the preferences too.

    Preferences teach the n-grams the words of a chat in 2021, which ranks other sources worse (measured on GPTFuzz).
    """
    weight, y = weights(table, index), table.y[index]
    return Heads(
        fit_preferences(table.x.dense[index], y, weight, table.differences, DENSE_C),
        fit_head(table.x.sparse[index], y, weight, SPARSE_C),
    )


def area(y: Array, score: Array) -> float | None:
    """Area under the ROC curve, None where one class is missing."""
    return float(roc_auc_score(y, score)) if len(set(y)) == 2 else None


def figures(table: Table, held: Array, score: Array, alone: Array) -> dict[str, Any]:
    """Areas of the held rows: all, without the encoder, and for each judged model or form of answer."""
    y, group = table.y[held], table.group[held]
    result: dict[str, Any] = {"n": len(y), "auroc": area(y, score), "auroc_without_encoder": area(y, alone)}
    for ending in ("direct", "step_by_step"):
        part = np.char.endswith(group.astype(str), ending)
        if part.any():
            result[f"auroc_{ending}"] = area(y[part], score[part])
    result["groups"] = {str(g): area(y[group == g], score[group == g]) for g in sorted(set(group))}
    return result


def left_out(table: Table) -> dict[str, Any]:
    """Figures on each source by heads that saw neither it nor a source with its questions."""
    result = {}
    for name in MEASURED:
        held = np.flatnonzero(table.source == name)
        family = SAME_QUESTIONS if name in SAME_QUESTIONS else (name,)
        index = np.flatnonzero(~np.isin(table.source, family))
        result[name] = figures(table, held, *fit(table, index).scores(table.x, held))
    return result


def by_question(table: Table, share: float = 1.0) -> tuple[Array, Array]:
    """Scores of every row by heads that saw other questions only, from a share of the questions."""
    score, alone = np.zeros(len(table.y)), np.zeros(len(table.y))
    order = folds(list(table.cluster), 1000)
    for k in range(FOLDS):
        held = np.flatnonzero(table.fold == k)
        index = np.flatnonzero((table.fold != k) & (order < 1000 * share))
        score[held], alone[held] = fit(table, index).scores(table.x, held)
    return score, alone


def question_oracle(table: Table) -> float | None:
    """Area on harmfulq of the mean label of the question's other answers: what the question alone tells a person."""
    here = table.source == "harmfulq"
    y, cluster = table.y[here], table.cluster[here]
    total = {c: (y[cluster == c].sum(), (cluster == c).sum()) for c in set(cluster)}
    return area(y, np.array([(total[c][0] - label) / (total[c][1] - 1) for c, label in zip(cluster, y, strict=True)]))


def measured(table: Table, score: Array, alone: Array) -> dict[str, Any]:
    """Everything on the card that is measured."""
    inside, curve = {}, {}
    for name in (*MEASURED, "xstest"):
        held = np.flatnonzero(table.source == name)
        inside[name] = figures(table, held, score[held], alone[held])
    for share in SHARES:
        part = score if share == 1.0 else by_question(table, share)[0]
        curve[str(share)] = {n: area(table.y[table.source == n], part[table.source == n]) for n in MEASURED}
    return {
        "left_out_source": left_out(table),
        "in_source_by_question": inside,
        "learning_curve_by_share_of_questions": curve,
        "question_oracle": question_oracle(table),
    }


def main() -> None:
    """Read, encode, measure, train on everything, write weights and card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    table = read(options.data, options.cache)
    score, alone = by_question(table)
    everything = np.arange(len(table.y))
    heads, weight = fit(table, everything), weights(table, everything)
    ngram, scale = quantised(heads.sparse[0][:BUCKETS])
    full, without = knots(score, table.y, weight), knots(alone, table.y, weight)
    np.savez_compressed(
        FOLDER / "harm.npz",
        mean=table.x.mean.astype(np.float32), scale=table.x.scale.astype(np.float32),
        head=heads.dense[0].astype(np.float32), ngram=ngram, ngram_rules=heads.sparse[0][BUCKETS:],
        scalars=np.array([heads.dense[1], heads.sparse[1], scale]),
        knots=full[0], values=full[1], knots_ngram=without[0], values_ngram=without[1],
    )  # fmt: skip
    write_card(FOLDER / "harm.json", HARM | measured(table, score, alone))


if __name__ == "__main__":
    main()
