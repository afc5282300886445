"""Prompts on which the models' answers differ in another way than elsewhere, over all features together.

A set's score is the sum over pairs of its prompts of how alike their differences are, beyond the mean difference over
all prompts, in standard deviations of what exchanging the models at random would give. Words of the prompts are joined
to a topic where each makes the score larger. The scores choose what is tested, and are no test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from trustdelta.discover.conditions import LEAST, WIDEST, Conditions, joined
from trustdelta.discover.mining import LEAST_DISCORDANT
from trustdelta.records.arrays import Floats, Ints
from trustdelta.scorers.text_language import ENGLISH

TOPICS = 3
"""Most topics."""
WORDS = 8
"""Most words of a topic."""
STARTS = 150
"""Words, those with the highest scores, of which topics are made."""
GAIN = 1.0
"""What each further word must add to the score."""
RELATIVE_GAIN = 0.1
"""And as a share of the score so far, which grows with the number of prompts."""
CLEAR = 4.0
"""Score from which a topic is one."""
MOST_PROMPTS = 2_500
"""Prompts that are compared with each other; of more, the first ones are."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the differences on two prompts are, prompts by prompts."""

    product_PP: Floats
    """Without the diagonal."""
    square_PP: Floats

    def part(self, rows: Ints) -> Likeness:
        """Of some of the prompts, in their order."""
        rows = rows[rows < len(self.product_PP)]
        at = np.ix_(rows, rows)
        return Likeness(self.product_PP[at], self.square_PP[at])

    def scores(self, members_CP: Floats) -> Floats:
        """Score of each set of prompts against all others."""
        members_CP = members_CP[:, : len(self.product_PP)]
        size_C = np.maximum(members_CP.sum(axis=1, keepdims=True), 1)
        rest_C = np.maximum(members_CP.shape[1] - size_C, 1)
        weight_CP = members_CP / size_C - (1 - members_CP) / rest_C
        sum_C = np.sum((weight_CP @ self.product_PP) * weight_CP, axis=1)
        square_CP = weight_CP**2
        variance_C = 2 * np.sum((square_CP @ self.square_PP) * square_CP, axis=1)
        return np.asarray(sum_C / np.sqrt(np.maximum(variance_C, 1e-24)))


def likeness(delta: sparse.csc_array) -> Likeness:
    """The likeness of differences, each feature with the same weight; `delta`: prompts by features."""
    part = delta[:MOST_PROMPTS].tocsc()
    part = part[:, np.diff(part.indptr) >= LEAST_DISCORDANT]
    scale = 1 / np.sqrt(np.maximum(part.power(2).sum(axis=0), 1e-12))
    scaled = (part @ sparse.diags_array(np.asarray(scale).ravel())).tocsr()
    product = (scaled @ scaled.T).toarray()
    product = product - product.mean(axis=0) - product.mean(axis=1)[:, None] + product.mean()
    np.fill_diagonal(product, 0)
    return Likeness(product, product**2)


def with_topics(conditions: Conditions, alike: Likeness, mined: Conditions) -> Conditions:
    """The sets of prompts and up to TOPICS joined ones; `mined`: the same sets on the mined half."""
    words = [c for c, word in enumerate(mined.words) if word and word not in ENGLISH]
    if not words:
        return conditions
    score_W = alike.scores(mined.member_CP[words])
    free = [words[i] for i in np.argsort(-score_W, kind="stable")[:STARTS]]
    rows, names = [], []
    for _ in range(TOPICS):
        topic = _grown(free, alike, mined)
        if len(topic) < 2:
            break
        free = [c for c in free if c not in topic]
        rows.append(conditions.member_CP[topic].max(axis=0))
        names.append(joined(conditions, topic))
    if not rows:
        return conditions
    return replace(
        conditions,
        names=(*conditions.names, *names),
        words=(*conditions.words, *[""] * len(rows)),
        member_CP=np.vstack([conditions.member_CP, *rows]),
    )


def _grown(free: list[int], alike: Likeness, mined: Conditions) -> list[int]:
    """Words whose prompts differ alike, one added after the other; empty where their score is not clear."""
    topic: list[int] = []
    best, covered_P = 0.0, np.zeros(mined.member_CP.shape[1])
    while free and len(topic) < WORDS:
        union_CP = np.maximum(mined.member_CP[free], covered_P)
        score_C = alike.scores(union_CP)
        score_C[(union_CP.sum(axis=1) < covered_P.sum() + 2) | (union_CP.mean(axis=1) > WIDEST)] = 0
        top = int(score_C.argmax())
        if score_C[top] < (1 + RELATIVE_GAIN) * best + GAIN:
            break
        best, covered_P = float(score_C[top]), union_CP[top]
        topic.append(free[top])
    return topic if best >= CLEAR and covered_P.sum() >= LEAST // 2 else []
