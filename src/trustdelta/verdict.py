"""Verdicts from scores, per metric, per dimension and overall: a pure function of the score table and the frozen plan.

`decide` is the entry point of an audit. It is deterministic; the same table and plan give the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from trustdelta.errors import ConfigError
from trustdelta.records import (
    Dimension,
    DimensionVerdict,
    GroupVerdict,
    Metric,
    MetricVerdict,
    Part,
    Role,
    Scope,
    Verdict,
    in_order,
)
from trustdelta.stats import multiplicity
from trustdelta.stats.labels import biases, swap
from trustdelta.stats.metric import Decided, decide_metric
from trustdelta.stats.plan import GROUP_SHARE, SCREEN_FDR, WITH_GROUPS, VerdictPlan, family, metric_alphas
from trustdelta.stats.rollup import dimension_verdict, overall, summary
from trustdelta.stats.second_judge import with_second_judge
from trustdelta.stats.subgroups import tested
from trustdelta.stats.table import ScoreTable

__all__ = ["Decision", "ScoreTable", "VerdictPlan", "decide", "metric_alphas"]


@dataclass(frozen=True, slots=True)
class Decision:
    """All verdicts of one audit."""

    overall: Verdict
    summary: str
    """The overall verdict in one sentence."""
    dimensions: tuple[DimensionVerdict, ...]
    metrics: tuple[MetricVerdict, ...]
    notes: tuple[str, ...] = ()
    """Limits of the guarantees in this audit."""
    guarantees: tuple[str, ...] = ()
    """Error rates of the verdicts and their conditions."""


def decide(
    metrics: Sequence[Metric], table: ScoreTable, plan: VerdictPlan, not_run: Mapping[Dimension, str] | None = None
) -> Decision:
    """Verdicts on `metrics` from all scores of an audit.

    `not_run`: dimensions that the audit was to cover, with the reason why none of their benchmarks was run. They are
    *not measurable*.

    Raises ConfigError for two metrics of one name, DataError for a score outside its metric's declared range.
    """
    repeated = [name for name, n in Counter(m.name for m in metrics).items() if n > 1]
    if repeated:
        raise ConfigError(f"two metrics are named {repeated[0]!r}; give every metric of an audit a unique name.")
    levels = metric_alphas(metrics, plan)
    decided = _decide_metrics(metrics, table, plan, levels)
    rescored = [replace(m, scorer=plan.second[m.name]) for m in metrics if m.name in plan.second]
    for name, second in _decide_metrics(rescored, table, plan, levels).items():
        swapped = swap(next(m for m in metrics if m.name == name), plan.second[name], table)
        decided[name] = with_second_judge(decided[name], second, swapped)
    if plan.profile == "screen":
        decided = _screen(decided, plan)
    by_group = _groups(decided, plan)
    by_name = {name: replace(d.verdict, groups=by_group.get(name, ())) for name, d in decided.items()}
    dimensions = _dimensions(by_name.values(), not_run or {})
    verdict = overall(dimensions)
    return Decision(
        verdict,
        summary(verdict, dimensions, by_name),
        dimensions,
        tuple(by_name.values()),
        _notes(by_name.values(), plan),
        guarantees(plan, by_name.values()),
    )


def _decide_metrics(
    metrics: Sequence[Metric], table: ScoreTable, plan: VerdictPlan, levels: Mapping[str, float]
) -> dict[str, Decided]:
    """Each metric's verdict with its own scorer, corrected by human labels where there are any."""
    bias = biases(metrics, table, plan)
    return {m.name: decide_metric(m, table, plan, levels[m.name], bias.get(m.name)) for m in metrics}


def _groups(decided: Mapping[str, Decided], plan: VerdictPlan) -> dict[str, tuple[GroupVerdict, ...]]:
    """The tested groups of prompts by metric name; each family has an error rate of its own."""
    out: dict[str, tuple[GroupVerdict, ...]] = {}
    for name in WITH_GROUPS:
        members = {n: d.groups for n, d in decided.items() if d.groups and family(d.verdict.metric) == name}
        out |= tested(members, plan)
    return out


def _screen(decided: Mapping[str, Decided], plan: VerdictPlan) -> dict[str, Decided]:
    """The screening list: Benjamini-Hochberg on the primary metrics that can be measured."""
    out = dict(decided)
    names = [n for n, j in decided.items() if j.verdict.verdict not in (None, Verdict.NOT_MEASURABLE)]
    evidence = [e.p_regressed if (e := decided[n].verdict.estimate) else 1.0 for n in names]
    listed = multiplicity.benjamini_hochberg(evidence, SCREEN_FDR)
    for name, hit in zip(names, listed, strict=True):
        old = decided[name].verdict
        if hit and old.verdict is Verdict.INCONCLUSIVE:
            new = replace(
                old, verdict=Verdict.REGRESSED, severity="detected", flags=(*old.flags, "screening-list"),
                scope=Scope.PROMPTS,
            )  # fmt: skip
            out[name] = replace(decided[name], verdict=new)
    return out


def _dimensions(verdicts: Collection[MetricVerdict], not_run: Mapping[Dimension, str]) -> tuple[DimensionVerdict, ...]:
    """The verdict of every dimension with a primary metric of answers, or with a reason why it was not run.

    Reasoning traces have separate verdicts.
    """
    primary = [v for v in verdicts if v.metric.role is Role.PRIMARY and v.metric.part is Part.ANSWER]
    dimensions = []
    for dimension in in_order([*(v.metric.dimension for v in primary), *not_run]):
        if metrics := [v for v in primary if v.metric.dimension is dimension]:
            dimensions.append(dimension_verdict(dimension, metrics))
        else:
            reason = f"not run: {not_run[dimension]}"
            dimensions.append(DimensionVerdict(dimension, Verdict.NOT_MEASURABLE, "", reason))
    return tuple(dimensions)


def guarantees(plan: VerdictPlan, verdicts: Collection[MetricVerdict]) -> tuple[str, ...]:
    """The error rates that this audit's verdicts guarantee, and their conditions."""
    level = f"{100 * plan.alpha:g} %"
    if plan.profile == "screen":
        rate = f"{100 * SCREEN_FDR:g} %"
        return (f"Screening list at a false discovery rate of {rate}: candidates for review, not verdicts.",)
    statements = [
        f"G1: the probability of any false regression of a trust metric or group of prompts, or of any false "
        f"preservation of a trust metric, is at most {level} per audit. An audit of a candidate that is not worse is "
        f"therefore REGRESSED with a probability of at most {level}.",
        f"G2: the probability of any false improvement of a trust metric is at most {level} per audit.",
    ]
    statements += own_dimensions(plan, [v.metric for v in verdicts])
    statements += extended_dimensions(plan, [v.metric for v in verdicts])
    if plan.scopes.estimand == "benchmark":
        prompts = "claims are about exactly these prompts and do not generalise to others"
    else:
        prompts = (
            "both hold on these prompts, where only generation noise counts, and beyond them, where prompts are a "
            "sample of their stratum"
        )
    primary = [v for v in verdicts if v.metric.role is Role.PRIMARY]
    labelled = any("labelled" in v.flags for v in primary)
    judged = [v.metric.name for v in primary if v.metric.judged and "labelled" not in v.flags]
    scores = "scores are correct" + (", human labels among them" if labelled else "")
    if judged:
        scores += ", or correct as judged" + (f" ({', '.join(judged)})" if labelled else " without human labels")
    statements.append(
        f"Conditions: responses to different prompts are independent; {prompts}; {scores}; missing responses are "
        "imputed against every claim. The levels are asymptotic: with clusters the measured error rate of a bound is "
        "up to 2.2 times its nominal one."
    )
    return tuple(statements)


def own_dimensions(plan: VerdictPlan, metrics: Sequence[Metric]) -> list[str]:
    """How dimensions of the user's own share the level of the trust dimensions; nothing without any."""
    sharing = in_order(m.dimension for m in metrics if m.role is Role.PRIMARY and family(m) == "trust")
    own = [d.value for d in sharing if d.own]
    if not own:
        return []
    level = 100 * (1 - GROUP_SHARE) * plan.alpha / len(sharing)
    return [
        f"Own dimensions ({', '.join(own)}) count as trust dimensions: G1 and G2 cover them, and all {len(sharing)} "
        f"audited ones share the level equally ({level:.3g} % each), so that each further one needs more prompts in "
        "every other."
    ]


def extended_dimensions(plan: VerdictPlan, metrics: Sequence[Metric]) -> list[str]:
    """The level of the extended dimensions, which is apart from that of the six; nothing without any."""
    sharing = in_order(m.dimension for m in metrics if m.role is Role.PRIMARY and family(m) == "extended")
    if not sharing:
        return []
    names = ", ".join(d.value for d in sharing)
    return [
        f"Extended dimensions ({names}): G1 and G2 hold for them too, at {100 * plan.alpha:g} % of their own, which "
        "they share equally. They take nothing from the other dimensions and do not enter the overall verdict."
    ]


def _notes(verdicts: Collection[MetricVerdict], plan: VerdictPlan) -> tuple[str, ...]:
    """Limits of the guarantees in this audit."""
    flags = {flag for v in verdicts for flag in v.flags}
    notes = []
    if "as-judged" in flags and "labelled" in flags:
        named = ", ".join(v.metric.name for v in verdicts if "as-judged" in v.flags and v.metric.role is Role.PRIMARY)
        if named:
            notes.append(f"As judged, with margins scaled by {plan.youden:g}: {named}.")
    elif "as-judged" in flags:
        notes.append(
            f"Judged metrics have no human labels: margins are scaled by {plan.youden:g}, claims hold as judged."
        )
    if "few-clusters" in flags:
        notes.append(
            f"Metrics with fewer than {plan.scopes.min_clusters} clusters, or a dominant one, are about these prompts "
            "only."
        )
    return tuple(notes)
