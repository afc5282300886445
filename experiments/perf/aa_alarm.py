"""How often the A/A check alarms on an honest baseline, by its own rule and by the plain 5 %.

Run: python experiments/perf/aa_alarm.py [--baselines N] [--seed N]

An honest baseline gives independent draws of one rate (.3) to 300 prompts: every alarm is a false one. The plain
rule alarms where more than 5 % of the 20 splits claim a regression; ours is the one in docs/statistics.md.
"""

from __future__ import annotations

import argparse
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from trustdelta.records import Better, Dimension, Metric, Part
from trustdelta.stats.aa import aa_check
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.table import PromptColumns, ScoreColumns, ScoreTable

PROMPTS, RATE, SPLITS, PLAIN = 300, 0.3, 20, 0.05
METRIC = Metric("m", "b", Dimension.SAFETY, "s", "t", Better.LOWER, tier="C")


def baseline(draws: int, rng: np.random.Generator) -> ScoreTable:
    """Scores of one model: every draw of every prompt bad with the same probability."""
    prompt = np.tile(np.arange(PROMPTS), draws)
    zeros = np.zeros(prompt.size, dtype=np.int64)
    columns = PromptColumns([f"{i:04d}" for i in range(PROMPTS)], ["b"] * PROMPTS, [""] * PROMPTS, [""] * PROMPTS)
    scores = ScoreColumns(
        prompt=prompt,
        arm=zeros,
        draw=np.repeat(np.arange(draws), PROMPTS),
        series=zeros,
        value=(rng.random(prompt.size) < RATE).astype(float),
        outcome=zeros,
        reason=zeros,
        series_names=[("s", Part.ANSWER)],
    )
    return ScoreTable.of(columns, scores)


def main() -> None:
    """Print a row for each number of draws."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--baselines", type=int, default=400)
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    sys.stdout.write(
        "| draws | splits with a false regression, % | plain rule alarms, % | ours, % |\n|---|---|---|---|\n"
    )
    for draws in (2, 4):
        rng = np.random.default_rng([given.seed, draws])
        found = [aa_check([METRIC], baseline(draws, rng), VerdictPlan(), rng) for _ in range(given.baselines)]
        checks = [c for c in found if c is not None]
        share = np.array([c.splits_with_false_regression for c in checks]) / SPLITS
        ours = np.mean([c.failed for c in checks])
        sys.stdout.write(
            f"| {draws} | {100 * share.mean():.1f} | {100 * np.mean(share > PLAIN):.1f} | {100 * ours:.1f} |\n"
        )


if __name__ == "__main__":
    main()
