"""Conversion methods compared: pairs that share a baseline are one family, and a family counts once.

STATISTICS: random effects over families (`meta.pool`), matched families for contrasts, exact permutation tests, and no
claim below four families for each method.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import spearmanr

Floats = NDArray[np.float64]

EXACT = 100_000
"""Rearrangements up to which a permutation test counts every one of them."""

MIN_RANKED = 5
"""Pairs below which no rank correlation is given."""


def standard_error(low_95: float, high_95: float, df: float) -> float:
    """Standard error that a two-sided 95 % interval of Student's t with `df` stands for; the larger side counts not.

    Score intervals are not symmetric; half their width is used.
    """
    return (high_95 - low_95) / 2 / float(-stdtrit(max(df, 1.0), 0.025))


def by_family(families: Sequence[str], y_K: Floats, v_K: Floats) -> tuple[list[str], Floats, Floats]:
    """One value and variance for each family: means of both, since pairs with one baseline share its error."""
    names = sorted(set(families))
    rows = [[i for i, f in enumerate(families) if f == name] for name in names]
    return names, np.array([y_K[r].mean() for r in rows]), np.array([v_K[r].mean() for r in rows])


def sign_flip_p(d_K: Floats) -> float:
    """Two-sided exact p of matched differences under exchange of the two methods within each family (K <= 16)."""
    k = d_K.size
    signs_PK = np.array(list(itertools.product((1.0, -1.0), repeat=min(k, 16))))
    if k > 16:
        signs_PK = np.random.default_rng([0, k]).choice((1.0, -1.0), (EXACT, k))
    means_P = np.abs(signs_PK @ d_K)
    return float(np.mean(means_P >= abs(d_K.sum()) - 1e-12))


def label_p(a_K: Floats, b_K: Floats) -> float:
    """Two-sided p of the difference of means under exchange of labels; exact up to `EXACT` rearrangements."""
    both, n = np.concatenate([a_K, b_K]), a_K.size
    observed = abs(a_K.mean() - b_K.mean())
    total = both.sum()
    if math.comb(both.size, n) <= EXACT:
        sums_P = np.array([both[list(c)].sum() for c in itertools.combinations(range(both.size), n)])
    else:
        rng = np.random.default_rng([0, both.size, n])
        sums_P = np.array([rng.permutation(both)[:n].sum() for _ in range(EXACT)])
    differences_P = np.abs(sums_P / n - (total - sums_P) / b_K.size)
    return float(np.mean(differences_P >= observed - 1e-12))


def matched_interval(d_K: Floats) -> tuple[float, float]:
    """Two-sided 95 % interval of the mean matched difference: Student's t over the K families."""
    return _around(float(d_K.mean()), float(d_K.var(ddof=1)) / d_K.size, d_K.size - 1)


def label_interval(a_K: Floats, b_K: Floats) -> tuple[float, float] | None:
    """Two-sided 95 % interval of the difference of two means (Welch 1947); None below two families for either."""
    if min(a_K.size, b_K.size) < 2:
        return None
    a, b = float(a_K.var(ddof=1)) / a_K.size, float(b_K.var(ddof=1)) / b_K.size
    parts = a * a / (a_K.size - 1) + b * b / (b_K.size - 1)
    return _around(float(a_K.mean() - b_K.mean()), a + b, (a + b) ** 2 / parts if parts else 1.0)


def _around(middle: float, variance: float, df: float) -> tuple[float, float]:
    reach = float(-stdtrit(df, 0.025)) * math.sqrt(variance)
    return middle - reach, middle + reach


def smallest_p(n_first: int, n_second: int, *, matched: bool) -> float:
    """The smallest two-sided p that a permutation test of this size can give."""
    return 2.0 / (2.0**n_first) if matched else min(1.0, 2.0 / math.comb(n_first + n_second, n_first))


def rank_correlation(x_K: Floats, y_K: Floats) -> float | None:
    """Spearman's rho over pairs; None below five pairs or where one of the two does not vary."""
    if x_K.size < MIN_RANKED or np.ptp(x_K) == 0 or np.ptp(y_K) == 0:
        return None
    return float(spearmanr(x_K, y_K).statistic)
