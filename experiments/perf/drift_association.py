"""Rank correlation of drift and worsening where there is none: from the same draws, and cross-fitted.

    python experiments/perf/drift_association.py --repetitions 200 --prompts 150 --seed 0

Prints mean rho and its simulation error by draws per prompt, then how often the 95 % interval covers 0 by clusters, and
the time of one interval.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from trustdelta.stats.association import Halves, cross_fitted, rho_B

Floats = NDArray[np.float64]


def draw_null(n: int, k: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Drift [N, K] and worsening [N, K]: unrelated over prompts, but a harmful draw drifts more than a harmless one."""
    p_N1 = rng.uniform(0.05, 0.95, (n, 1))
    harm_NK = (rng.random((n, k)) < p_N1).astype(float)
    before_N1 = (rng.random((n, k)) < p_N1).mean(1, keepdims=True)
    kl_NK = np.exp(rng.normal(size=(n, 1)) + rng.normal(0, 0.6, (n, k)) + harm_NK - p_N1)
    return kl_NK, harm_NK - before_N1


def halves(kl_NK: Floats, worse_NK: Floats, cluster_N: NDArray[np.int64]) -> Halves:
    """Means over even and over odd draws."""
    both = [np.stack([v[:, 0::2].mean(1), v[:, 1::2].mean(1)], axis=1) for v in (kl_NK, worse_NK)]
    return Halves(np.log(both[0]), both[1], cluster_N)


def show_null(repetitions: int, n: int, rng: np.random.Generator) -> None:
    """Mean rho of both ways of relating."""
    print(f"{'draws':>5} {'same draws':>18} {'separate draws':>18}")  # noqa: T201
    for k in (2, 4, 8):
        found = []
        for _ in range(repetitions):
            kl_NK, worse_NK = draw_null(n, k, rng)
            separate = rho_B(halves(kl_NK, worse_NK, np.arange(n)), np.ones((1, n)))[0]
            found.append((spearmanr(kl_NK.mean(1), worse_NK.mean(1)).statistic, separate))
        mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(repetitions)
        print(f"{k:>5} " + " ".join(f"{m:>+10.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True)))  # noqa: T201


def show_coverage(repetitions: int, rng: np.random.Generator) -> None:
    """How often the interval covers the null, in clusters of five prompts."""
    for clusters in (20, 80):
        hits, began = 0, time.perf_counter()
        for _ in range(repetitions):
            kl_NK, worse_NK = draw_null(5 * clusters, 4, rng)
            found = cross_fitted(halves(kl_NK, worse_NK, np.arange(5 * clusters) % clusters), rng)
            hits += found.low is not None and found.high is not None and found.low <= 0 <= found.high
        each = (time.perf_counter() - began) / repetitions
        print(f"{clusters} clusters: {hits / repetitions:.3f} cover 0; {1000 * each:.0f} ms each")  # noqa: T201


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--prompts", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    show_null(given.repetitions, given.prompts, rng)
    show_coverage(given.repetitions, rng)


if __name__ == "__main__":
    main()
