"""Judge error corrected by human labels: prediction-powered inference with the score-increment interval (SII-PPI).

People label a random subset of the prompts, the responses of both models, blind to the model; it may be stratified by
the judge's scores (`stats.label_design`). The judge's difference over all prompts is corrected by the labelled subset's
mean error, weighted by inclusion probabilities, with the power-tuning weight of PPI++ (Angelopoulos, Duchi & Zrnic
2023, arXiv 2311.01453; stratified: Fisch et al. 2024, arXiv 2406.04291). The plain PPI++ t interval undercovers for
rare harms; the score increment corrects that.

Human labels are taken as truth. Differences are on [-1, 1], positive where the candidate is worse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trustdelta.records.arrays import Floats
from trustdelta.stats.label_design import LabelSample
from trustdelta.stats.score_interval import Moments, cluster_sizes, satterthwaite_df

MIN_LABELS = 30
"""Labelled pairs below which a metric is treated as unlabelled."""
LEAST_SPREAD = 0.1
"""Least variance of one prompt's error that counts for degrees of freedom."""

UNSEEN = 0.5
"""Errors that are assumed beside those seen: a judge without an error among the labels is not known to be exact."""


def ppi_moments(
    judged: Floats, human: Floats, drawn: LabelSample, cluster_N: NDArray[np.integer] | None = None
) -> Moments:
    """Moments of the true difference from judged differences (..., N) and human ones (..., M) of the prompts drawn.

    With no judge error it approaches the all-human interval over N; with a useless judge that of the labelled subset.
    Raises ValueError below two labelled prompts.
    """
    return corrected(judged, human, drawn, power(judged, human, drawn), cluster_N)


def power(judged: Floats, human: Floats, drawn: LabelSample) -> Floats:
    """Power-tuning weight of the judge: cov(human, judge) / var(judge), within [0, 1]; 0 where it never varies."""
    spread = np.var(judged, axis=-1)
    judged_M = judged[..., drawn.at_M]
    centred = judged_M - np.asarray(drawn.mean(judged_M))[..., None]
    covariance = drawn.mean(centred * human)
    return np.asarray(np.where(spread > 0, np.clip(covariance / np.where(spread > 0, spread, 1.0), 0, 1), 0.0))


def corrected(
    judged: Floats, human: Floats, drawn: LabelSample, weight: Floats, cluster_N: NDArray[np.integer] | None = None
) -> Moments:
    """Moments of the true difference with a fixed weight of the judge, shape (...).

    The variance is that of the influences: of a prompt its weighted judged difference plus its stratum's mean error; of
    a labelled one its own error beside it, divided by its inclusion probability.
    """
    n, m = judged.shape[-1], human.shape[-1]
    if m < 2 or drawn.at_M.size != m or drawn.stratum_N.size != n:
        raise ValueError(f"PPI needs at least two labelled prompts, one place each; got {m} at {drawn.at_M.size}.")
    tuned = np.asarray(weight)[..., None] * judged
    rest = human - tuned[..., drawn.at_M]
    error_H = drawn.by_stratum(rest)
    within = rest - error_H[..., drawn.stratum_M]
    labels_M = drawn.labels_H[drawn.stratum_M]
    within = within * np.sqrt(labels_M / np.maximum(labels_M - 1, 1))
    theta = tuned.mean(axis=-1) + drawn.mean(rest)
    expected = tuned + error_H[..., drawn.stratum_N]
    influence = (expected - expected.mean(axis=-1, keepdims=True)) / n
    influence[..., drawn.at_M] += within * drawn.weight_M
    iid = np.sum(influence**2, axis=-1) + UNSEEN / drawn.effective**2
    variance, df = iid, _degrees(within * drawn.weight_M, drawn)
    if cluster_N is not None:
        sizes = cluster_sizes(cluster_N)
        sums = np.add.reduceat(influence[..., sizes.order], sizes.starts, axis=-1)
        labelled = cluster_sizes(cluster_N[drawn.at_M]).sizes
        groups = max(labelled.size, 2)
        unseen = UNSEEN / min(drawn.effective, groups) ** 2
        variance = np.maximum(iid, np.sum(sums**2, axis=-1) * groups / (groups - 1) + unseen)
        df = np.minimum(df, satterthwaite_df(labelled) if labelled.size > 1 else 1.0)
    up, down = drawn.mean(np.maximum(rest, 0)), drawn.mean(np.maximum(-rest, 0))
    q = np.maximum(np.maximum(down, up - theta), 0)
    deff = np.where(iid > 0, variance / np.where(iid > 0, iid, 1.0), 1.0)
    return Moments(theta, q + theta, q, variance, iid, drawn.effective / deff, np.broadcast_to(df, theta.shape))


def _degrees(part: Floats, drawn: LabelSample) -> Floats:
    """Satterthwaite's degrees of freedom of the labels' part of the variance, sum_h V_h, n_h - 1 each; at most M - H.

    A stratum's variance is never taken below that of `LEAST_SPREAD`: one without a seen error is not known to be exact.
    """
    freedom_H = np.maximum(drawn.labels_H - 1, 1)
    member_MH = (drawn.stratum_M[:, None] == np.arange(drawn.sizes_H.size)).astype(float)
    least_H = np.where(drawn.labels_H < drawn.sizes_H, LEAST_SPREAD, 0.0) * ((drawn.weight_M**2) @ member_MH)
    variance_H = (part**2) @ member_MH + least_H
    total, squares = variance_H.sum(axis=-1), np.sum(variance_H**2 / freedom_H, axis=-1)
    most = max(float(drawn.at_M.size - drawn.sizes_H.size), 1.0)
    return np.asarray(np.minimum(np.where(squares > 0, total**2 / np.where(squares > 0, squares, 1.0), most), most))


def net_bias(error: Floats, drawn: LabelSample, cluster_N: NDArray[np.integer] | None = None) -> Moments:
    """Moments of b / 2, half the judge's mean differential error over all N prompts.

    `error`: judged minus human difference (..., M) of the prompts drawn.
    """
    none = np.zeros((*error.shape[:-1], drawn.stratum_N.size))
    return corrected(none, error / 2, drawn, np.zeros(error.shape[:-1]), cluster_N)
