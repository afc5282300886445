"""Comparison of conversion methods: pairs with one baseline form a family, and a family counts once.

Random effects over families (`meta.pool`), matched families for contrasts, exact permutation tests, and no claim below
four families for each method.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from trustdelta.records.arrays import Floats

EXACT = 100_000
"""Number of rearrangements up to which a permutation test is exact."""

MIN_RANKED, MIN_TESTED = 5, 8
"""Pairs below which no rank correlation is computed, and below which it is not tested."""


def standard_error(low_95: float, high_95: float, df: float) -> float:
    """Standard error implied by a two-sided 95 % Student's t interval with `df`, from half its width."""
    return (high_95 - low_95) / 2 / float(-stdtrit(max(df, 1.0), 0.025))


def by_family(families: Sequence[str], y_K: Floats, v_K: Floats) -> tuple[list[str], Floats, Floats]:
    """Mean value and mean variance of each family, since pairs with one baseline share its error."""
    names = sorted(set(families))
    rows = [[i for i, f in enumerate(families) if f == name] for name in names]
    return names, np.array([y_K[r].mean() for r in rows]), np.array([v_K[r].mean() for r in rows])


def sign_flip_p(d_K: Floats) -> float:
    """Two-sided p of matched differences under exchange of the two methods within each family; exact up to `EXACT`."""
    k = d_K.size
    exact = 2**k <= EXACT
    if exact:
        signs_PK = np.array(list(itertools.product((1.0, -1.0), repeat=k)))
    else:
        signs_PK = np.random.default_rng([0, k]).choice((1.0, -1.0), (EXACT, k))
    return _share(np.abs(signs_PK @ d_K) >= abs(d_K.sum()) - 1e-12, exact=exact)


def label_p(a_K: Floats, b_K: Floats) -> float:
    """Two-sided p of the difference of means under exchange of labels; exact up to `EXACT` rearrangements."""
    both, n = np.concatenate([a_K, b_K]), a_K.size
    observed = abs(a_K.mean() - b_K.mean())
    total = both.sum()
    exact = math.comb(both.size, n) <= EXACT
    if exact:
        sums_P = np.array([both[list(c)].sum() for c in itertools.combinations(range(both.size), n)])
    else:
        sums_P = _exchanged(both, np.repeat((1.0, 0.0), (n, b_K.size)), exact=False)
    differences_P = np.abs(sums_P / n - (total - sums_P) / b_K.size)
    return _share(differences_P >= observed - 1e-12, exact=exact)


def _share(extreme_P: NDArray[np.bool_], *, exact: bool) -> float:
    """The p of a permutation test; random rearrangements include the observed one (Phipson & Smyth 2010)."""
    return float(np.mean(extreme_P)) if exact else (1 + int(extreme_P.sum())) / (1 + extreme_P.size)


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
    """The smallest two-sided p that a permutation test of this size can give.

    Exchanging two methods of equal size as a whole gives the same absolute difference, hence 2 instead of 1.
    """
    arrangements = 2**n_first if matched else math.comb(n_first + n_second, n_first)
    if arrangements > EXACT:
        return 1 / (1 + EXACT)
    return (2 if matched or n_first == n_second else 1) / arrangements


def rank_correlation(x_K: Floats, y_K: Floats, strata: Sequence[str] = ()) -> float | None:
    """Spearman's rho over pairs; None below five pairs or where one of the two does not vary.

    With `strata`, pairs are ranked within their stratum, as the centred (rank - 1/2) / size, so that nothing is
    compared across strata; a stratum of one pair is not counted.
    """
    groups = _groups(x_K.size, strata)
    if sum(g.size for g in groups) < MIN_RANKED:
        return None
    x, y = (np.concatenate([_ranks(v[g]) for g in groups]) for v in (x_K, y_K))
    spread = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / spread if spread > 0 else None


def rank_p(x_K: Floats, y_K: Floats, strata: Sequence[str] = ()) -> float | None:
    """Two-sided permutation p of `rank_correlation`, exchanging pairs within their stratum; exact up to `EXACT`.

    None below eight pairs, where the test has little power, and where there is no correlation.
    """
    groups = _groups(x_K.size, strata)
    if sum(g.size for g in groups) < MIN_TESTED or rank_correlation(x_K, y_K, strata) is None:
        return None
    ranks = [(_ranks(x_K[g]), _ranks(y_K[g])) for g in groups]
    exact = math.prod(math.factorial(x.size) for x, _ in ranks) <= EXACT
    sums = [_exchanged(x, y, exact=exact) for x, y in ranks]
    sums_P = functools.reduce(lambda a, b: np.add.outer(a, b).ravel(), sums) if exact else np.sum(sums, axis=0)
    observed = abs(math.fsum(float(x @ y) for x, y in ranks))
    return _share(np.abs(sums_P) >= observed - 1e-12, exact=exact)


def _exchanged(x_K: Floats, y_K: Floats, *, exact: bool) -> Floats:
    """Inner products of permuted `x_K` with `y_K`: of all permutations, or of `EXACT` random ones."""
    if exact:
        return np.asarray(x_K[np.array(list(itertools.permutations(range(x_K.size))))] @ y_K)
    rng = np.random.default_rng([0, x_K.size, int(y_K.astype(bool).sum())])
    block_BK = np.tile(x_K, (EXACT // 100, 1))
    return np.concatenate([rng.permuted(block_BK, axis=1) @ y_K for _ in range(100)])


def _groups(size: int, strata: Sequence[str]) -> list[NDArray[np.intp]]:
    """Indices of the pairs of every stratum with two pairs or more."""
    names = np.array(strata or [""] * size, dtype=object)
    return [g for name in sorted(set(names)) if (g := np.flatnonzero(names == name)).size > 1]


def _ranks(v: Floats) -> Floats:
    from scipy.stats import rankdata  # half a second to load, for studies only

    return np.asarray((rankdata(v) - 0.5) / v.size - 0.5)
