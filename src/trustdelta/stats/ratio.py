"""Published ratios with a denominator for each model: the net or the positive share of the decided answers.

With scores +1, -1 and 0 (undecided) the net share is sum(score) / sum(|score|) over a model's responses; for BBQ it is
the authors' s_DIS = 2 * biased / answered - 1. The positive share is sum(max(score, 0)) / sum(|score|): leaks among
helpful actions in PrivacyLens. The denominator is the model's number of decided answers, so that the difference is not
a mean over prompts and has no verdict; its interval is the delete-one-cluster jackknife's.
"""

from __future__ import annotations

import numpy as np

from trustdelta.records import Better, Estimate, Metric
from trustdelta.records.arrays import Floats
from trustdelta.stats.draws import reduce_cells
from trustdelta.stats.jackknife import ratio_difference
from trustdelta.stats.pairs import Pairs
from trustdelta.stats.table import MetricRows

NET_SHARE, POSITIVE_SHARE = "net_share", "positive_share"
SHARES = frozenset({NET_SHARE, POSITIVE_SHARE})
"""The `reduce` of a metric that is estimated here."""


def share(
    rows: MetricRows, pairs: Pairs, metric: Metric, levels: tuple[float, float], *, reaches: bool
) -> Estimate | None:
    """The estimate; None where a model decided in fewer than two clusters.

    `levels`: the per-tail level, and the metric's margin. `reaches`: whether the clusters can represent others;
    otherwise prompts are independent and the interval is about these prompts.
    """
    alpha, margin = levels
    before_N2, after_N2 = _sums(rows, pairs, positive=metric.reduce == POSITIVE_SHARE)
    cluster_N = pairs.cluster_N if reaches else np.arange(pairs.cluster_N.size)
    if any(np.unique(cluster_N[sums_N2[:, 1] > 0]).size < 2 for sums_N2 in (before_N2, after_N2)):
        return None
    sign = 1.0 if metric.better is Better.LOWER else -1.0
    clustered = ratio_difference(before_N2, after_N2, cluster_N, scale=sign)
    alone = ratio_difference(before_N2, after_N2, np.arange(cluster_N.size), scale=sign)
    baseline, candidate = (float(total[0] / total[1]) for total in (before_N2.sum(axis=0), after_N2.sum(axis=0)))
    (low, high), (low_95, high_95) = clustered.interval(alpha), clustered.interval(0.025)
    here, here_95 = alone.interval(alpha), alone.interval(0.025)
    return Estimate(
        baseline=baseline,
        candidate=candidate,
        worsening=clustered.estimate,
        low=low,
        high=high,
        low_95=low_95,
        high_95=high_95,
        alpha=alpha,
        n_pairs=clustered.n,
        n_clusters=int(np.unique(pairs.cluster_N).size),
        draws_baseline=pairs.draws[0],
        draws_candidate=pairs.draws[1],
        design_effect=(clustered.se / alone.se) ** 2 if alone.se > 0 else 1.0,
        df=clustered.df,
        discordance=float(np.abs(pairs.worse_N).mean()),
        p_regressed=alone.p_worse(),
        p_preserved=clustered.p_not_worse(margin),
        p_improved=clustered.p_not_worse(0.0),
        low_here=here[0],
        high_here=here[1],
        low_here_95=here_95[0],
        high_here_95=here_95[1],
        p_beyond=clustered.p_worse() if reaches else None,
        method="jackknife",
    )


def _sums(rows: MetricRows, pairs: Pairs, *, positive: bool) -> tuple[Floats, Floats]:
    """Mean score and mean size over the draws of each paired prompt, shape (N, 2), for either model.

    `positive`: negative scores count as 0 in the numerator.
    """
    n = pairs.prompt_N.size
    at_R = np.minimum(np.searchsorted(pairs.prompt_N, rows.prompt), max(n - 1, 0))
    paired_R = np.asarray(pairs.prompt_N[at_R] == rows.prompt) if n else np.zeros(rows.prompt.size, dtype=bool)
    cell_R = (at_R * 2 + rows.arm)[paired_R].astype(np.int64)
    value_R = rows.value[paired_R]
    counted_R = np.maximum(value_R, 0.0) if positive else value_R
    columns = [reduce_cells(v, cell_R, 2 * n).reshape(n, 2) for v in (counted_R, np.abs(value_R))]
    sums_N22 = np.stack(columns, axis=-1)
    return sums_N22[:, 0], sums_N22[:, 1]
