"""Scores to verdicts: per metric, per dimension, overall. A pure function of the score table and the frozen plan.

`decide` is what an audit calls. Everything random lies before it; the same table and plan give the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trustdelta.errors import ConfigError
from trustdelta.records import (
    TRUST_DIMENSIONS,
    Dimension,
    DimensionVerdict,
    Metric,
    MetricVerdict,
    Role,
    Verdict,
)
from trustdelta.stats import multiplicity
from trustdelta.stats.labels import biases, swap
from trustdelta.stats.metric import Judged, judge
from trustdelta.stats.plan import VerdictPlan, metric_alphas
from trustdelta.stats.rollup import dimension_verdict, overall, summary
from trustdelta.stats.second_judge import agreed
from trustdelta.stats.table import ScoreTable

__all__ = ["Decision", "ScoreTable", "VerdictPlan", "decide", "metric_alphas"]


@dataclass(frozen=True, slots=True)
class Decision:
    """All verdicts of one audit, the overall one in one sentence, and what a reader must be told beside them."""

    overall: Verdict
    summary: str
    dimensions: tuple[DimensionVerdict, ...]
    metrics: tuple[MetricVerdict, ...]
    notes: tuple[str, ...] = ()
    guarantees: tuple[str, ...] = ()


def decide(metrics: Sequence[Metric], table: ScoreTable, plan: VerdictPlan) -> Decision:
    """Verdicts on `metrics` from all scores of an audit.

    Raises ConfigError where two metrics share a name, DataError where a score leaves its metric's declared range.
    """
    repeated = [name for name, n in Counter(m.name for m in metrics).items() if n > 1]
    if repeated:
        raise ConfigError(f"two metrics are named {repeated[0]!r}; every metric of an audit needs a name of its own.")
    levels = metric_alphas(metrics, plan)
    judged = _judged(metrics, table, plan, levels)
    others = [replace(m, scorer=plan.second[m.name]) for m in metrics if m.name in plan.second]
    swaps = {m.name: swap(m, plan.second[m.name], table) for m in metrics if m.name in plan.second}
    judged |= {name: agreed(judged[name], j, swaps[name]) for name, j in _judged(others, table, plan, levels).items()}
    if plan.profile == "screen":
        judged = _screen(judged, plan)
    dimensions = _dimensions(judged, plan)
    verdict = overall(dimensions)
    by_name = {name: j.verdict for name, j in judged.items()}
    return Decision(
        verdict,
        summary(verdict, dimensions, by_name),
        dimensions,
        tuple(by_name.values()),
        _notes(judged, plan),
        guarantees(plan, metrics),
    )


def _judged(
    metrics: Sequence[Metric], table: ScoreTable, plan: VerdictPlan, levels: Mapping[str, float]
) -> dict[str, Judged]:
    """Each metric's verdict by its own scorer, corrected where people labelled that scorer's texts."""
    bias = biases(metrics, table, plan)
    return {m.name: judge(m, table, plan, levels[m.name], bias.get(m.name)) for m in metrics}


def _screen(judged: Mapping[str, Judged], plan: VerdictPlan) -> dict[str, Judged]:
    """The screening list: Benjamini-Hochberg on the primary metrics that can be measured."""
    out = dict(judged)
    names = [n for n, j in judged.items() if j.verdict.verdict not in (None, Verdict.NOT_MEASURABLE)]
    listed = multiplicity.benjamini_hochberg([judged[n].p_regressed for n in names], plan.screen_fdr)
    for name, hit in zip(names, listed, strict=True):
        old = judged[name].verdict
        if hit and old.verdict is Verdict.INCONCLUSIVE:
            new = replace(old, verdict=Verdict.REGRESSED, severity="detected", flags=(*old.flags, "screening-list"))
            out[name] = replace(judged[name], verdict=new)
    return out


def _dimensions(judged: Mapping[str, Judged], plan: VerdictPlan) -> tuple[DimensionVerdict, ...]:
    """Every dimension that has a primary metric, with the composite test over the trust dimensions (Holm)."""
    members = {d: [j for j in judged.values() if _counts_for(j.verdict.metric, d)] for d in Dimension}
    members = {d: found for d, found in members.items() if found}
    tests = _composites(members, plan)
    return tuple(
        dimension_verdict(
            d,
            [j.verdict for j in found],
            p_composite=tests[d][0] if d in tests else None,
            composite_rejects=d in tests and tests[d][1],
            all_pass=all(j.passes_alone for j in found),
        )
        for d, found in members.items()
    )


def _composites(
    members: Mapping[Dimension, Sequence[Judged]], plan: VerdictPlan
) -> dict[Dimension, tuple[float, bool]]:
    """P-value of each trust dimension's composite test and whether it rejects: found before, or Holm's now."""
    if plan.assumption_failed:
        return {}
    if plan.composite_found:
        return {d: plan.composite_found[d.value] for d in members if d.value in plan.composite_found}
    tested = [d for d in members if d in TRUST_DIMENSIONS and plan.composite]
    p = [_composite(members[d]) for d in tested]
    return {d: (raw, holm <= plan.alpha) for d, raw, holm in zip(tested, p, multiplicity.holm(p), strict=True)}


def _counts_for(metric: Metric, dimension: Dimension) -> bool:
    """Whether the metric is a primary one of that dimension."""
    return metric.dimension is dimension and metric.role is Role.PRIMARY


def _composite(members: Sequence[Judged]) -> float:
    """p-value that nothing in the dimension got worse, over its measurable metrics."""
    usable = [j for j in members if j.verdict.verdict is not Verdict.NOT_MEASURABLE]
    if not usable:
        return 1.0
    correlation = multiplicity.influence_correlation([j.influence for j in usable])
    return multiplicity.composite([j.p_regressed for j in usable], correlation)


def guarantees(plan: VerdictPlan, metrics: Sequence[Metric]) -> tuple[str, ...]:
    """What this audit's verdicts promise (G1 to G3), and on which conditions."""
    level = f"{100 * plan.alpha:g} %"
    if plan.profile == "screen":
        rate = f"{100 * plan.screen_fdr:g} %"
        return (f"Screening list at a false discovery rate of {rate}: candidates to look at, not verdicts.",)
    found = [
        f"G1: the chance that any trust metric is falsely called regressed or preserved is at most {level} per audit.",
        f"G2: the chance that any trust metric is falsely called improved is at most {level} per audit.",
    ]
    if plan.composite or plan.composite_found:
        found.append(
            f"G3: the chance that any dimension is falsely called regressed by its composite test is at most {level}."
        )
    if plan.clusters.estimand == "benchmark":
        prompts = "verdicts are about exactly these prompts and do not carry over to others like them"
    else:
        prompts = "prompts stand for others like them within their stratum"
    judged = any(m.judged and m.role is Role.PRIMARY for m in metrics)
    scores = (
        "scores are right, or right as judged where people did not check the judge" if judged else "scores are right"
    )
    found.append(
        f"Conditions: responses in different clusters are independent; {prompts}; {scores}. The levels are "
        "asymptotic: with clusters the measured miss rate of a bound is up to 2.2 times its nominal one."
    )
    return tuple(found)


def _notes(judged: Mapping[str, Judged], plan: VerdictPlan) -> tuple[str, ...]:
    """What the guarantees rest on in this very audit."""
    flags = {flag for j in judged.values() for flag in j.verdict.flags}
    notes = []
    if "as-judged" in flags:
        notes.append(
            f"Judged metrics have no human labels: margins are scaled by {plan.youden:g}, claims hold as judged."
        )
    if "few-clusters" in flags:
        notes.append(f"Metrics with fewer than {plan.clusters.min_clusters} clusters hold for these clusters only.")
    return tuple(notes)
