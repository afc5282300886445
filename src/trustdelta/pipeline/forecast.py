"""Estimates prompts, tokens, time, memory and power of an audit before any model runs."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trustdelta.config import AuditConfig
from trustdelta.errors import UsageError
from trustdelta.pipeline.assemble import assemble
from trustdelta.pipeline.conclude import read_verdict
from trustdelta.pipeline.forecast_models import ModelForecast, Past, PlanOptions, models_forecast
from trustdelta.pipeline.groups import Group, Pool, groups_of
from trustdelta.pipeline.hardware import advice
from trustdelta.pipeline.plans import alphas, base_plan
from trustdelta.pipeline.task import Task, counts
from trustdelta.records import Arm, Better, Components, Metric, MetricVerdict, content_hash
from trustdelta.stats.forecast import Signal, standard_error, stopping_looks
from trustdelta.stats.margins import guards_doubling, margin_of
from trustdelta.stats.planning import (
    TYPICAL,
    detectable_effect,
    labels_needed,
    per_prompt,
    prompts_needed,
    rare_floor,
)
from trustdelta.stats.verdict_rule import DOUBLING_FLOOR
from trustdelta.store import Store
from trustdelta.verdict import own_dimensions

AUDITS = 2000
"""Simulated audits behind an expected cost."""

SHARED = 0.02
"""Assumed intra-cluster correlation of the difference where it is unknown."""

MIN_CLUSTERS = 12


@dataclass(frozen=True, slots=True)
class MetricForecast:
    """Power of one primary metric."""

    metric: str
    """Name of the metric."""
    dimension: str
    """Dimension of the metric."""
    prompts: int
    """Number of prompts."""
    clusters: int
    """Number of clusters."""
    draws_candidate: int
    """Samples per prompt of the candidate."""
    draws_baseline: int
    """Samples per prompt of the baseline."""
    alpha: float
    """Per-tail level."""
    margin: float
    """Margin, in the metric's units."""
    effect: float
    """Worsening to be detected, in the metric's units."""
    detectable: float
    """Smallest worsening that is detected with 80 % power, in the metric's units."""
    needed: int
    """Prompts that detect `effect` with 80 % power."""
    margin_if_rare: float
    """Margin where the baseline's rate of harm is near 0, or the known rate of an earlier run."""
    needed_if_rare: int
    """Prompts that detect a worsening of `margin_if_rare` with 80 % power."""
    decided_if_unchanged: float
    """Simulated probability of a claim where nothing changed."""
    found_if_worse: float
    """Simulated probability of a claim where the candidate is worse by `effect`."""
    design_effect: float
    """Factor by which clusters increase the variance."""
    components: str
    """Source of the variance components."""
    labels: int = 0
    """Labelled pairs that bound the judge's bias within `effect` with 80 % power; 0 where no judge scores."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The estimate of an audit."""

    prompts: int
    """Number of prompts."""
    benchmarks: Mapping[str, int]
    """Number of prompts by benchmark."""
    not_run: int
    """Number of configured benchmarks that cannot be run; `notes` state the reasons."""
    models: Mapping[str, ModelForecast]
    """Estimates by model (baseline, candidate)."""
    metrics: tuple[MetricForecast, ...]
    """Estimates by primary metric."""
    design: str
    """Design: fixed or sequential."""
    cost_if_unchanged: float
    """Expected candidate responses, as a share of the whole design, where nothing changed."""
    cost_if_worse: float
    """The same where the candidate is worse by the effect."""
    responses_most: int
    """Candidate responses of the whole design."""
    simulated: int
    """Number of simulated audits; 0 for the fixed design."""
    notes: tuple[str, ...]
    """Remarks of the task."""
    advice: tuple[str, ...] = ()
    """What would make the audit faster on this machine."""


def forecast(config: AuditConfig, options: PlanOptions) -> Forecast:
    """Estimate an audit: no model is run or downloaded, and no run folder is written.

    Benchmark data are downloaded as the audit would. Raises DataError where no benchmark can be run.
    """
    if options.base_rate not in TYPICAL:
        known = ", ".join(f"{rate:g}" for rate in TYPICAL)
        raise UsageError(f"--base-rate: found {options.base_rate:g}, wanted one of {known}.")
    task = assemble(config)
    past = Past() if options.run is None else earlier(options.run)
    pool = Pool(config, task.prompts, groups_of(task.benchmarks))
    sizes = _Sizes(config, task, pool, alphas(config.statistics, task.benchmarks), past, options)
    metrics, costs = sizes.metrics()
    measured = [m for b in task.benchmarks.values() for m in b.metrics]
    most = sum(config.generation.draws_of(Arm.CANDIDATE, p.benchmark) for p in task.prompts)
    models = models_forecast(config, task, options, past)
    return Forecast(
        prompts=len(task.prompts),
        benchmarks=dict(Counter(p.benchmark for p in task.prompts)),
        not_run=len(task.not_run),
        models=models,
        metrics=metrics,
        design=config.statistics.design if config.sequential else "fixed",
        cost_if_unchanged=costs[0],
        cost_if_worse=costs[1],
        responses_most=most,
        simulated=AUDITS if config.sequential else 0,
        notes=(*task.notes, *own_dimensions(base_plan(config.statistics), measured)),
        advice=tuple(advice((config.baseline, config.candidate), [m.needs.dtype for m in models.values()])),
    )


def earlier(folder: Path) -> Past:
    """Measurements of an earlier run; raises FolderError where it is not finished."""
    result = read_verdict(folder)
    tokens: dict[tuple[Arm, str], list[int]] = defaultdict(list)
    seconds: dict[Arm, float] = defaultdict(float)
    with Store(folder, write=False) as store:
        store.check_prompts()
        benchmark = {p.id: p.benchmark for p in store.prompts()}
        for arm in Arm:
            for r in store.responses(arm):
                tokens[arm, benchmark[r.prompt_id]].append(r.completion_tokens)
                seconds[arm] += r.seconds
    written = {arm: sum(sum(v) for (a, _), v in tokens.items() if a is arm) for arm in Arm}
    return Past(
        {m.metric.name: m for m in result.metrics},
        {key: sum(v) / len(v) for key, v in tokens.items() if any(v)},
        {arm: written[arm] / seconds[arm] for arm in Arm if seconds[arm] > 0 and written[arm]},
    )


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Inputs of the metrics' estimates."""

    config: AuditConfig
    task: Task
    pool: Pool
    levels: Mapping[str, float]
    """Per-tail level by metric."""
    past: Past
    options: PlanOptions

    def metrics(self) -> tuple[tuple[MetricForecast, ...], tuple[float, float]]:
        """Every primary metric, and the expected shares of the design's responses: unchanged, and worse."""
        metrics: list[MetricForecast] = []
        expected = np.zeros(2)
        last = len(self.pool.schedule.looks) - 1
        for group in self.pool.groups:
            plain, whole = [self._one(m) for m in group.metrics], len(list(self.pool.draws_through(group, last)))
            claims = []
            for scenario, worse in enumerate((False, True)):
                share, chances = self._simulate(group, plain, worse=worse)
                expected[scenario] += share * whole
                claims.append(chances)
            metrics += [
                replace(m, decided_if_unchanged=float(a), found_if_worse=float(b))
                for m, a, b in zip(plain, *claims, strict=True)
            ]
        aside = len([p for p in self.task.prompts if not any(g.includes(p) for g in self.pool.groups)])
        total = sum(len(list(self.pool.draws_through(g, last))) for g in self.pool.groups) + aside
        unchanged, worse_share = (expected + aside) / max(total, 1)
        return tuple(metrics), (float(unchanged), float(worse_share))

    def _one(self, metric: Metric) -> MetricForecast:
        prompts = [p for p in self.task.prompts if counts(metric, p)]
        sizes = Counter(p.cluster or p.id for p in prompts)
        parts, basis = self._components(metric)
        draws_of = self.config.generation.draws_of
        k = [max((draws_of(arm, p.benchmark) for p in prompts), default=1) for arm in (Arm.CANDIDATE, Arm.BASELINE)]
        n, span, alpha = len(prompts), (2.0 if metric.signed else 1.0) * metric.bound, self.levels[metric.name]
        deff = _design_effect(parts, sizes.values()) if len(sizes) >= MIN_CLUSTERS else 1.0
        variance = per_prompt(parts, k[0], k[1])
        margin, rare = self._margins(metric)
        effect = margin if self.options.effect is None else self.options.effect * metric.bound
        seen = max(detectable_effect(variance, max(n, 1), alpha, deff=deff), _floor_effect(n, alpha))
        return MetricForecast(
            metric=metric.name,
            dimension=metric.dimension.value,
            prompts=n,
            clusters=len(sizes),
            draws_candidate=k[0],
            draws_baseline=k[1],
            alpha=alpha,
            margin=margin,
            effect=effect,
            detectable=min(seen, 1.0) * span,
            needed=prompts_needed(variance, effect / span, alpha, deff=deff),
            margin_if_rare=rare,
            needed_if_rare=prompts_needed(variance, rare / span, alpha, deff=deff),
            decided_if_unchanged=0.0,
            found_if_worse=0.0,
            design_effect=deff,
            components=basis,
            labels=labels_needed(min(effect / span, 0.99), alpha) if metric.judged else 0,
        )

    def _margins(self, metric: Metric) -> tuple[float, float]:
        """The margin, and its limit by the doubling rule at the earlier run's rate of harm (unknown: 0)."""
        plan = base_plan(self.config.statistics)
        margin = margin_of(metric, plan, checked=False)
        if not guards_doubling(metric, plan, signed=metric.signed):
            return margin, margin
        known = self.past.metrics.get(metric.name)
        harm = 0.0
        if known is not None and known.estimate is not None:
            level = known.estimate.baseline
            harm = level if metric.better is Better.LOWER else metric.bound - level
        return margin, min(margin, harm + DOUBLING_FLOOR * metric.bound)

    def _components(self, metric: Metric) -> tuple[Components, str]:
        """The metric's variance components and their source."""
        known = self.past.metrics.get(metric.name)
        if known is not None and known.components is not None and not math.isnan(known.components.total):
            return completed(known.components, known), "the earlier run"
        assumed = TYPICAL[self.options.base_rate]
        shared = Components(assumed.between, assumed.candidate, assumed.baseline, SHARED * per_prompt(assumed, 1, 1))
        return shared, f"typical of a rate of {100 * self.options.base_rate:g} %"

    def _simulate(self, group: Group, forecasts: Sequence[MetricForecast], *, worse: bool) -> tuple[float, np.ndarray]:
        """Expected share of the group's responses, and each metric's probability of a claim."""
        by_name = {m.name: m for m in group.metrics}
        signals = []
        for m in forecasts:
            metric = by_name[m.metric]
            span = (2.0 if metric.signed else 1.0) * metric.bound
            variance = per_prompt(self._components(metric)[0], m.draws_candidate, m.draws_baseline)
            error = standard_error(variance, m.prompts, m.design_effect)
            signals.append(Signal(m.effect / span if worse else 0.0, m.margin / span, error, m.alpha))
        seed = content_hash([self.config.generation.seed, "forecast", group.name, worse])
        rng = np.random.default_rng(int(seed[:16], 16))
        stop_A, chances = stopping_looks(signals, self.pool.schedule, AUDITS, rng)
        if not self.config.sequential:
            return 1.0, chances
        looks = range(len(self.pool.schedule.looks))
        draws_L = np.array([len(list(self.pool.draws_through(group, look))) for look in looks], dtype=float)
        return float(draws_L[stop_A].mean() / max(draws_L[-1], 1)), chances


def completed(parts: Components, known: MetricVerdict) -> Components:
    """Components with unknown within-prompt variances replaced by the other model's, or by their typical share."""
    draws = (known.estimate.draws_candidate, known.estimate.draws_baseline) if known.estimate else (1.0, 1.0)
    seen = [v for v in (parts.candidate, parts.baseline) if not math.isnan(v)]
    noise = seen[0] if seen else 0.75 * parts.total / (1 / draws[0] + 1 / draws[1])
    candidate, baseline = (noise if math.isnan(v) else v for v in (parts.candidate, parts.baseline))
    between = parts.between
    if math.isnan(between):
        between = max(parts.total - candidate / draws[0] - baseline / draws[1], 0.0)
    return Components(between, candidate, baseline, parts.cluster, parts.total)


def _design_effect(parts: Components, sizes: Iterable[int]) -> float:
    """1 + (m_w - 1) rho, with m_w the cluster size averaged over prompts."""
    m = np.array(list(sizes), dtype=float)
    total = parts.total if not math.isnan(parts.total) else per_prompt(parts, 1, 1)
    shared = 0.0 if math.isnan(parts.cluster) else parts.cluster
    return float(1 + (np.sum(m * m) / np.sum(m) - 1) * shared / total) if total > 0 else 1.0


def _floor_effect(n: int, alpha: float) -> float:
    """Smallest margin that n prompts without any difference can satisfy: the inverse of the rare floor."""
    z2 = rare_floor(0.5, alpha)
    return z2 / (n + z2)
