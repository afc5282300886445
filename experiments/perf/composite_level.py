"""Level of the sequential composite test: audits in which nothing got worse, six dimensions of five metrics.

Run: python experiments/perf/composite_level.py [--audits 2000] [--seed 0]

A dimension's composite is tested at every look at an equal share of the level, until and including the first look at
which one of its metrics stopped (decided or futile), as `pipeline.looks` does. "Shared": the metrics of a dimension
judge the same responses (latent correlation .6), so that the estimated correlation of the composite is needed.
Prints the share of audits in which any dimension's composite rejects, and in which any dimension is called regressed by
its composite or by a metric.
"""

from __future__ import annotations

import argparse
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri

from trustdelta.stats.multiplicity import composite
from trustdelta.stats.score_interval import moments, p_not_worse, p_worse
from trustdelta.stats.sequential import Schedule, conditional_power, look_sizes, standard_looks

Floats = NDArray[np.float64]

DIMENSIONS, PER_DIMENSION, CLUSTERS, PER_CLUSTER, DRAWS = 6, 5, 100, 5, 3
MARGIN, ALPHA = 0.05, 0.05
LEVEL = ALPHA / DIMENSIONS / PER_DIMENSION
RATES = (0.005, 0.02, 0.08, 0.17, 0.5)
CLUSTER_P = np.repeat(np.arange(CLUSTERS), PER_CLUSTER)
PLAN = Schedule(standard_looks(DRAWS))
SIZES = look_sizes(CLUSTER_P, PLAN.looks)
CHUNK = 250


def arm(audits: int, location_A: Floats, correlation: float, rng: np.random.Generator) -> Floats:
    """Binary scores of one arm, (metrics, audits, prompts, draws), from propensities that the arms share."""
    shape = (audits, CLUSTER_P.size, DRAWS)
    shared = np.sqrt(correlation) * rng.standard_normal(shape)
    own = np.sqrt(1 - correlation)
    draws = [
        ndtr(shared + own * rng.standard_normal(shape)) < expit(location + location_A)[..., None]
        for location in (np.log(r / (1 - r)) for r in RATES)
    ]
    return np.stack(draws).astype(float)


def dimension(audits: int, correlation: float, rng: np.random.Generator) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the composite of one dimension ever rejects, and whether one of its metrics is ever called regressed."""
    cluster = rng.normal(0, 0.7, (audits, CLUSTERS))[:, CLUSTER_P]
    location = cluster + rng.normal(0, 0.7, (audits, CLUSTER_P.size))
    baseline = arm(audits, location, correlation, rng).mean(axis=3)
    candidate = arm(audits, location, correlation, rng)
    rejects, regressed = np.zeros(audits, dtype=bool), np.zeros(audits, dtype=bool)
    going = np.ones((PER_DIMENSION, audits), dtype=bool)
    for number, (look, n, t) in enumerate(zip(PLAN.looks, SIZES, PLAN.times(), strict=True)):
        d = candidate[:, :, :n, : look.draws].mean(axis=3) - baseline[:, :, :n]
        m = moments(d, CLUSTER_P[:n])
        worse, fine = p_worse(m), p_not_worse(m, MARGIN)
        whole = np.asarray(going.all(axis=0))
        rejects[whole] |= _composite(worse, d, whole) <= PLAN.look_alpha(number, ALPHA / DIMENSIONS)
        level = PLAN.look_alpha(number, LEVEL)
        regressed |= (going & (worse < level) & (fine >= level)).any(axis=0)
        going &= (worse >= level) & (fine >= level) & ~_futile(worse, fine, t)
    return rejects, regressed


def _composite(worse: Floats, d: Floats, whole: NDArray[np.bool_]) -> Floats:
    """The composite's p-value in the audits where all metrics of the dimension still go on."""
    starts = np.flatnonzero(np.r_[True, np.diff(CLUSTER_P[: d.shape[2]]) > 0])
    sums = np.add.reduceat(d - d.mean(axis=2, keepdims=True), starts, axis=2)[:, whole]
    norm = np.sqrt((sums**2).sum(axis=2))
    cross = np.einsum("mag,nag->amn", sums, sums)
    scale = np.einsum("ma,na->amn", norm, norm)
    correlation = np.where(scale > 0, cross / np.where(scale > 0, scale, 1.0), 0.0)
    correlation[:, range(PER_DIMENSION), range(PER_DIMENSION)] = 1.0
    found = [composite(list(p), r) for p, r in zip(worse[:, whole].T, correlation, strict=True)]
    return np.asarray(found, dtype=float)


def _futile(worse: Floats, fine: Floats, t: float) -> NDArray[np.bool_]:
    """Whether the better claim's conditional power is below the schedule's futility bound."""
    if not PLAN.futility_from <= t < 1:
        return np.zeros(worse.shape, dtype=bool)
    last = PLAN.boundary(len(PLAN.looks) - 1, LEVEL)
    z = -ndtri(np.clip(np.minimum(worse, fine), 1e-300, 1 - 1e-16))
    return np.vectorize(conditional_power)(z, t, last) < PLAN.futility


def level(audits: int, correlation: float, seed: int) -> tuple[float, float]:
    """Share of audits with any composite rejection, and with any dimension called regressed at all."""
    found = []
    for start in range(0, audits, CHUNK):
        rng = np.random.default_rng([seed, start, round(100 * correlation)])
        parts = [dimension(min(CHUNK, audits - start), correlation, rng) for _ in range(DIMENSIONS)]
        rejects = np.stack([r for r, _ in parts]).any(axis=0)
        found.append(np.stack([rejects, rejects | np.stack([m for _, m in parts]).any(axis=0)]))
    composite_only, either = np.concatenate(found, axis=1).mean(axis=1)
    return float(composite_only), float(either)


def main() -> None:
    """Print both shares for metrics on prompts of their own and on shared responses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    for name, correlation in (("separate responses", 0.0), ("shared responses", 0.6)):
        composite_only, either = level(args.audits, correlation, args.seed)
        sys.stdout.write(
            f"{name}: composite rejects {100 * composite_only:.1f} %, any dimension regressed {100 * either:.1f} %\n"
        )


if __name__ == "__main__":
    main()
