"""Simulates cost and power of a sequential design: Brownian motion at the planned information times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.sequential import Schedule


@dataclass(frozen=True, slots=True)
class Signal:
    """One metric of a simulation, in differences on [-1, 1]."""

    worsening: float
    """True worsening."""
    margin: float
    error: float
    """Standard error at full information."""
    alpha: float
    """Per-tail level."""


def stopping_looks(
    signals: Sequence[Signal], schedule: Schedule, audits: int, rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """The look at which metrics with common prompts stop in each simulated audit, and each metric's share of claims.

    The group stops when its last metric does: at a claim, for futility, or at the last look. Metrics are simulated as
    independent; with shared prompts they stop closer together and slightly earlier.
    """
    stops, claims = [], []
    for signal in signals:
        stop_A, claim_A = _simulate(signal, schedule, audits, rng)
        stops.append(stop_A)
        claims.append(float(claim_A.mean()))
    return np.max(stops, axis=0), np.array(claims)


def _simulate(
    signal: Signal, schedule: Schedule, audits: int, rng: np.random.Generator
) -> tuple[Ints, NDArray[np.bool_]]:
    """The look (from 0) at which one metric stops in each audit, and whether it stops with a claim."""
    t_L = np.array(schedule.times())
    t_L = t_L / t_L[-1]
    noise_AL = np.cumsum(rng.normal(0, np.sqrt(np.diff(np.r_[0.0, t_L])), (audits, t_L.size)), axis=1) / np.sqrt(t_L)
    regressed_AL = noise_AL + signal.worsening / signal.error * np.sqrt(t_L)
    preserved_AL = -noise_AL + (signal.margin - signal.worsening) / signal.error * np.sqrt(t_L)
    best_AL = np.maximum(regressed_AL, preserved_AL)
    bound_L = np.array([schedule.boundary(look, signal.alpha) for look in range(t_L.size)])
    claim_AL = best_AL > bound_L
    halt_AL = claim_AL | _futile(best_AL, t_L, float(bound_L[-1]), schedule)
    halt_AL[:, -1] = True
    stop_A = np.argmax(halt_AL, axis=1)
    return stop_A.astype(np.int64), claim_AL[np.arange(audits), stop_A]


def _futile(best_AL: Floats, t_L: Floats, last: float, schedule: Schedule) -> NDArray[np.bool_]:
    """Whether conditional power under the current trend is below the futility limit at each look but the last."""
    rest_L = np.sqrt(np.maximum(1 - t_L, 1e-12))
    power_AL = ndtr((best_AL / np.sqrt(t_L) - last) / rest_L)
    return np.asarray((power_AL < schedule.futility) & (t_L >= schedule.futility_from) & (t_L < 1))


def standard_error(variance: float, n: int, deff: float = 1.0) -> float:
    """Standard error of a mean of n differences of that variance; never 0, so that no forecast is certain."""
    return sqrt(max(deff * variance, 1e-9) / max(n, 1))
