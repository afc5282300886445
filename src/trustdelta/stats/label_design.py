"""Which prompts people label: strata of the judge's scores, drawn in an order of which every prefix is a sample.

Prompts are stratified by what the judge says of both models' responses. A stratum's share of the labels is half its
share of the prompts, half Neyman's optimum (1934, J R Stat Soc 97:558-625) for the errors that a judge with sensitivity
.7 and a false-positive rate of .05 makes there. Within a stratum the order is random, so that the labelled prompts of
any prefix are a simple random sample of it: prompt i of stratum h is included with probability n_h / N_h.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trustdelta.records.arrays import Floats, Ints

SENSITIVITY, FALSE_POSITIVE = 0.7, 0.05
"""Assumed of the judge, worse than usual: the errors that matter are those that it does not see."""
NEAR = 0.2
"""Distance from the threshold of 1/2 within which a score decides nothing."""
UNDECIDED = 4
"""Stratum of prompts with a score near the threshold; the others are 2 x baseline + candidate."""
FIRST = 2
"""Prompts of every stratum that are drawn before any further one: a variance needs two."""
RARE = 0.01
"""Least assumed share of either class."""


def strata_of(score_N2: Floats) -> Ints:
    """Stratum of each prompt from both models' scores on [0, 1], shape (N, 2)."""
    decided = (score_N2 > 0.5).astype(np.int64)
    near = np.abs(score_N2 - 0.5) < NEAR
    return np.where(near.any(axis=1), UNDECIDED, 2 * decided[:, 0] + decided[:, 1])


def error_variance(score_N2: Floats) -> Floats:
    """Assumed variance of the judge's error in the difference of each prompt, from its decisions on both models."""
    variance = np.zeros(score_N2.shape)
    for arm, score in enumerate(score_N2.T):
        positive = score > 0.5
        rate = float(np.clip(positive.mean(), RARE, 1 - RARE))
        true = float(np.clip((rate - FALSE_POSITIVE) / (SENSITIVITY - FALSE_POSITIVE), RARE, 1 - RARE))
        wrong = np.where(positive, FALSE_POSITIVE * (1 - true) / rate, (1 - SENSITIVITY) * true / (1 - rate))
        wrong = np.where(np.abs(score - 0.5) < NEAR, 0.5, np.clip(wrong, RARE, 0.5))
        variance[:, arm] = wrong * (1 - wrong)
    return np.asarray(variance.sum(axis=1))


def drawing_order(score_N2: Floats, luck_N: Floats) -> tuple[Ints, Ints]:
    """The order in which prompts are labelled, and the stratum of each prompt (in the given order of prompts).

    `luck_N`: a uniform random number for each prompt.
    """
    stratum_N = strata_of(score_N2)
    variance_N = error_variance(score_N2)
    codes = np.unique(stratum_N)
    size = np.array([np.mean(stratum_N == h) for h in codes])
    spread = size * np.sqrt([variance_N[stratum_N == h].mean() for h in codes])
    share = 0.5 * size + 0.5 * spread / spread.sum()
    key_N = np.zeros(luck_N.size)
    for h, a in zip(codes, share, strict=True):
        members = np.flatnonzero(stratum_N == h)
        ranked = members[np.argsort(luck_N[members], kind="stable")]
        place = np.arange(ranked.size)
        key_N[ranked] = np.where(place < FIRST, -1.0, (place + 0.5) / a)
    return np.lexsort((luck_N, key_N)).astype(np.int64), stratum_N


@dataclass(frozen=True, slots=True, eq=False)
class LabelSample:
    """The labelled prompts among N, with the strata that they were drawn from; suffix M: labelled prompts."""

    at_M: Ints
    """Index of each labelled prompt among the N."""
    stratum_N: Ints
    """Stratum of each prompt, from 0 without gaps; each is labelled whole, or has at least two labels."""

    @classmethod
    def of(cls, at_M: Ints, stratum_N: NDArray[np.integer] | None, n: int) -> LabelSample:
        """A sample from stored strata (None: one stratum); -1 is a prompt that could not be drawn.

        Strata with too few labels to stand alone are merged, with the largest other one if need be.
        """
        if stratum_N is None:
            return cls(at_M, np.zeros(n, dtype=np.int64))
        codes, stratum = np.unique(stratum_N, return_inverse=True)
        sizes = np.bincount(stratum, minlength=codes.size)
        labels = np.bincount(stratum[at_M], minlength=codes.size)
        alone = ((labels >= FIRST) | (labels == sizes)) & (codes >= 0)
        rest = np.flatnonzero(~alone)
        if rest.size and labels[rest].sum() < FIRST and alone.any():
            rest = np.append(rest, np.flatnonzero(alone)[np.argmax(sizes[alone])])
        target = np.arange(codes.size)
        if rest.size:
            target[rest] = rest[-1]
        return cls(at_M, np.unique(target[stratum], return_inverse=True)[1].astype(np.int64))

    @property
    def sizes_H(self) -> Ints:
        """Prompts of each stratum."""
        return np.bincount(self.stratum_N).astype(np.int64)

    @property
    def labels_H(self) -> Ints:
        """Labelled prompts of each stratum."""
        return np.bincount(self.stratum_M, minlength=self.sizes_H.size).astype(np.int64)

    @property
    def stratum_M(self) -> Ints:
        """Stratum of each labelled prompt."""
        return self.stratum_N[self.at_M]

    @property
    def weight_M(self) -> Floats:
        """Weight of each labelled prompt, 1 / (N x inclusion probability); the weights sum to 1."""
        return np.asarray((self.sizes_H / np.maximum(self.labels_H, 1))[self.stratum_M] / self.stratum_N.size)

    @property
    def effective(self) -> float:
        """Labels of a simple random sample that is as informative of the least sampled stratum."""
        partial = self.labels_H < self.sizes_H
        if not partial.any():
            return float(self.stratum_N.size)
        share = self.sizes_H[partial] / self.stratum_N.size / np.maximum(self.labels_H[partial], 1)
        return float(min(1 / share.max(), self.stratum_N.size))

    def mean(self, value_M: Floats) -> Floats:
        """Estimated mean over all N prompts of values (..., M) of the labelled ones."""
        return np.asarray(value_M @ self.weight_M)

    def by_stratum(self, value_M: Floats) -> Floats:
        """Mean of values (..., M) in each stratum, shape (..., H)."""
        member_MH = self.stratum_M[:, None] == np.arange(self.sizes_H.size)
        return np.asarray(value_M @ (member_MH / np.maximum(self.labels_H, 1)))
