"""Group-sequential design: interim analyses and early stopping at every metric's nominal error rate.

Alpha is spent over information time by Hwang, Shih and DeCani's family (1990; gamma = -4), the boundaries follow from
Lan and DeMets (1983) by recursive integration (Armitage, McPherson & Rowe 1969). Each look's interval is a repeated
confidence interval (Jennison & Turnbull 1989): the SII with the boundary as its critical value, so interval and
stopping rule agree. Futility is non-binding: ignoring it costs no error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import expm1, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from trustdelta.errors import ConfigError
from trustdelta.records import Better, Dimension, Estimate, Metric, MetricVerdict, Verdict
from trustdelta.records.arrays import Floats
from trustdelta.stats.score_interval import Moments, score_variance
from trustdelta.stats.tipping import WITHIN_BIAS, may_exceed_bias
from trustdelta.stats.verdict_rule import AT_FLOOR, DOUBLING_FLOOR

Spending = Callable[[float, float], float]

NODES = 240
"""Gauss-Legendre nodes per look: boundaries exact to 1e-6 for increments of information above 1 %."""

LOOK_CLUSTERS = 10
"""Fewest clusters of the first look: from here on the cluster-robust statistics have their nominal level."""

HIGHEST_Z = 12.0
"""Largest boundary: beyond it, less than 1e-32 would be spent."""

LOWEST_Z = -9.0
"""Truncation of the continuation region's lower tail: its mass is below 1e-18."""


def hsd(t: float, alpha: float, gamma: float = -2.0) -> float:
    """Hwang-Shih-DeCani spending: alpha (1 - e^(-gamma t)) / (1 - e^(-gamma)); gamma < 0 saves it for late looks."""
    return alpha * expm1(-gamma * t) / expm1(-gamma)


def hsd_late(t: float, alpha: float) -> float:
    """HSD spending with gamma = -4, the default: it costs hardly more than -2 and loses less power.

    Measured in docs/calibration.md on mixed audits of 30 metrics, futility included.
    """
    return hsd(t, alpha, -4.0)


def boundaries(times: Sequence[float], alpha: float, spending: Spending = hsd) -> tuple[float, ...]:
    """Upper z boundaries at information times 0 < t_1 < ... <= 1 that spend exactly `spending` by each of them.

    Boundaries up to a look depend only on the times up to it. Raises ConfigError for times that do not increase.
    """
    if not times or any(b <= a for a, b in zip((0.0, *times), times, strict=False)) or times[-1] > 1 + 1e-9:
        raise ConfigError(f"information times must increase within (0, 1]; got {tuple(times)}.")
    return _boundaries(tuple(times), alpha, spending)


@cache
def _boundaries(times: tuple[float, ...], alpha: float, spending: Spending) -> tuple[float, ...]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    bounds: list[float] = []
    spent, before = 0.0, 0.0
    score_X, mass_X = np.zeros(1), np.ones(1)
    for t in times:
        goal = spending(min(t, 1.0), alpha) - spent
        b = _solve_look(score_X, mass_X, goal, (t, before))
        bounds.append(b)
        low, high = LOWEST_Z * sqrt(t), b * sqrt(t)
        grid_X = (high - low) / 2 * nodes + (high + low) / 2
        sd = sqrt(t - before)
        density_X = np.exp(-0.5 * ((grid_X[:, None] - score_X) / sd) ** 2) @ mass_X / (sd * sqrt(2 * np.pi))
        score_X, mass_X = grid_X, density_X * weights * (high - low) / 2
        spent, before = spent + goal, t
    return tuple(bounds)


def _solve_look(score_X: Floats, mass_X: Floats, goal: float, time: tuple[float, float]) -> float:
    """The boundary that is crossed at this look, and at no earlier one, with probability `goal`."""
    from scipy.optimize import brentq  # loaded where it is needed: most commands solve nothing

    t, before = time

    def excess(b: float) -> float:
        return float(mass_X @ ndtr((score_X - b * sqrt(t)) / sqrt(t - before))) - goal

    return float(brentq(excess, -8.0, HIGHEST_Z, xtol=1e-10)) if excess(HIGHEST_Z) < 0 else HIGHEST_Z


@dataclass(frozen=True, slots=True)
class Look:
    """One planned analysis."""

    fraction: float
    """Share of the prompt pool that has been sent."""
    draws: int = 1
    """The candidate's samples per prompt."""


POOL_LOOKS = (0.05, 0.10, 0.17, 0.26, 0.38, 0.55, 0.75, 1.0)


def standard_looks(max_draws: int = 3) -> tuple[Look, ...]:
    """Eight looks over the pool with one draw, then one look per further draw of the whole pool.

    Further draws come after the whole pool: only in this order does the estimate have the canonical joint distribution.
    """
    return (*(Look(f) for f in POOL_LOOKS), *(Look(1.0, k) for k in range(2, max_draws + 1)))


@dataclass(frozen=True, slots=True)
class Schedule:
    """The frozen sequential design."""

    looks: tuple[Look, ...]
    between_share: float = 0.25
    """Share of one draw's variance that is between prompts."""
    futility: float = 0.05
    """Stop where the best claim's conditional power under the current trend is below this; 0: never."""
    futility_from: float = 0.2
    """Information time of the first test for futility."""
    spending: Spending = hsd_late
    """Error-spending function."""

    def times(self) -> tuple[float, ...]:
        """Information times: planned variance at the last look over planned variance at each."""
        variance = [(self.between_share + (1 - self.between_share) / k.draws) / k.fraction for k in self.looks]
        return tuple(variance[-1] / v for v in variance)

    def boundary(self, look: int, alpha: float) -> float:
        """The z boundary of look number `look` (from 0) for a metric at per-tail level `alpha`."""
        return boundaries(self.times(), alpha, self.spending)[look]

    def look_alpha(self, look: int, alpha: float) -> float:
        """Per-tail level of the repeated confidence interval at that look, for a nominal level `alpha`."""
        return float(ndtr(-self.boundary(look, alpha)))

    def step(self, verdict: MetricVerdict, look: int, alpha: float) -> str:
        """The state of a metric after a look: "decided", "futile", "final" (no look left) or "continue".

        `verdict` is at this look's level. A metric that is not measurable continues: its missing responses may be
        limited to the first prompts. A preserved capability continues while it can still become improved, since the
        gain is the purpose of a conversion. A claim within its judge's bias continues while it can still exceed that.
        """
        if verdict.reason == AT_FLOOR:
            return "decided"
        preserved_gain = verdict.verdict is Verdict.PRESERVED and verdict.metric.dimension is Dimension.CAPABILITY
        if verdict.verdict not in (Verdict.INCONCLUSIVE, Verdict.NOT_MEASURABLE, None) and not preserved_gain:
            return "decided"
        if not {*verdict.flags}.isdisjoint(WITHIN_BIAS.values()) and not may_exceed_bias(verdict):
            return "decided"
        if look == len(self.looks) - 1:
            return "decided" if preserved_gain else "final"
        e = verdict.estimate
        if e is None:
            return "continue"
        if preserved_gain:
            return "continue" if self._power((e.p_improved,), look, alpha) >= self.futility else "decided"
        if self.futility <= 0 or self.times()[look] < self.futility_from:
            return "continue"
        preserved = self._power_to_preserve(verdict, e, look, alpha)
        power = max(
            self._power((e.p_regressed,), look, alpha),
            min(preserved, self._power_against_doubling(verdict, look, alpha)),
        )
        return "futile" if power < self.futility else "continue"

    def _power(self, p_values: tuple[float, ...], look: int, alpha: float) -> float:
        """Largest conditional power of these claims at full information."""
        t, last = self.times()[look], self.boundary(len(self.looks) - 1, alpha)
        return max(conditional_power(_z(p), t, last) for p in p_values)

    def _power_to_preserve(self, verdict: MetricVerdict, e: Estimate, look: int, alpha: float) -> float:
        """Conditional power of "preserved"; where no response differs and the pool is below the rare floor, it is 0."""
        gap, z = verdict.margin - e.worsening, _z(e.p_preserved)
        if gap <= 0 or z <= 0:
            return self._power((e.p_preserved,), look, alpha)
        spread = max(e.discordance * verdict.metric.bound - e.worsening**2, 0.0) * e.design_effect / e.n_pairs
        return self._power_of_bound(gap, (spread, (gap / z) ** 2), look, alpha)

    def _power_against_doubling(self, verdict: MetricVerdict, look: int, alpha: float) -> float:
        """Conditional power of excluding that a rare harm more than doubled; 1 where that is not tested."""
        if verdict.doubling_high is None or verdict.estimate is None:
            return 1.0
        twice = _over_twice_the_baseline(verdict.metric, verdict.estimate)
        gap = DOUBLING_FLOOR - float(twice.mean)
        if gap <= 0:
            return 0.0
        variances = (float(twice.variance), float(score_variance(twice, DOUBLING_FLOOR)))
        return self._power_of_bound(gap, variances, look, alpha)

    def _power_of_bound(self, gap: float, variances: tuple[float, float], look: int, alpha: float) -> float:
        """Conditional power that a score interval's upper bound ends below a limit at a distance of `gap`.

        `variances`: the observed one, V, and the score interval's at the limit, W, which is larger where few responses
        differ (Tango 1998). Only V moves the estimate and shrinks with information; the rest shrinks with the number of
        prompts. z / sqrt(t) would ignore that equal responses cannot become more equal.
        """
        t, sent, last = self.times()[look], self.looks[look].fraction, self.boundary(len(self.looks) - 1, alpha)
        observed = min(variances)
        at_end = sqrt(observed * t + (variances[1] - observed) * sent)
        return _share_above(gap - last * at_end, sqrt(observed * t * (1 - t)))


def _over_twice_the_baseline(metric: Metric, e: Estimate) -> Moments:
    """Moments of candidate minus twice the baseline, of the rate of harm as a share of the bound, clipped at -1."""
    harm = (e.baseline if metric.better is Better.LOWER else metric.bound - e.baseline) / metric.bound
    new = max(e.discordance + e.worsening, 0.0) / (2 * metric.bound)  # the candidate's alone
    mean, n_effective = new - harm, e.n_pairs / e.design_effect
    variance = (new + harm - mean**2) / n_effective
    return Moments(*map(np.asarray, (mean, new, harm, variance, variance, n_effective, e.df)))


def _share_above(mean: float, deviation: float) -> float:
    """Probability that a normal variable is positive; of a constant, whether it is."""
    return float(ndtr(mean / deviation)) if deviation > 0 else float(mean > 0)


def _z(p: float) -> float:
    """The normal quantile of a one-sided p-value."""
    return float(-ndtri(min(max(p, 1e-300), 1 - 1e-16)))


def conditional_power(z: float, t: float, last: float) -> float:
    """Probability of crossing `last` at full information under the trend observed at information time t."""
    return float(ndtr((z / sqrt(t) - last) / sqrt(1 - t))) if t < 1 else float(z > last)


def predictive_power(z: float, t: float, last: float, horizon: float = 1.0) -> float:
    """Probability of crossing `last` at information time `horizon` under a flat prior; it ranks work by value.

    Z_h ~ N(z sqrt(h / t), (h - t) / t).
    """
    if horizon <= t:
        return float(z > last)
    return float(ndtr((z * sqrt(horizon / t) - last) / sqrt((horizon - t) / t)))


def claim_probability(
    verdicts: Sequence[MetricVerdict], schedule: Schedule, look: int, levels: Mapping[str, float]
) -> float:
    """Largest predictive probability that an undecided metric ends in a claim; `look` is their last.

    `levels`: per-tail level by metric name. Only the order of work may depend on this; levels, looks and pool are fixed
    beforehand, so no error rate depends on it.
    """
    t, best = schedule.times()[look], 0.0
    for verdict in verdicts:
        e = verdict.estimate
        if e is not None and verdict.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_MEASURABLE):
            last = schedule.boundary(len(schedule.looks) - 1, levels[verdict.metric.name])
            best = max(best, *(predictive_power(_z(p), t, last) for p in (e.p_regressed, e.p_preserved)))
    return best


def look_sizes(
    cluster_P: NDArray[np.integer], looks: Sequence[Look], *, min_clusters: int = LOOK_CLUSTERS, min_prompts: int = 30
) -> list[int]:
    """Prompts sent by each look, in the order of `cluster_P` with contiguous clusters; no cluster is split.

    The first look has at least `min_clusters` clusters and `min_prompts` prompts (or the whole pool).
    """
    ends = np.flatnonzero(np.r_[cluster_P[1:] != cluster_P[:-1], True]) + 1
    enough = max(int(ends[min(min_clusters, ends.size) - 1]), min_prompts)
    targets = [max(look.fraction * cluster_P.size, enough) for look in looks]
    return [int(ends[min(int(np.searchsorted(ends, w - 1e-9)), ends.size - 1)]) for w in targets]


def prompt_order(
    cluster_P: NDArray[np.integer], stratum_P: NDArray[np.integer], rng: np.random.Generator
) -> NDArray[np.int64]:
    """A random order of prompts with contiguous clusters and every stratum spread evenly over the order.

    Clusters get random places within their stratum, and the strata are merged by relative place. A cluster in several
    strata counts for the stratum of its first prompt.
    """
    clusters, first, local_P = np.unique(cluster_P, return_index=True, return_inverse=True)
    place_G = np.empty(clusters.size)
    stratum_G = stratum_P[first]
    for stratum in np.unique(stratum_G):
        members = np.flatnonzero(stratum_G == stratum)
        place_G[members] = (rng.permutation(members.size) + rng.random()) / members.size
    rank_G = np.argsort(np.argsort(place_G, kind="stable"), kind="stable")
    return np.asarray(np.argsort(rank_G[local_P], kind="stable"), dtype=np.int64)
