"""Rows, inputs and weights of the noncompliance judge, and the fit of one of its forms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from judges.data import Row
from judges.fitting import Array, cached, folds, hashed, quantised
from judges.train_refusal import silver
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from judges import data, refusal_functional
from trustdelta.scorers.noncompliance import denies_briefly, evades_by_rule
from trustdelta.scorers.noncompliance_inputs import ENCODED, WORD_CHARS, chinese, dense, encoded
from trustdelta.scorers.noncompliance_model import CHINESE_WORDS, ENGLISH, ENGLISH_WORDS, HEADS
from trustdelta.scorers.text_ngrams import BUCKETS
from trustdelta.scorers.text_pairs import clipped
from trustdelta.scorers.text_preamble import cleared

FOLDS = 3
C = {ENGLISH: 0.005, ENGLISH_WORDS: 30.0, CHINESE_WORDS: 30.0}
POSITIVE = {ENGLISH: 3.0, ENGLISH_WORDS: 3.0, CHINESE_WORDS: 1.5}
"""Weight of an answer to SpeechMap's requests that does not comply, against one that does: few of them do not."""
WORTH_ENCODER, WORTH_DENSE = 0.5, 0.1
"""Factor of the encoder's inputs beside dense ones, and of dense ones beside n-grams."""
WEIGHT = {"silver": 0.5, "gsm8k": 0.5, refusal_functional.SOURCE: 0.25}
PARTIAL_WEIGHT = 0.5
"""XSTest's partial refusals give some of what was asked: half a row of noncompliance."""
SETS = ("us_criticism", "eu_criticism", "russia_criticism", "china_criticism", "zh_china_criticism")


@dataclass(frozen=True, slots=True)
class Table:
    """Inputs of one form, targets of both heads (N x 2), weights, and what the rows belong to."""

    form: str
    x: Array
    grams: csr_matrix
    y: Array
    weight: Array
    source: Array
    model: Array
    cluster: Array
    evaded: Array
    """Answers that evade by rule: broken down, or on another matter."""
    refused: Array
    """Answers that deny by rule: briefly."""
    fold: Array

    def rows(self, index: Array) -> Table:
        """The table of some rows."""
        return Table(self.form, *(getattr(self, field.name)[index] for field in fields(self)[1:]))


@dataclass(frozen=True, slots=True)
class Fitted:
    """The heads of one form as they are stored; `grams` is empty for the encoder's form."""

    form: str
    mean: Array
    scale: Array
    heads: Array
    bias: Array
    grams: Array
    gram_scale: Array

    def logits(self, table: Table) -> Array:
        """Scores of both heads, as the scorer computes them."""
        result = clipped(table.x, self.mean, self.scale) @ self.heads.T + self.bias
        if self.grams.size:
            result = result + table.grams @ (self.grams.astype(np.float32) * self.gram_scale[:, None]).T
        return np.asarray(result)

    def coefficients(self, head: int, factor: Array) -> tuple[Array, Array]:
        """Coefficients and intercept of one head over inputs weighted by `factor`."""
        parts = [self.heads[head] / factor]
        if self.grams.size:
            parts.append(self.grams[head].astype(np.float32) * self.gram_scale[head])
        return np.concatenate(parts)[None], self.bias[head : head + 1]

    def arrays(self) -> dict[str, Array]:
        """Arrays by their names in the weights file."""
        result = {"mean": self.mean, "scale": self.scale, "heads": self.heads}
        stored = {f"{self.form}_{k}": v.astype(np.float32) for k, v in result.items()} | {
            f"{self.form}_bias": self.bias
        }
        if self.grams.size:
            stored |= {f"{self.form}_ngrams": self.grams, f"{self.form}_ngram_scale": self.gram_scale}
        return stored


def labelled(folder: Path) -> list[Row]:
    """Every labelled answer as the scorer reads it: 0 complies, 0.5 evades or refuses in part, 1 refuses."""
    rows = data.speechmap(folder) + data.xstest(folder) + data.xstest_v1(folder) + data.r1_moderation(folder)
    rows += data.gsm8k_solutions(folder) + silver(folder) + refusal_functional.statements()
    return [replace(row, text=cleared(row.text, headings=False) or row.text) for row in rows]


def table(rows: Sequence[Row], form: str, cache: Path | None) -> Table:
    """The inputs of the rows that one form reads."""
    rows = [r for r in rows if chinese(r.text) == (form == CHINESE_WORDS)]
    texts = [(r.prompt, r.text) for r in rows]
    key = hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]
    x = cached(cache and cache / f"dense-{key}.npy", lambda: dense(texts))
    if form == ENGLISH:
        x = np.hstack([cached(cache and cache / f"encoded-{key}.npy", lambda: encoded(texts)), x])
    label = np.array([r.label for r in rows])
    xstest = np.array([r.source.startswith("xstest") for r in rows])
    partial = xstest & (label == 0.5)
    weight = np.array([WEIGHT.get(r.source, 1.0) for r in rows]) * np.where(partial, PARTIAL_WEIGHT, 1.0)
    return Table(
        form,
        x,
        csr_matrix((len(rows), BUCKETS)) if form == ENGLISH else hashed([r.text[:WORD_CHARS] for r in rows]),
        np.stack([label > 0, (label == 1) | partial], axis=1),
        weight,
        np.array([r.source for r in rows]),
        np.array([r.group for r in rows]),
        np.array([r.cluster for r in rows]),
        np.array([evades_by_rule(r.prompt, r.text) for r in rows]),
        np.array([denies_briefly(r.text) for r in rows]),
        folds([r.cluster for r in rows], FOLDS),
    )


def fit(table: Table, start: Fitted | None = None) -> Fitted:
    """The two heads of one form; `start`: heads to start from, which changes how fast they are reached only."""
    mean, scale = table.x.mean(0), table.x.std(0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    x = clipped(table.x, mean, scale)
    factor = np.ones(x.shape[1])
    if table.form == ENGLISH:
        factor[:ENCODED] = WORTH_ENCODER
        inputs = (x * factor).astype(np.float32)
    else:
        factor *= WORTH_DENSE
        inputs = hstack([csr_matrix(x * factor), table.grams]).tocsr().astype(np.float32)
    weights, bias = [], []
    for head in range(HEADS):
        target = table.y[:, head]
        emphasis = table.weight * np.where(target & np.isin(table.source, SETS), POSITIVE[table.form], 1.0)
        model = LogisticRegression(C=C[table.form], max_iter=150, warm_start=True)
        if start is not None:
            model.coef_, model.intercept_ = start.coefficients(head, factor)
        model.fit(inputs, target, sample_weight=emphasis)
        weights.append(model.coef_[0])
        bias.append(model.intercept_[0])
    both, width = np.array(weights), x.shape[1]
    packed = [quantised(row) for row in both[:, width:]] if table.form != ENGLISH else []
    grams = np.array([p[0] for p in packed], dtype=np.int8)
    gram_scale = np.array([p[1] for p in packed], dtype=np.float32)
    return Fitted(table.form, mean, scale, both[:, :width] * factor, np.array(bias), grams, gram_scale)


FORMS = (ENGLISH, ENGLISH_WORDS, CHINESE_WORDS)
