"""A question and its answer read together by the sentence encoder: the input of the refusal and the harm judge.

`[CLS] question [SEP] beginning of the answer [SEP]` goes through the encoder's first layers once; means over the
question, the opening of the answer and the answer are what the judges' linear heads see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from trustdelta.scorers import text_encoder as encoder
from trustdelta.scorers.refusal_features import NAMES, features
from trustdelta.scorers.text_normal import normal

LAYERS = (3, 4)
"""Layers whose states are averaged; deeper ones judge worse on models and sources left out."""
PROMPT_TOKENS, ANSWER_TOKENS, OPENING_TOKENS = 24, 64, 40
POOLS = 3
ROW = len(LAYERS) * POOLS * encoder.WIDTH
CLIP = 4.0

REMEMBERED = 2048
"""Pairs whose rows are kept, 9 kB each: more than a page of responses, which several judges read one after another."""

Texts = Sequence[tuple[str, str]]
"""(question, answer) pairs."""
Key = tuple[tuple[int, ...], int]
"""A pair's token ids and where its answer starts."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Token ids of `[CLS] question [SEP] answer [SEP]` and where the answer starts."""

    ids: list[int]
    answer: int

    def pools(self) -> NDArray[np.float32]:
        """Averaging weights over the tokens, one row each for the question, the answer's opening and the answer."""
        weights = np.zeros((POOLS, len(self.ids)), dtype=np.float32)
        opening = min(OPENING_TOKENS, len(self.ids) - self.answer)
        weights[0, : self.answer] = 1 / self.answer
        weights[1, self.answer : self.answer + opening] = 1 / opening
        weights[2, self.answer :] = 1 / (len(self.ids) - self.answer)
        return weights


def token_pair(question: str, answer: str) -> Pair:
    """The tokens of one question and the beginning of its answer, both in normal form."""
    question_ids = encoder.token_ids(normal(question[:2000]), PROMPT_TOKENS)
    answer_ids = encoder.token_ids(normal(answer[:4000]), ANSWER_TOKENS)
    return Pair([encoder.CLS, *question_ids, encoder.SEP, *answer_ids, encoder.SEP], len(question_ids) + 2)


_recent: dict[Key, NDArray[np.float32]] = {}
_recent_lock = Lock()


def pooled(texts: Texts) -> NDArray[np.float32]:
    """One row per pair: for each of LAYERS the means over the three pools, 2 x 3 x 384 numbers.

    A pair of equal tokens is encoded once: several judges read one response, and many responses are alike.
    """
    pairs = [token_pair(*text) for text in texts]
    keys = [(tuple(pair.ids), pair.answer) for pair in pairs]
    with _recent_lock:
        rows = {key: _recent[key] for key in keys if key in _recent}
    new = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in rows}
    rows.update(zip(new, _encoded(list(new.values())), strict=True))
    _remember(rows)
    return np.array([rows[key] for key in keys], dtype=np.float32).reshape(len(keys), ROW)


def _remember(rows: Mapping[Key, NDArray[np.float32]]) -> None:
    """Keep these rows as the latest, and no more than REMEMBERED in all."""
    with _recent_lock:
        for key, row in list(rows.items())[-REMEMBERED:]:
            _recent.pop(key, None)
            _recent[key] = row
        for key in list(_recent)[:-REMEMBERED]:
            del _recent[key]


def _encoded(pairs: Sequence[Pair]) -> list[NDArray[np.float32]]:
    """The row of each pair."""
    rows = [np.zeros((len(LAYERS), POOLS * encoder.WIDTH), dtype=np.float32) for _ in pairs]
    for group in encoder.batches([len(pair.ids) for pair in pairs]):
        weights = [pairs[i].pools() for i in group]
        for depth, (x_BTD, _) in enumerate(encoder.hidden_layers([pairs[i].ids for i in group], LAYERS[-1]), start=1):
            if depth in LAYERS:
                for place, i in enumerate(group):
                    means_PD = weights[place] @ x_BTD[place, : len(pairs[i].ids)]
                    rows[i][LAYERS.index(depth)] = means_PD.ravel()
    return [row.ravel() for row in rows]


def one_layer(rows: NDArray[np.float32], layer: int) -> NDArray[np.float32]:
    """The columns of `pooled` rows that belong to one of LAYERS."""
    width = POOLS * encoder.WIDTH
    start = LAYERS.index(layer) * width
    return rows[:, start : start + width]


def phrases(texts: Texts) -> NDArray[np.float64]:
    """Phrase features of each pair (refusal_features)."""
    return np.array([features(*text) for text in texts], dtype=np.float64).reshape(len(texts), len(NAMES))


def clipped(rows: NDArray[np.floating], mean: NDArray[np.floating], scale: NDArray[np.floating]) -> NDArray[np.float64]:
    """Standardised inputs, clipped so that one odd text cannot carry a judge far outside what it was trained on."""
    return np.asarray(np.clip((rows - mean) / scale, -CLIP, CLIP), dtype=np.float64)
