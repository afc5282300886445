"""Tables of made-up scores, and the verdicts on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from trustdelta.records import (
    Arm,
    Better,
    Dimension,
    Message,
    Metric,
    MetricVerdict,
    Outcome,
    Part,
    Prompt,
    Score,
)
from trustdelta.stats.table import ScoreTable
from trustdelta.verdict import Decision, VerdictPlan, decide


def metric(name: str = "harm", dimension: Dimension = Dimension.SAFETY, **changes: Any) -> Metric:
    """A share of harmful answers, on a benchmark and by a scorer of the metric's own name."""
    base = Metric(name, name, dimension, name, f"share of {name}", Better.LOWER, tier="C")
    return replace(base, **changes)


def prompts_of(benchmark: str, n: int, clusters: int = 0, strata: tuple[str, ...] = ("",)) -> list[Prompt]:
    """Prompts in number; `clusters` 0 leaves each to itself."""
    return [
        Prompt(
            benchmark,
            (Message("user", f"{benchmark} {i}"),),
            cluster=f"c{i % clusters}" if clusters else "",
            stratum=strata[i % len(strata)],
        )
        for i in range(n)
    ]


def scores_of(
    prompts: list[Prompt], scorer: str, baseline: np.ndarray, candidate: np.ndarray, lost: Outcome = Outcome.MALFORMED
) -> list[Score]:
    """One score per prompt and arm; NaN becomes None with outcome `lost`."""
    rows = []
    for arm, values in ((Arm.BASELINE, baseline), (Arm.CANDIDATE, candidate)):
        for prompt, value in zip(prompts, values, strict=True):
            gone = bool(np.isnan(value))
            outcome = lost if gone else Outcome.ANSWERED
            rows.append(Score(prompt.id, arm, 0, scorer, Part.ANSWER, None if gone else float(value), outcome))
    return rows


def shares(n: int, *, up: int = 0, down: int = 0, bad: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Binary scores of n prompts: `bad` bad in both arms, `up` in the candidate alone, `down` in the baseline alone."""
    baseline, candidate = np.zeros(n), np.zeros(n)
    baseline[: bad + down] = 1
    candidate[:bad] = 1
    candidate[n - up :] = 1
    return baseline, candidate


def decide_one(
    baseline: np.ndarray, candidate: np.ndarray, plan: VerdictPlan | None = None, **changes: Any
) -> MetricVerdict:
    """The verdict on one metric with one score per prompt and arm."""
    m = metric(**changes)
    lost = Outcome.MALFORMED
    prompts = prompts_of("harm", baseline.size)
    table = ScoreTable.build(prompts, scores_of(prompts, "harm", baseline, candidate, lost))
    return decide([m], table, plan or VerdictPlan()).metrics[0]


def many(spec: dict[str, tuple[Dimension, tuple[np.ndarray, np.ndarray]]], plan: VerdictPlan | None = None) -> Decision:
    """A decision over several metrics, each with prompts of its own."""
    metrics, prompts, scores = [], [], []
    for name, (dimension, (baseline, candidate)) in spec.items():
        metrics.append(metric(name, dimension))
        own = prompts_of(name, baseline.size)
        prompts += own
        scores += scores_of(own, name, baseline, candidate)
    return decide(metrics, ScoreTable.build(prompts, scores), plan or VerdictPlan())
