"""What each tool says of the same two columns of scores, by the tool's own code where it has some.

A rule reads one audit: the scores of both models for several metrics, 1 good and 0 bad, NaN where there is no score.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from trustdelta.records import Better, Dimension, Metric, Outcome, Part, Verdict
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.table import OUTCOMES, PromptColumns, ScoreColumns, ScoreTable
from trustdelta.verdict import decide

Floats = NDArray[np.float64]
LEVEL = 0.05
"""Level of every test here, as each tool has it by default."""
Z = 1.96
"""Standard errors beyond which a difference is read as real."""


class Call(StrEnum):
    """What a rule says of one metric."""

    WORSE = "worse"
    BETTER = "better"
    NO_DIFFERENCE = "no difference shown"
    PRESERVED = "preserved"
    NOT_MEASURABLE = "not measurable"


@dataclass(frozen=True, eq=False)
class Scores:
    """One metric's scores of both models on the same prompts."""

    name: str
    dimension: Dimension
    tier: str
    cluster_P: Sequence[str]
    """Prompts of one cluster are one question, in other words or another language."""
    baseline_P: Floats
    candidate_P: Floats


Rule = Callable[[Sequence[Scores]], dict[str, Call]]


def _pairs(scores: Scores) -> tuple[list[float], list[float]]:
    """The prompts that both models have a score on."""
    both_P = ~np.isnan(scores.baseline_P) & ~np.isnan(scores.candidate_P)
    return scores.baseline_P[both_P].tolist(), scores.candidate_P[both_P].tolist()


def _direction(difference: float, *, real: bool) -> Call:
    if not real:
        return Call.NO_DIFFERENCE
    return Call.WORSE if difference < 0 else Call.BETTER


def mlflow(audit: Sequence[Scores]) -> dict[str, Call]:
    """McNemar's test of each scorer at 5 %: `mlflow.genai.compare_evaluations` of MLflow 3.18.

    Called is the function that it applies to the paired values of two runs.
    """
    from mlflow.genai.evaluation.comparison.paired_comparison import _compare_paired_values

    calls = {}
    for scores in audit:
        baseline, candidate = map(np.array, _pairs(scores))
        result = _compare_paired_values(scores.name, baseline, candidate, value_type="binary")
        p_value, difference = result.p_value, result.diff
        calls[scores.name] = _direction(difference or 0.0, real=p_value is not None and p_value < LEVEL)
    return calls


def modeldiffr(audit: Sequence[Scores]) -> dict[str, Call]:
    """Paired bootstrap, Benjamini-Hochberg over the metrics, a smallest effect: `compute_metrics` of modeldiffr 0.9.3.

    The smallest effects are those of its own tasks: .02 for refusals, .01 for accuracies.
    """
    from modeldiffr.metrics import MetricSpec, compute_metrics

    items, specs = {}, []
    for scores in audit:
        baseline, candidate = _pairs(scores)
        items[scores.name] = {
            "base": [{"score": value} for value in baseline],
            "derivative": [{"score": value} for value in candidate],
        }
        effect = 0.01 if scores.dimension is Dimension.CAPABILITY else 0.02
        specs.append(MetricSpec(scores.name, scores.name, scores.name, min_effect=effect).to_dict())
    results = compute_metrics(items, specs, seed=0, n_resamples=2000)
    return {m["name"]: _direction(m["delta"], real=m["significant"] and not m["negligible"]) for m in results}


def finetunecheck(audit: Sequence[Scores]) -> dict[str, Call]:
    """Whether a paired normal interval excludes zero: `paired_delta_interval` of finetunecheck 2.0.2."""
    from finetunecheck.forgetting.metrics import paired_delta_interval

    calls = {}
    for scores in audit:
        centre, low, high = paired_delta_interval(*_pairs(scores)) or (0.0, 0.0, 0.0)
        calls[scores.name] = _direction(centre, real=low > 0 or high < 0)
    return calls


def lm_eval(audit: Sequence[Scores]) -> dict[str, Call]:
    """The difference of two results against their printed standard errors: `mean_stderr` of lm-eval 0.4.13."""
    from lm_eval.api.metrics import mean_stderr

    calls = {}
    for scores in audit:
        baseline, candidate = _pairs(scores)
        difference = float(np.mean(candidate) - np.mean(baseline))
        error = math.hypot(mean_stderr(baseline), mean_stderr(candidate))
        calls[scores.name] = _direction(difference, real=abs(difference) > Z * error)
    return calls


def trustdelta(audit: Sequence[Scores]) -> dict[str, Call]:
    """The verdicts of `decide` on all metrics together, with the default plan."""
    metrics = [Metric(s.name, s.name, s.dimension, s.name, s.name, Better.HIGHER, tier=s.tier) for s in audit]
    decision = decide(metrics, _table(audit), VerdictPlan())
    return {m.metric.name: CALLS[m.verdict] for m in decision.metrics if m.verdict is not None}


CALLS = {
    Verdict.REGRESSED: Call.WORSE,
    Verdict.IMPROVED: Call.BETTER,
    Verdict.PRESERVED: Call.PRESERVED,
    Verdict.INCONCLUSIVE: Call.NO_DIFFERENCE,
    Verdict.NOT_MEASURABLE: Call.NOT_MEASURABLE,
}


def _table(audit: Sequence[Scores]) -> ScoreTable:
    """All scores as an audit stores them; one without a value is of a response cut inside its reasoning trace."""
    ids: list[str] = []
    benchmark: list[str] = []
    cluster: list[str] = []
    rows = []
    for series, scores in enumerate(audit):
        first = len(ids)
        ids += [f"{scores.name}-{i}" for i in range(scores.baseline_P.size)]
        benchmark += [scores.name] * scores.baseline_P.size
        cluster += list(scores.cluster_P)
        for arm, value_P in enumerate((scores.baseline_P, scores.candidate_P)):
            place_P = first + np.arange(value_P.size)
            rows.append(np.stack([place_P, np.full(value_P.size, arm), np.full(value_P.size, series), value_P]))
    prompt, arm, series, value = np.concatenate(rows, axis=1)
    zeros = np.zeros(prompt.size, dtype=np.int64)
    cut, answered = OUTCOMES.index(Outcome.TRUNCATED_IN_THOUGHT), OUTCOMES.index(Outcome.ANSWERED)
    columns = ScoreColumns(
        prompt=prompt.astype(np.int64),
        arm=arm.astype(np.int64),
        draw=zeros,
        series=series.astype(np.int64),
        value=value,
        outcome=np.where(np.isnan(value), cut, answered),
        reason=zeros,
        series_names=[(scores.name, Part.ANSWER) for scores in audit],
    )
    return ScoreTable.of(PromptColumns(ids, benchmark, cluster, [""] * len(ids)), columns)


RULES: Mapping[str, Rule] = {
    "lm-eval: difference > 1.96 standard errors": lm_eval,
    "finetunecheck: paired normal interval": finetunecheck,
    "MLflow: `compare_evaluations`": mlflow,
    "modeldiffr: paired bootstrap, FDR": modeldiffr,
    "trustdelta": trustdelta,
}
"""Rule by the name in the table."""
