"""Fitting and measuring shared by the training scripts: weighted linear heads, isotonic knots, grouped folds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from trustdelta.scorers.text_heads import FOLDER
from trustdelta.scorers.text_ngrams import BUCKETS, ngrams
from trustdelta.scorers.text_pairs import Texts, pooled

Array = NDArray[Any]


def folds(clusters: Sequence[str], n: int) -> Array:
    """Fold of each row by the hash of its cluster, so that a cluster is never split and nothing is random."""
    return np.array([int(hashlib.sha256(c.encode()).hexdigest(), 16) % n for c in clusters])


def soft_logistic(x: Array, y: Array, weight: Array, c: float) -> tuple[Array, float]:
    """Weights and bias, in the scale of `x`, of a logistic regression on soft labels in [0, 1]."""
    scaler = StandardScaler(with_mean=not isinstance(x, csr_matrix)).fit(x)
    if isinstance(x, csr_matrix):
        scaled, stacked = x, None
        from scipy.sparse import vstack

        stacked = vstack([scaled, scaled]).tocsr()
    else:
        scaled = scaler.transform(x)
        stacked = np.vstack([scaled, scaled])
    labels = np.r_[np.ones(len(y)), np.zeros(len(y))]
    weights = np.r_[y * weight, (1 - y) * weight]
    keep = weights > 1e-6
    model = LogisticRegression(C=c, max_iter=400).fit(stacked[keep], labels[keep], sample_weight=weights[keep])
    w = model.coef_[0]
    if isinstance(x, csr_matrix):
        return w, float(model.intercept_[0])
    return w / scaler.scale_, float(model.intercept_[0] - (w * scaler.mean_ / scaler.scale_).sum())


def hashed(texts: Sequence[str]) -> csr_matrix:
    """Hashed n-grams of texts as one sparse row each."""
    rows, columns, values = [], [], []
    for index, text in enumerate(texts):
        buckets, counts = ngrams(text)
        rows.extend([index] * len(buckets))
        columns.extend(buckets.tolist())
        values.extend(counts.tolist())
    return csr_matrix((values, (rows, columns)), shape=(len(texts), BUCKETS))


def knots(score: Array, target: Array, weight: Array | None = None, n: int = 64) -> tuple[Array, Array]:
    """Knots of an isotonic fit of `target` on `score`, thinned to at most `n`, strictly increasing in both."""
    fit = IsotonicRegression(out_of_bounds="clip").fit(score, target, sample_weight=weight)
    values, first = np.unique(fit.y_thresholds_, return_inverse=True)
    centers = np.array([fit.X_thresholds_[first == i].mean() for i in range(len(values))])
    pick = np.unique(np.linspace(0, len(values) - 1, min(n, len(values))).round().astype(int))
    return centers[pick], values[pick]


def quantised(weights: Array) -> tuple[Array, float]:
    """Weights as int8 and the scale that gives them back; the largest one percent is clipped at eight deviations."""
    limit = min(float(np.abs(weights).max()), 8 * float(weights.std()))
    scale = limit / 127
    return np.clip(np.round(weights / scale), -127, 127).astype(np.int8), scale


def cached(path: Path | None, make: Callable[[], Array]) -> Array:
    """The array stored at `path`, made and stored first where it is not there; without a path it is just made."""
    if path is None:
        return make()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, make())
    return np.asarray(np.load(path))


def encoder_means(texts: Texts, cache: Path | None) -> Array:
    """`text_pairs.pooled` of (question, answer) pairs in half precision, kept in `cache` under a hash of the texts."""
    name = hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:16]
    path = cache / f"pairs-{name}.npy" if cache else None
    return cached(path, lambda: pooled(texts).astype(np.float16)).astype(np.float32)


def write_card(path: Path, card: dict[str, Any]) -> None:
    """Write the judge's card as JSON with sorted keys and figures rounded to four places."""
    path.write_text(json.dumps(_rounded(card), indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def store_card(name: str, card: dict[str, Any], others: Sequence[str]) -> None:
    """Write a judge's card; `others`, what other scripts measured of the same judge, stay as they are."""
    path = FOLDER / f"{name}.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    write_card(path, card | {key: before[key] for key in others if key in before})


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(v) for v in value]
    return round(float(value), 4) if isinstance(value, (float, np.floating)) else value
