"""Seconds and peak memory of all verdicts on 1,000,000 paired scored rows, 30 metrics, 5,000 clusters.

The baseline has two draws of every prompt, so that the A/A check of an audit runs too.

Run: python experiments/perf/statistics_scale.py [pairs]. Stages are timed in one process; peak memory is the process's.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from trustdelta.records import TRUST_DIMENSIONS, Better, Metric, Part
from trustdelta.stats.aa import aa_check
from trustdelta.stats.table import PromptColumns, ScoreColumns, ScoreTable
from trustdelta.verdict import VerdictPlan, decide

METRICS, CLUSTERS = 30, 5000


def metrics() -> list[Metric]:
    """Thirty primary metrics, five per trust dimension, each on a benchmark of its own."""
    return [
        Metric(f"m{i}", f"b{i}", TRUST_DIMENSIONS[i % 6], f"s{i}", f"metric {i}", Better.LOWER, tier="C")
        for i in range(METRICS)
    ]


def columns(pairs: int, seed: int) -> tuple[PromptColumns, ScoreColumns]:
    """Binary scores, two draws of the baseline and one of the candidate; clusters spread evenly; 1 in 500 unscored."""
    rng = np.random.default_rng(seed)
    per = pairs // METRICS
    n = per * METRICS
    bench = np.repeat(np.arange(METRICS), per)
    cluster = np.arange(n) % (CLUSTERS // METRICS)
    prompts = PromptColumns(
        [f"{i:024x}" for i in range(n)], [f"b{b}" for b in bench], [f"c{c}" for c in cluster], [""] * n
    )
    value = (rng.random(3 * n) < 0.1).astype(float)
    lost = rng.random(3 * n) < 0.002
    value[lost] = np.nan
    prompt = np.tile(np.arange(n), 3)
    scores = ScoreColumns(
        prompt=prompt,
        arm=np.repeat([0, 0, 1], n),
        draw=np.repeat(np.array([0, 1, 0], dtype=np.int16), n),
        series=bench[prompt],
        value=value,
        outcome=np.where(lost, 5, 0),
        reason=np.zeros(3 * n, dtype=np.int32),
        series_names=[(f"s{i}", Part.ANSWER) for i in range(METRICS)],
    )
    return prompts, scores


def peak_mib() -> float:
    """Peak resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Clock:
    """Wall and CPU seconds since the last line."""

    def __init__(self) -> None:
        self.at = time.perf_counter(), time.process_time()

    def say(self, stage: str, what: str = "") -> None:
        """Print one stage's line."""
        now = time.perf_counter(), time.process_time()
        wall, cpu = (b - a for a, b in zip(self.at, now, strict=True))
        sys.stdout.write(f"{stage:7s}{wall:6.2f} s  CPU {cpu:6.2f} s   peak {peak_mib():7.0f} MiB   {what}\n")
        self.at = now


def main() -> None:
    """Print one line per stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    prompts, scores = columns(args.pairs, args.seed)
    sys.stdout.write(f"{args.pairs} pairs, {METRICS} metrics, {CLUSTERS} clusters\n")
    sys.stdout.write(f"input made        peak {peak_mib():7.0f} MiB\n")
    clock = Clock()
    table = ScoreTable.of(prompts, scores)
    clock.say("table")
    decision = decide(metrics(), table, VerdictPlan())
    clock.say("decide", decision.overall.value)
    check = aa_check(metrics(), table, VerdictPlan(), np.random.default_rng(args.seed))
    clock.say("A/A", "" if check is None else f"{check.splits_with_false_regression} of {check.splits} splits")


if __name__ == "__main__":
    main()
