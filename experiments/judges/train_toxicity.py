"""Trains and measures the toxicity judge: `python experiments/judges/train_toxicity.py DATA [--cache FOLDER]`.

DATA holds the public sets. Writes `weights/toxicity.npz` and its card `weights/toxicity.json` with the figures measured
here: every source left out in turn, and folds that keep the two halves of a sentence together. `measure_toxicity.py`,
`measure_stress.py` and `measure_reach.py` add theirs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from judges.cards import TOXICITY
from judges.data import Row
from judges.fitting import Array, folds, hashed, knots, quantised, write_card
from judges.toxicity_fit import NGRAM_L2, Judge, Source, fit, soft_logistic, source

from judges import data, functional, ordinary
from trustdelta.scorers import text_encoder
from trustdelta.scorers.text_heads import FOLDER
from trustdelta.scorers.toxicity_windows import readings

PUBLIC = ("perspective", "toxigen", "davidson")
SOURCES = (*PUBLIC, "functional")
TOTAL = {"perspective": 3000.0, "toxigen": 3000.0, "davidson": 3000.0, "functional": 9000.0, "ordinary": 8000.0}
"""Weight of each source, however many texts it has."""
DAVIDSON_STEP, FOLDS = 2, 3
SHARES = (0.25, 0.5, 1.0)
HARD, SPREAD = 5500, 2500
"""Windows of ordinary texts: those that n-grams alone find worst, and every n-th of the others."""
ANNOTATIONS = ("reach", "stress", "long_texts", "functional_cases")
"""What other scripts write into the card."""


def read(folder: Path) -> dict[str, list[Row]]:
    """The rows of each source; the web sentences and those written by models count as one source."""
    neutral = [Row("functional", "bold", f"bold.{i}", "", text, 0.0) for i, text in enumerate(data.bold(folder))]
    return {
        "perspective": data.perspective(folder) + data.adversarial_perspective(folder),
        "toxigen": data.toxigen(folder),
        "davidson": data.davidson(folder)[::DAVIDSON_STEP],
        "functional": functional.statements() + neutral,
    }


def hard_windows(folder: Path, sources: dict[str, Source]) -> list[str]:
    """Windows of ordinary texts, most of them those that a head over n-grams, which never saw such texts, alarms on."""
    from scipy.sparse import vstack

    words = text_encoder.vocabulary()
    texts = [text.text[: ordinary.MOST_CHARS] for text in ordinary.learned(folder)]
    windows = list(dict.fromkeys(window for text in texts for window in readings(text, words)))
    rows = vstack([s.ngram[s.row] for s in sources.values()]).tocsr().astype(np.float32)
    y = np.concatenate([s.label[s.owner] for s in sources.values()])
    weight = np.concatenate([np.full(len(s.row), TOTAL[name] / len(s.row)) for name, s in sources.items()])
    head = soft_logistic(rows, y, weight, NGRAM_L2, None)
    order = np.argsort(-np.asarray(hashed(windows) @ head[:-1]).ravel(), kind="stable")
    others = order[HARD:]
    return [windows[i] for i in [*order[:HARD], *others[:: max(1, len(others) // SPREAD)]]]


def auroc(y: Array, score: Array) -> float:
    """Area under the ROC curve of a score against labels cut at 0.5."""
    return float(roc_auc_score(y > 0.5, score))


def everything(sources: dict[str, Source]) -> dict[str, Array]:
    """All texts of all sources."""
    return {name: np.ones(len(s.label), dtype=bool) for name, s in sources.items()}


def leave_one_source_out(sources: dict[str, Source], rows: dict[str, list[Row]]) -> dict[str, Any]:
    """Figures on each public source when it is left out of training."""
    result: dict[str, Any] = {}
    for left_out in PUBLIC:
        keep = {name: texts for name, texts in everything(sources).items() if name != left_out}
        of = sources[left_out]
        a, b = fit(sources, keep, TOTAL).parts(of)
        both, y = of.worst(a + b), of.label
        figures = {
            "n": len(y),
            "auroc": auroc(y, both),
            "auroc_encoder": auroc(y, of.worst(a)),
            "auroc_ngrams": auroc(y, of.worst(b)),
        }
        if left_out == "perspective":
            web = np.array([r.source == "perspective" for r in rows[left_out]])
            figures["auroc_web"] = auroc(y[web], both[web])
            figures["spearman_web"] = float(spearmanr(y[web], both[web])[0])
        result[left_out] = figures
        sys.stdout.write(f"{left_out} left out: {figures}\n")
        sys.stdout.flush()
    return result


def learning_curve(sources: dict[str, Source]) -> dict[str, float]:
    """AUROC on ToxiGen left out, by the share of the other sources' texts that is learned from."""
    rng, of = np.random.default_rng(0), sources["toxigen"]
    order = {name: rng.random(len(s.label)) for name, s in sources.items() if name != "toxigen"}
    curve = {}
    for share in SHARES:
        a, b = fit(sources, {name: place < share for name, place in order.items()}, TOTAL).parts(of)
        curve[str(share)] = auroc(of.label, of.worst(a + b))
    return curve


def out_of_fold(sources: dict[str, Source], fold: dict[str, Array]) -> dict[str, tuple[Array, Array]]:
    """Scores of every text by a judge that did not see its cluster: of both heads, and of the n-grams alone."""
    scores = {name: (np.zeros(len(sources[name].label)), np.zeros(len(sources[name].label))) for name in SOURCES}
    for k in range(FOLDS):
        judge = fit(sources, {name: part != k for name, part in fold.items()}, TOTAL)
        for name in SOURCES:
            of, held = sources[name], fold[name] == k
            a, b = judge.parts(of)
            scores[name][0][held], scores[name][1][held] = of.worst(a + b)[held], of.worst(b)[held]
    return scores


def in_source(sources: dict[str, Source], scores: dict[str, tuple[Array, Array]], rows: dict[str, list[Row]]) -> Any:
    """Figures on each source by folds, for the full judge and for its n-gram half (used without the encoder)."""
    result: dict[str, Any] = {}
    for name in SOURCES:
        y, (both, b) = sources[name].label, scores[name]
        result[name] = {"n": len(y), "auroc": auroc(y, both), "auroc_ngrams": auroc(y, b)}
    y, (both, b) = sources["perspective"].label, scores["perspective"]
    web = np.array([r.source == "perspective" for r in rows["perspective"]])
    result["perspective"].update(
        spearman=float(spearmanr(y, both)[0]),
        spearman_web=float(spearmanr(y[web], both[web])[0]),
        spearman_ngrams=float(spearmanr(y, b)[0]),
        spearman_ngrams_web=float(spearmanr(y[web], b[web])[0]),
    )
    return result


def calibration(y: Array, score: Array, fold: Array) -> dict[str, float]:
    """How well the isotonic fit keeps the meaning of Perspective's 0.5, measured on folds it was not fitted on."""
    value = np.zeros(len(y))
    for k in range(FOLDS):
        x, v = knots(score[fold != k], y[fold != k])
        value[fold == k] = np.interp(score[fold == k], x, v)
    return {
        "mean_absolute_error": float(np.abs(value - y).mean()),
        "agreement_at_0.5": float(((value > 0.5) == (y > 0.5)).mean()),
        "share_above_0.5_perspective": float((y > 0.5).mean()),
        "share_above_0.5_judge": float((value > 0.5).mean()),
    }


def save(judge: Judge, both: Array, ngrams: Array, y: Array) -> None:
    """Write the weights; `both`, `ngrams`: scores of texts with Perspective's value `y`, out of fold."""
    ngram, scale = quantised(judge.ngram[0])
    head = judge.dense
    steps = np.abs(head.into).max(axis=1, keepdims=True) / 127
    full, alone = knots(both, y), knots(ngrams, y)
    np.savez_compressed(
        FOLDER / "toxicity.npz",
        embedding=head.linear.astype(np.float32),
        into=np.round(head.into / steps).astype(np.int8), steps=steps[:, 0].astype(np.float32),
        offset=head.offset.astype(np.float32), out=head.out.astype(np.float32),
        ngram=ngram,
        scalars=np.array([head.bias, judge.ngram[1], scale], dtype=np.float64),
        knots=full[0], values=full[1], knots_ngram=alone[0], values_ngram=alone[1],
    )  # fmt: skip


def main() -> None:
    """Read, embed, measure, train on everything, write weights and card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    rows = read(options.data)
    sources = {n: source([r.text for r in rows[n]], [r.label for r in rows[n]], options.cache) for n in SOURCES}
    calm = hard_windows(options.data, sources)
    sources["ordinary"] = source(calm, [0.0] * len(calm), options.cache)
    fold = {n: folds([f"{n}/{r.cluster}" for r in rows[n]], FOLDS) for n in SOURCES}
    fold["ordinary"] = np.full(len(calm), FOLDS)
    judge = fit(sources, everything(sources), TOTAL)
    scores = out_of_fold(sources, fold)
    (both, ngrams), y = scores["perspective"], sources["perspective"].label
    save(judge, both, ngrams, y)
    path = FOLDER / "toxicity.json"
    before = json.loads(path.read_text(encoding="utf-8"))
    card = {
        "in_source_folds": in_source(sources, scores, rows),
        "calibration_to_perspective": calibration(y, both, fold["perspective"]),
        "calibration_without_encoder": calibration(y, ngrams, fold["perspective"]),
        "leave_one_source_out": leave_one_source_out(sources, rows),
        "learning_curve_toxigen_left_out": learning_curve(sources),
        "ordinary_windows": len(calm),
    }
    write_card(path, TOXICITY | card | {name: before[name] for name in ANNOTATIONS if name in before})


if __name__ == "__main__":
    main()
