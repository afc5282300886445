"""Judge error corrected by human labels: prediction-powered inference with the score-increment interval (SII-PPI).

People label a random subset of the prompts, the responses of both models, blind to the model. The judge's difference
over all prompts is corrected by the labelled subset's mean error, with the power-tuning weight of PPI++ (Angelopoulos,
Duchi & Zrnic 2023, arXiv 2311.01453). The plain PPI++ t interval undercovers for rare harms; the score increment
corrects that.

Human labels are taken as truth. Differences are on [-1, 1], positive where the candidate is worse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trustdelta.records.arrays import Floats
from trustdelta.stats.score_interval import Moments, cluster_sizes, moments, satterthwaite_df

MIN_LABELS = 100
"""Labelled pairs below which a metric is treated as unlabelled."""


def ppi_moments(
    judged: Floats, human: Floats, labelled_M: NDArray[np.int64], cluster_N: NDArray[np.integer] | None = None
) -> Moments:
    """Moments of the true difference from judged differences (..., N) and human ones (..., M) at indices `labelled_M`.

    With no judge error it approaches the all-human interval over N; with a useless judge that of the labelled subset.
    Raises ValueError below two labelled prompts.
    """
    n, m = judged.shape[-1], human.shape[-1]
    if m < 2 or labelled_M.size != m:
        raise ValueError(
            f"PPI needs at least two labelled prompts, one place each; got {m} at {labelled_M.size} places."
        )
    judged_centred = judged - judged.mean(axis=-1, keepdims=True)
    judged_M = judged[..., labelled_M]
    weight = _weight(judged_M, human, np.mean(judged_centred**2, axis=-1))[..., None]
    rest = human - weight * judged_M
    theta = (weight * judged).mean(axis=-1) + rest.mean(axis=-1)
    influence = weight * judged_centred / n
    influence[..., labelled_M] += (rest - rest.mean(axis=-1, keepdims=True)) / m
    iid = np.sum(influence**2, axis=-1)
    variance, df = iid, float(m - 1)
    if cluster_N is not None:
        sizes = cluster_sizes(cluster_N)
        sums = np.add.reduceat(influence[..., sizes.order], sizes.starts, axis=-1)
        groups = sizes.sizes.size
        variance = np.maximum(iid, np.sum(sums**2, axis=-1) * groups / (groups - 1))
        df = min(df, satterthwaite_df(cluster_sizes(cluster_N[labelled_M]).sizes))
    up, down = np.maximum(rest, 0).mean(axis=-1), np.maximum(-rest, 0).mean(axis=-1)
    q = np.maximum(np.maximum(down, up - theta), 0)
    deff = np.where(iid > 0, variance / np.where(iid > 0, iid, 1.0), 1.0)
    return Moments(theta, q + theta, q, variance, iid, m / deff, np.full_like(theta, df))


def _weight(judged_M: Floats, human: Floats, spread: Floats) -> Floats:
    """Power-tuning weight of the judge: cov(human, judge) / var(judge), within [0, 1]; 0 where it never varies."""
    covariance = np.mean((judged_M - judged_M.mean(axis=-1, keepdims=True)) * human, axis=-1)
    return np.asarray(np.where(spread > 0, np.clip(covariance / np.where(spread > 0, spread, 1.0), 0, 1), 0.0))


def net_bias(judged_M: Floats, human_M: Floats, cluster_M: NDArray[np.integer] | None = None) -> Moments:
    """Moments of b / 2, half the judge's net differential bias: judged minus human difference on the labels."""
    return moments((judged_M - human_M) / 2, cluster_M)
