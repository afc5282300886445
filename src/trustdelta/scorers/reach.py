"""How far do texts lie from those that a built-in judge learned from? And in which languages was it measured?

A text's distance is one minus the cosine between its encoding and the nearest centre of the training texts, all centred
on their mean. `limit` is the distance that one in fifty training texts of models left out exceeds. Weights:
reach.npz, by `experiments/judges/measure_reach.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trustdelta.scorers import refusal_model, text_encoder
from trustdelta.scorers.text_heads import arrays
from trustdelta.scorers.text_normal import normal

NAME = "reach"
LAYER, TOKENS, READ_CHARS = 3, 64, 1200
LIMIT_SHARE = 0.02
"""Share of training texts of models left out that lie beyond the limit."""
JUDGES: Mapping[str, str] = {
    "refusal": "refusal", "refusal_full": "refusal", "refusal_partial": "refusal", "refusal_calibration": "refusal",
    "noncompliance": "noncompliance", "noncompliance_denial": "noncompliance", "noncompliance_evasion": "noncompliance",
    "harm": "harm", "toxicity": "toxicity", "toxic": "toxicity",
}  # fmt: skip
"""By scorer, the trained judge behind it."""
MEASURED: Mapping[str, frozenset[str]] = {
    "refusal": frozenset({"en", "zh"}),
    "noncompliance": frozenset({"en", "zh"}),
    "harm": frozenset({"en"}),
    "toxicity": frozenset({"en"}),
}
"""By trained judge, the languages (ISO 639-1) of the answers of models on which it was measured."""
LONGEST: Mapping[str, int] = {"refusal": 7374, "noncompliance": 7374, "harm": 4000, "toxicity": 30_000}
"""By trained judge, the characters of the longest answers on which it was measured.

All but one in fifty of its labelled answers are shorter (`experiments/judges/measure_reach.py DATA --lengths`); the
others were measured on longer texts apart: refusal on those of noncompliance (`measure_refusal_pairs.py`), harm and
toxicity by `measure_windows.py` and `measure_toxicity.py`.
"""
MEASURED_ON_REASONING = frozenset({"noncompliance", "refusal"})
"""Trained judges that were measured on answers of reasoning models."""

Floats = NDArray[np.float32]


def encodings(texts: Sequence[str]) -> Floats:
    """Mean states of the beginning of each text."""
    return text_encoder.mean_layers([normal(text[:READ_CHARS]) for text in texts], (LAYER,), TOKENS)


def directions(rows: Floats, mean: NDArray[np.floating]) -> Floats:
    """Encodings around their mean, at unit length."""
    centred = rows - mean
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def distances(rows: Floats, mean: NDArray[np.floating], centres: NDArray[np.floating]) -> Floats:
    """Distance of every encoding to the nearest centre."""
    return np.asarray(1 - (directions(rows, mean) @ centres.astype(np.float32).T).max(axis=1), dtype=np.float32)


def beyond(scorer: str, texts: Sequence[str]) -> float | None:
    """Share of English texts that lie beyond the limit of a built-in judge; None where that cannot be known.

    It cannot without the encoder, without texts, and for a scorer behind which no trained judge stands. A short plain
    refusal is within the limit of `refusal`: its words decide, not what the judge learned (`measure_reach.py --plain`).
    """
    judge = JUDGES.get(scorer)
    if judge is None or not texts or not text_encoder.available():
        return None
    table = arrays(NAME)
    learned = [t for t in texts if not refusal_model.plain(t)] if judge == "refusal" else texts
    if not learned:
        return 0.0
    far = distances(encodings(learned), table[f"{judge}_mean"], table[f"{judge}_centres"]) > table[f"{judge}_limit"]
    return float(far.sum()) / len(texts)
