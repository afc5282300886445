"""Error rates and power of whole decisions in both scopes, beside what peers would conclude from the same scores.

Run: python experiments/perf/calibrate_scopes.py [--audits 300] [--seed 0] [--write docs/calibration.md]

An audit has 12 metrics of harm (two per trust dimension), each on 200 prompts, decided by `trustdelta.verdict.decide`
as in a real audit: margins, scopes, subgroups and the imputation of missing responses included. Propensities are
beta-distributed over prompts, with effects of clusters where named. No model runs: the scores are simulated.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import Pool
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from pages import rewrite
from scipy.stats import ttest_rel

from trustdelta.records import TRUST_DIMENSIONS, Better, Metric, Outcome, Part, Scope, Verdict
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.table import OUTCOMES, PromptColumns, ScoreColumns, ScoreTable
from trustdelta.verdict import VerdictPlan, decide

METRICS, PROMPTS, TOPICS = 12, 200, 5
MARGIN = 0.03
TRUNCATED = OUTCOMES.index(Outcome.TRUNCATED_IN_ANSWER)


@dataclass(frozen=True)
class Scenario:
    """One simulated world."""

    name: str
    rate: float = 0.10
    """Mean rate of harm of the baseline."""
    worse: tuple[float, ...] = ()
    """What the candidate adds to the rate of the first metrics; the others are unchanged."""
    concentrated: bool = False
    """Whether the whole worsening sits in one of the five topics."""
    draws: int = 1
    clusters: str = "none"
    """none: every prompt alone; few: six clusters; zipf: sizes as 1/rank."""
    missing: tuple[float, float] = (0.0, 0.0)
    """Share of responses without a score, of baseline and candidate."""

    @property
    def null(self) -> bool:
        """Whether nothing got worse."""
        return not self.worse


SCENARIOS = (
    Scenario("null: plain"),
    Scenario("null: rare harm (1 %)", rate=0.01),
    Scenario("null: few clusters (6)", clusters="few"),
    Scenario("null: Zipf clusters", clusters="zipf"),
    Scenario("null: candidate lacks 0.9 points more", missing=(0.01, 0.019)),
    Scenario("null: candidate lacks 2.9 points more", missing=(0.01, 0.039)),
    Scenario("null: 16 samples per prompt", draws=16),
    Scenario("at the margin (+3 points, all metrics)", worse=(MARGIN,) * METRICS),
    Scenario("+10 points in one metric", worse=(0.10,)),
    Scenario("+20 points in one metric", worse=(0.20,)),
    Scenario("+31 points in one metric", worse=(0.31,)),
    Scenario("+9 points, all in one topic of five", worse=(0.09,), concentrated=True),
)


@dataclass
class Tally:
    """Counts over the audits of one scenario."""

    audits: int = 0
    events: Counter[str] = field(default_factory=Counter)


def metrics() -> list[Metric]:
    """Two metrics of harm for each trust dimension."""
    return [
        Metric(f"m{i}", f"b{i}", TRUST_DIMENSIONS[i % 6], f"s{i}", f"metric {i}", Better.LOWER, tier="B", margin=MARGIN)
        for i in range(METRICS)
    ]


def clusters_of(kind: str, rng: np.random.Generator) -> Ints:
    """The cluster of each prompt of a metric."""
    if kind == "few":
        return np.asarray(np.arange(PROMPTS) % 6, dtype=np.int64)
    if kind == "zipf":
        weight = 1 / np.arange(1, 41)
        return np.asarray(rng.choice(40, PROMPTS, p=weight / weight.sum()), dtype=np.int64)
    return np.arange(PROMPTS, dtype=np.int64)


def propensities(scenario: Scenario, metric: int, cluster_P: Ints, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The rates of harm of each prompt, under the baseline and under the candidate."""
    base_P = rng.beta(0.5 * scenario.rate / (1 - scenario.rate) + 0.05, 0.5, PROMPTS)
    if scenario.clusters != "none":
        shift = rng.normal(0, 0.6, cluster_P.max() + 1)[cluster_P]
        odds = np.clip(base_P, 1e-6, 1 - 1e-6)
        base_P = 1 / (1 + np.exp(-(np.log(odds / (1 - odds)) + shift)))
    base_P *= scenario.rate / base_P.mean()
    base_P = np.clip(base_P, 0, 1)
    added = scenario.worse[metric] if metric < len(scenario.worse) else 0.0
    topic_P = np.arange(PROMPTS) % TOPICS
    where_P = (topic_P == 0) * TOPICS if scenario.concentrated else np.ones(PROMPTS)
    share = added / max(1 - scenario.rate, 1e-9)
    return base_P, np.clip(base_P + where_P * share * (1 - base_P), 0, 1)


def simulated(scenario: Scenario, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """All scores of one audit, model by prompt by sample, NaN where there is none; and the cluster of each prompt."""
    n = METRICS * PROMPTS
    cluster_MP = [clusters_of(scenario.clusters, rng) for _ in range(METRICS)]
    rates = [propensities(scenario, m, cluster_P, rng) for m, cluster_P in enumerate(cluster_MP)]
    rate_AN = np.stack([np.concatenate([rate[arm] for rate in rates]) for arm in (0, 1)])
    value_ANK = (rng.random((2, n, scenario.draws)) < rate_AN[:, :, None]).astype(float)
    value_ANK[rng.random(value_ANK.shape) < np.array(scenario.missing)[:, None, None]] = np.nan
    return value_ANK, np.concatenate(cluster_MP)


def table_of(value_ANK: Floats, cluster_N: Ints) -> ScoreTable:
    """The scores as an audit holds them."""
    n = cluster_N.size
    metric_N = np.arange(n) // PROMPTS
    prompts = PromptColumns(
        [f"{i:024x}" for i in range(n)],
        [f"b{m}" for m in metric_N],
        [f"{m}-{c}" for m, c in zip(metric_N, cluster_N, strict=True)],
        [""] * n,
        {"topic": [f"t{i % TOPICS}" for i in range(n)]},
    )
    arm, prompt, draw = (axis.ravel() for axis in np.indices(value_ANK.shape))
    value = value_ANK.ravel()
    scores = ScoreColumns(
        prompt=prompt,
        arm=arm,
        draw=draw.astype(np.int16),
        series=metric_N[prompt],
        value=value,
        outcome=np.where(np.isnan(value), TRUNCATED, 0),
        reason=np.zeros(value.size, dtype=np.int32),
        series_names=[(f"s{i}", Part.ANSWER) for i in range(METRICS)],
    )
    return ScoreTable.of(prompts, scores)


def peers(value_ANK: Floats, bad: int, rng: np.random.Generator) -> Iterator[str]:
    """What peers would flag as worse, from the means of each prompt; `bad`: metrics that are worse, the first ones."""
    scored_AN = (~np.isnan(value_ANK)).sum(axis=2)
    mean_AN = np.where(scored_AN > 0, np.nansum(value_ANK, axis=2) / np.maximum(scored_AN, 1), np.nan)
    for m in range(METRICS):
        a, b = mean_AN[:, m * PROMPTS : (m + 1) * PROMPTS]
        both = ~(np.isnan(a) | np.isnan(b))
        a, b = a[both], b[both]
        changed = bool((a != b).any())
        z = (b.mean() - a.mean()) / max(np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size), 1e-12)
        resampled = (b - a)[rng.integers(0, a.size, (400, a.size))].mean(axis=1)
        flags = {
            "point estimate worse": b.mean() > a.mean(),
            "paired t-test (MLflow)": changed and b.mean() > a.mean() and ttest_rel(b, a).pvalue < 0.05,
            "unpaired z (lm-eval)": z > 1.96,
            "bootstrap of pairs (modeldiffr)": np.quantile(resampled, 0.025) > 0,
        }
        for name, flag in flags.items():
            if flag:
                yield f"{name}: {'hit' if m < bad else 'false'}"


def verdicts(value_ANK: Floats, cluster_N: Ints, bad: int) -> Iterator[str]:
    """What the package's verdicts say; `bad`: metrics that are worse, the first ones."""
    decision = decide(metrics(), table_of(value_ANK, cluster_N), VerdictPlan())
    yield f"audit {decision.overall.value}"
    for i, verdict in enumerate(decision.metrics):
        truth = "hit" if i < bad else "false"
        if verdict.verdict is Verdict.REGRESSED:
            yield f"regressed: {truth}"
            if verdict.scope is Scope.BEYOND:
                yield f"beyond: {truth}"
        if any(group.regressed for group in verdict.groups):
            yield f"group: {truth}"
        if verdict.verdict is Verdict.PRESERVED and i < bad:
            yield "preserved: false"


def job(task: tuple[int, int]) -> tuple[int, set[str]]:
    """One audit of a scenario, by its number: what happened in it, each event once."""
    number, seed = task
    scenario, rng = SCENARIOS[number], np.random.default_rng([seed, number])
    value_ANK, cluster_N = simulated(scenario, rng)
    bad = len(scenario.worse)
    events = {*verdicts(value_ANK, cluster_N, bad), *peers(value_ANK, bad, rng)}
    return number, events | ({"either: hit"} if events & {"regressed: hit", "group: hit"} else set())


ROWS: tuple[tuple[str, str, str], ...] = (
    ("any metric falsely *regressed*", "regressed: false", "null"),
    ("any group falsely regressed", "group: false", "null"),
    ("audit REGRESSED", "audit regressed", "null"),
    ("peers: point estimate worse", "point estimate worse: false", "null"),
    ("peers: paired t-test (MLflow)", "paired t-test (MLflow): false", "null"),
    ("peers: unpaired z (lm-eval)", "unpaired z (lm-eval): false", "null"),
    ("peers: bootstrap of pairs (modeldiffr)", "bootstrap of pairs (modeldiffr): false", "null"),
    ("*regressed* on these prompts", "regressed: hit", "worse"),
    ("*regressed* beyond them", "beyond: hit", "worse"),
    ("the metric or its topic regressed", "either: hit", "worse"),
    ("any other metric falsely *regressed*", "regressed: false", "worse"),
    ("any regressed metric falsely *preserved*", "preserved: false", "worse"),
    ("peers: point estimate worse", "point estimate worse: hit", "worse"),
    ("peers: paired t-test (MLflow)", "paired t-test (MLflow): hit", "worse"),
    ("peers: unpaired z (lm-eval)", "unpaired z (lm-eval): hit", "worse"),
)


def tables(tallies: dict[int, Tally], audits: int, seed: int) -> str:
    """Both tables in Markdown."""
    command = f"python experiments/perf/calibrate_scopes.py --audits {audits} --seed {seed} --write docs/calibration.md"
    error = 100 * float(np.sqrt(0.05 * 0.95 / audits))
    lines = [
        f"Written by `{command}`; {METRICS} metrics of {PROMPTS} prompts, margin 3 percentage points, 5 % per audit; "
        f"share of audits in percent, Monte Carlo standard error at 5 %: {error:.1f}.",
    ]
    for kind in ("null", "worse"):
        numbers = [i for i, s in enumerate(SCENARIOS) if s.null == (kind == "null") and i in tallies]
        heads = [SCENARIOS[i].name.removeprefix("null: ") for i in numbers]
        lines += ["", f"| {'nothing changed' if kind == 'null' else 'the candidate is worse'} | {' | '.join(heads)} |"]
        lines.append("|---|" + "---|" * len(numbers))
        for title, event, group in ROWS:
            if group == kind:
                cells = [f"{100 * tallies[i].events[event] / tallies[i].audits:.1f}" for i in numbers]
                lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Simulate, count, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    tallies = {i: Tally() for i in range(len(SCENARIOS))}
    tasks = [(i, options.seed * 1_000_000 + n) for i in tallies for n in range(options.audits)]
    with Pool(options.workers) as pool:
        for number, events in pool.imap_unordered(job, tasks, chunksize=8):
            tallies[number].audits += 1
            tallies[number].events.update(events)
    text = tables(tallies, options.audits, options.seed)
    sys.stdout.write(f"{text}\n")
    if options.write:
        rewrite(options.write, "both scopes", text)


if __name__ == "__main__":
    main()
