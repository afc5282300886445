"""Random-effects meta-analysis of one method effect over few model pairs.

Paule and Mandel's tau^2 (1982) and the modified Knapp-Hartung interval (Hartung & Knapp 2001; Roever, Knapp & Friede
2015): Student's t with K - 1 degrees of freedom, and a variance never below the fixed-effect one. The unit is the model
pair; pooling prompts over pairs ignores the heterogeneity between pairs and covers 50-75 % instead of 95.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from trustdelta.errors import MeasurementError
from trustdelta.records.arrays import Floats

MIN_POOLED = 3
"""Pairs below which nothing is pooled."""

MIN_METHOD = 4
"""Pairs per method below which a comparison of methods is descriptive only."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """Random-effects summary of the worsening over model pairs."""

    mean: float
    se: float
    df: float
    tau: float
    """Standard deviation of the true worsening between pairs."""
    low: float
    """Lower confidence bound of the mean."""
    high: float
    """Upper confidence bound of the mean."""
    predicted_low: float
    """Lower bound of the prediction interval for a further pair."""
    predicted_high: float
    """Upper bound of the prediction interval for a further pair."""
    p_worse: float
    """One-sided p-value of a worsening."""
    n_pairs: int
    method: str = "PM + modified Knapp-Hartung"


def paule_mandel(y_K: Floats, v_K: Floats) -> float:
    """Paule and Mandel's tau^2: where the generalised Q equals its expectation K - 1; 0 where Q is below it at 0."""
    from scipy.optimize import brentq  # loaded where it is needed: most commands solve nothing

    def excess(tau2: float) -> float:
        w = 1 / (v_K + tau2)
        return float(np.sum(w * (y_K - np.sum(w * y_K) / np.sum(w)) ** 2)) - (y_K.size - 1)

    if excess(0.0) <= 0:
        return 0.0
    top = float(np.sum((y_K - y_K.mean()) ** 2) / (y_K.size - 1)) + float(v_K.max())
    return float(brentq(excess, 0.0, 10 * top, xtol=1e-16, rtol=1e-14))


def pool(y_K: Floats, v_K: Floats, alpha: float = 0.025) -> Pooled:
    """Pool estimates `y_K` with sampling variances `v_K`; `alpha` per tail.

    Raises MeasurementError for fewer than three pairs: with two, no valid interval is informative.
    """
    k = y_K.size
    if k < MIN_POOLED:
        raise MeasurementError(
            f"{k} model pairs cannot be pooled; show them one by one, or audit at least {MIN_POOLED}."
        )
    if not (v_K > 0).all():
        raise MeasurementError(
            "a model pair has sampling variance 0; pool estimates with their own positive variances."
        )
    tau2 = paule_mandel(y_K, v_K)
    w = 1 / (v_K + tau2)
    mean = float(np.sum(w * y_K) / np.sum(w))
    spread = max(1.0, float(np.sum(w * (y_K - mean) ** 2)) / (k - 1))
    se = float(np.sqrt(spread / np.sum(w)))
    crit, crit_next = float(-stdtrit(k - 1, alpha)), float(-stdtrit(k - 2, alpha))
    reach = crit_next * float(np.sqrt(tau2 + se * se))
    return Pooled(
        mean=mean,
        se=se,
        df=k - 1,
        tau=float(np.sqrt(tau2)),
        low=mean - crit * se,
        high=mean + crit * se,
        predicted_low=mean - reach,
        predicted_high=mean + reach,
        p_worse=float(stdtr(k - 1, -mean / se)),
        n_pairs=k,
    )
