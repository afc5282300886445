"""Fits the toxicity judge's heads on windows, where only whole texts have labels.

A text is as toxic as its worst window. All windows of a text first share its label; in a second round a toxic text has
one toxic window, the worst by then, and its others are not learned from (multiple-instance learning).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from judges.fitting import Array, hashed
from judges.toxicity_hidden import Head, train
from scipy.optimize import minimize
from scipy.sparse import vstack

from trustdelta.scorers import text_encoder
from trustdelta.scorers.toxicity import LAYERS, TOKENS, crowd
from trustdelta.scorers.toxicity_windows import readings

EMBEDDING_L2, NGRAM_L2, ROUNDS, STEPS = 2000.0, 0.5, 2, 60


@dataclass(frozen=True)
class Source:
    """Texts of one source as windows: `row` of each window in the features, `owner` the text it is of."""

    embedding: Array
    ngram: Any
    row: Array
    owner: Array
    label: Array
    """Label of each text, 0 to 1."""

    def worst(self, score: Array) -> Array:
        """The highest score among each text's windows, as the judge counts it; `score` by row of the features."""
        top = np.full(len(self.label), -np.inf)
        np.maximum.at(top, self.owner, score[self.row])
        return top - np.array([crowd(count) for count in np.bincount(self.owner, minlength=len(top))])


def source(texts: Sequence[str], labels: Sequence[float], cache: Path | None) -> Source:
    """Windows and features of labelled texts."""
    words = text_encoder.vocabulary()
    read = [readings(text, words) or [" "] for text in texts]
    windows = list(dict.fromkeys(window for pieces in read for window in pieces))
    place = {window: i for i, window in enumerate(windows)}
    return Source(
        means(windows, cache),
        hashed(windows),
        np.array([place[window] for pieces in read for window in pieces]),
        np.array([i for i, pieces in enumerate(read) for _ in pieces]),
        np.array(labels, dtype=float),
    )


def means(windows: Sequence[str], cache: Path | None) -> Array:
    """The encoder's means of windows in half precision, kept in the folder `cache` by the hash of each window."""
    path = cache / "toxicity-windows.npz" if cache else None
    stored: dict[str, Array] = {}
    if path and path.exists():
        with np.load(path) as file:
            stored = dict(zip(file["keys"].tolist(), file["rows"], strict=True))
    keys = [hashlib.sha256(window.encode()).hexdigest()[:24] for window in windows]
    new = [i for i, key in enumerate(keys) if key not in stored]
    if new:
        rows = text_encoder.mean_layers([windows[i] for i in new], LAYERS, TOKENS).astype(np.float16)
        stored |= {keys[i]: row for i, row in zip(new, rows, strict=True)}
        if path:
            np.savez(path, keys=np.array(list(stored)), rows=np.array(list(stored.values())))
    return np.array([stored[key] for key in keys])


class Judge:
    """A head over the encoder's means and a linear one over hashed n-grams, and their scores of windows in logits."""

    def __init__(self, dense: Head, sparse: Array) -> None:
        self.dense, self.ngram = dense, (sparse[:-1], float(sparse[-1]))

    def parts(self, of: Source) -> tuple[Array, Array]:
        """Scores of the two heads, by row of the features."""
        return self.dense.score(of.embedding), np.asarray(of.ngram @ self.ngram[0]).ravel() + self.ngram[1]


def fit(sources: Mapping[str, Source], keep: Mapping[str, Array], total: Mapping[str, float]) -> Judge:
    """A judge trained on the kept texts of the sources in `keep`, each source with its total weight."""
    kept = {name: keep[name][sources[name].owner] for name in keep}
    rows = {name: sources[name].row[kept[name]] for name in keep}
    owners = {name: sources[name].owner[kept[name]] for name in keep}
    dense = np.vstack([sources[name].embedding[rows[name]] for name in keep]).astype(np.float32)
    mean, deviation = dense.mean(axis=0), dense.std(axis=0) + 1e-6
    dense = (dense - mean) / deviation
    sparse = vstack([sources[name].ngram[rows[name]] for name in keep]).tocsr().astype(np.float32)
    y = np.concatenate([sources[name].label[owners[name]] for name in keep])
    share = {name: 1 / np.bincount(owners[name], minlength=len(sources[name].label))[owners[name]] for name in keep}
    bounds = np.cumsum([len(rows[name]) for name in keep])[:-1]
    parts, a, b = dict(share), None, None
    for _ in range(ROUNDS):
        weight = np.concatenate([parts[name] * total[name] / parts[name].sum() for name in keep])
        a = soft_logistic(dense, y, weight, EMBEDDING_L2, a)
        b = soft_logistic(sparse, y, weight, NGRAM_L2, b)
        score = dense @ a[:-1].astype(np.float32) + a[-1] + sparse @ b[:-1] + b[-1]
        for name, part in zip(keep, np.split(score, bounds), strict=True):
            parts[name] = _worst_alone(part, owners[name], sources[name].label, share[name])
    if b is None:
        raise ValueError("no rounds")
    used = np.concatenate([parts[name] * total[name] / parts[name].sum() for name in keep])
    learned = used > 0
    return Judge(train(dense[learned] * deviation + mean, y[learned], used[learned]), b)


def _worst_alone(score: Array, owner: Array, label: Array, share: Array) -> Array:
    """Weights of windows: in a toxic text that of the worst alone."""
    top = np.full(len(label), -np.inf)
    np.maximum.at(top, owner, score)
    return np.where(label[owner] > 0.5, score >= top[owner], share)


def soft_logistic(x: Any, y: Array, weight: Array, penalty: float, start: Array | None) -> Array:
    """Weights, and the bias last, of a weighted logistic regression on labels in [0, 1] with an L2 penalty."""
    width = x.shape[1]

    def loss(p: Array) -> tuple[float, Array]:
        z = x @ p[:width].astype(np.float32) + p[width]
        excess = weight * (1 / (1 + np.exp(-np.clip(z, -30, 30))) - y)
        slope = np.asarray(x.T @ excess.astype(np.float32), dtype=np.float64) + penalty * p[:width]
        value = (weight * (np.logaddexp(0, z) - y * z)).sum() + penalty / 2 * (p[:width] @ p[:width])
        return float(value), np.r_[slope, excess.sum()]

    first = np.zeros(width + 1) if start is None else start
    return np.asarray(minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x)
