"""The statistical plan of the verdicts, from the configuration and the looks that were done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig, StatisticsSettings
from trustdelta.pipeline.groups import groups_of, schedule_of
from trustdelta.pipeline.scoring.judge_bias import judge_biases
from trustdelta.pipeline.scoring.judges import judges_of, seconds
from trustdelta.records.state import LOOKS, Looks, Stop
from trustdelta.stats.plan import VerdictPlan, metric_alphas
from trustdelta.stats.scopes import ScopeRule
from trustdelta.stats.verdict_rule import MissingLimits
from trustdelta.store import Store

STOPS = {"decided": "", "final": "", "futile": "futility", "budget": "budget-stopped"}
"""Reason code of an inconclusive metric, by the reason why its group stopped."""

NOT_STOPPED = Stop(look=0, why="final")


def base_plan(statistics: StatisticsSettings) -> VerdictPlan:
    """The plan that follows from the configuration alone."""
    return VerdictPlan(
        profile=statistics.rule,
        alpha=statistics.alpha,
        scopes=ScopeRule(statistics.estimand),
        limits=MissingLimits(**statistics.limits.model_dump()),
        youden=statistics.youden,
        margins=dict(statistics.margins),
        effects=dict(statistics.effects),
    )


def fixed_plan(config: AuditConfig, benchmarks: Mapping[str, Benchmark]) -> VerdictPlan:
    """The plan of a single analysis, with the judges of the metrics and their biases."""
    metrics = [m for b in benchmarks.values() for m in b.metrics]
    return replace(
        base_plan(config.statistics),
        second=seconds(benchmarks, judges_of(config.judges)),
        judge_bias=judge_biases(metrics, config.statistics.judge_bias or {}),
    )


def sequential_plan(config: AuditConfig, benchmarks: Mapping[str, Benchmark], state: Looks) -> VerdictPlan:
    """The plan after the looks of `state`: each metric has the repeated confidence interval of its last look."""
    groups = groups_of(benchmarks)
    look = {m.name: state["done"].get(g.name, 0) - 1 for g in groups for m in g.metrics}
    why = {m.name: STOPS[state["stops"].get(g.name, NOT_STOPPED)["why"]] for g in groups for m in g.metrics}
    anytime = config.statistics.design == "anytime"
    return replace(
        fixed_plan(config, benchmarks),
        interim=True,
        anytime=anytime,
        schedule=schedule_of(config),
        look={} if anytime else {name: at for name, at in look.items() if at >= 0},
        stopped={name: code for name, code in why.items() if code},
    )


def final_plan(store: Store, config: AuditConfig, benchmarks: Mapping[str, Benchmark]) -> VerdictPlan:
    """The plan of the final verdicts: fixed, or each metric at its stopping look."""
    if not store.has(LOOKS):
        return fixed_plan(config, benchmarks)
    return sequential_plan(config, benchmarks, store.get(LOOKS))


def alphas(statistics: StatisticsSettings, benchmarks: Mapping[str, Benchmark]) -> dict[str, float]:
    """Per-tail level of every metric."""
    return metric_alphas([m for b in benchmarks.values() for m in b.metrics], base_plan(statistics))
