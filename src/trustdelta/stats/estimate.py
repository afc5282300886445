"""Pairs of one metric become an estimate with its intervals, under the plan's estimand and few-cluster rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trustdelta.records import Estimate
from trustdelta.stats.pairs import Pairs
from trustdelta.stats.ppi import MIN_LABELS, ppi_moments
from trustdelta.stats.score_interval import Moments, bounds, moments, noise_moments, p_not_worse, p_worse, wald_low

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Estimand = Literal["population", "benchmark"]


@dataclass(frozen=True, slots=True)
class ClusterRule:
    """Whose repetition counts.

    `population`: prompts stand for more like them, so their clusters do; `benchmark`: exactly these prompts, so only
    generation noise does. Below `min_clusters` clusters no cluster-robust interval is honest and narrow; unless
    `force_clusters`, the clusters are then read as fixed strata (prompts independent within them) and the metric is
    flagged "few-clusters".
    """

    estimand: Estimand = "population"
    min_clusters: int = 12
    force_clusters: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Moments of one vector of differences on [-1, 1], with its counts; `labels` above 0: corrected by human labels."""

    moments: Moments
    n: int
    n_clusters: int
    few_clusters: bool
    labels: int = 0


def sample(d: Floats, cluster_N: Ints, rule: ClusterRule, noise_N: Floats | None = None) -> Sample | None:
    """Moments of differences `d` (divided by the span) under the rule; None below two prompts."""
    if d.size < 2:
        return None
    n_clusters = int(np.unique(cluster_N).size)
    clustered = n_clusters < d.size
    if rule.estimand == "benchmark" and noise_N is not None:
        return Sample(noise_moments(d, noise_N), d.size, n_clusters, few_clusters=False)
    few = clustered and n_clusters < rule.min_clusters
    use_clusters = clustered and n_clusters >= 2 and (rule.force_clusters or not few)
    return Sample(moments(d, cluster_N if use_clusters else None), d.size, n_clusters, few)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The observed differences, and those with the unscored imputed for and against the candidate."""

    seen: Sample | None
    best: Sample | None
    worst: Sample | None


def samples(pairs: Pairs, rule: ClusterRule, human: Pairs | None = None) -> Samples:
    """All three samples of one metric; `human` are the same metric's pairs as people labelled them."""
    judged = sample(pairs.worse_N / pairs.span, pairs.cluster_N, rule, pairs.noise_N / pairs.span**2)
    return Samples(
        judged if human is None or judged is None else _labelled(pairs, human, judged, rule),
        sample(pairs.best_P / pairs.span, pairs.cluster_P, rule),
        sample(pairs.worst_P / pairs.span, pairs.cluster_P, rule),
    )


def _labelled(pairs: Pairs, human: Pairs, judged: Sample, rule: ClusterRule) -> Sample:
    """The judged sample corrected by labels (population estimand); unchanged below `MIN_LABELS` labelled pairs."""
    _, places, at_human = np.intersect1d(pairs.prompt_N, human.prompt_N, assume_unique=True, return_indices=True)
    if places.size < MIN_LABELS:
        return judged
    clustered = judged.n_clusters < judged.n and (rule.force_clusters or not judged.few_clusters)
    cluster_N = pairs.cluster_N if clustered else None
    found = ppi_moments(pairs.worse_N / pairs.span, human.worse_N[at_human] / pairs.span, places, cluster_N)
    return replace(judged, moments=found, labels=int(places.size))


def estimate(pairs: Pairs, seen: Sample, alpha: float, margin: float) -> Estimate:
    """The metric's estimate in its own units; `alpha` is per tail, `margin` in the metric's units."""
    m, span = seen.moments, pairs.span
    (low, low_95), (high, high_95) = bounds(m, np.array([alpha, 0.025]))
    here = bounds(noise_moments(pairs.worse_N / span, pairs.noise_N / span**2), 0.025)
    return Estimate(
        baseline=pairs.baseline,
        candidate=pairs.candidate,
        worsening=float(m.mean) * span,
        low=float(low) * span,
        high=float(high) * span,
        low_95=float(low_95) * span,
        high_95=float(high_95) * span,
        alpha=alpha,
        n_pairs=seen.n,
        n_clusters=seen.n_clusters,
        draws_baseline=pairs.draws[0],
        draws_candidate=pairs.draws[1],
        design_effect=float(m.variance / m.variance_iid) if m.variance_iid > 0 else 1.0,
        df=float(m.df),
        discordance=float(m.up + m.down) * span,
        p_regressed=float(p_worse(m)),
        p_preserved=float(p_not_worse(m, min(margin / span, 1.0))),
        p_improved=float(p_not_worse(m, 0.0)),
        method="SII-PPI" if seen.labels else "SII",
        low_benchmark=None if seen.labels else float(here[0]) * span,
        high_benchmark=None if seen.labels else float(here[1]) * span,
    )


def wald_lower(pairs: Pairs, seen: Sample, alpha: float) -> float:
    """Lower Student-t bound in the metric's units, for the severity grade."""
    return float(wald_low(seen.moments, alpha)) * pairs.span


def influence(pairs: Pairs) -> tuple[Ints, Floats]:
    """Cluster-summed influence values, for the correlation between metrics: (sorted cluster codes, sums)."""
    codes, local_N = np.unique(pairs.cluster_N, return_inverse=True)
    centred = pairs.worse_N - pairs.worse_N.mean() if pairs.worse_N.size else pairs.worse_N
    return codes.astype(np.int64), np.asarray(np.bincount(local_N, weights=centred, minlength=codes.size), dtype=float)
