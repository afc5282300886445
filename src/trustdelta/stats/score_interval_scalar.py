"""The score variance and the bounds of one set of moments, in plain floats.

`bounds` evaluates the variance about a hundred times. On single numbers numpy spends nearly all of that on calls, and
plain floats are twenty times as fast. Every operation and its order are those of `score_interval`, so that both give
the same bits (`tests/stats/test_sii.py`).
"""

from __future__ import annotations

from functools import lru_cache
from math import isfinite, sqrt
from typing import NamedTuple

BISECTIONS = 48
"""Halvings of the range: the bounds are exact to 1e-14."""


class FloatMoments(NamedTuple):
    """The moments that the variance of one mean needs; the fields of `Moments`, finite, `n_effective` above 0."""

    mean: float
    up: float
    down: float
    variance: float
    n_effective: float

    @property
    def usable(self) -> bool:
        """Whether plain floats divide by nothing that numpy would divide by with a warning."""
        return all(map(isfinite, self)) and self.n_effective > 0


def null_spread(m: FloatMoments, t: float) -> float:
    """T(t) = 2 q(t) + t (1 - t): one prompt's variance under Tango's restricted maximum likelihood at difference t."""
    b = -(m.up + m.down) + (2 - m.up + m.down) * t
    c = -m.down * t * (1 - t)
    root = sqrt(max(b * b - 8 * c, 0.0))
    q = -2 * c / (root + b) if b > 0 else (root - b) / 4
    return 2 * q + t * (1 - t)


def score_variance(m: FloatMoments, t: float) -> float:
    """W(t): the variance of the mean under a true difference of t."""
    here, there = m.up + m.down - m.mean * m.mean, null_spread(m, t)
    if there >= here:
        return m.variance + (there - here) / m.n_effective
    return m.variance * (min(max(there, 0.0), max(here, 0.0)) / (here if here > 0 else 1.0))


@lru_cache(maxsize=4096)  # one decision asks for some bounds several times, and an interim analysis for unchanged ones
def bound(m: FloatMoments, critical: float, end: float) -> float:
    """Where |Z(t)| reaches the critical value between the mean and `end` (-1 or 1)."""
    inside, outside = m.mean, end
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        if _excess(m, middle, end) < critical:
            inside = middle
        else:
            outside = middle
    return inside


def _excess(m: FloatMoments, t: float, end: float) -> float:
    """-Z(t) towards `end`; infinite where t differs from the mean and the variance is 0."""
    gap = m.mean - t
    if gap == 0:
        return 0.0
    w = max(score_variance(m, t), 0.0)
    return -end * gap / sqrt(w) if w > 0 else -end * gap * float("inf")
