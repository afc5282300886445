"""What an audit would ask, cost and see, before any model runs: from prompts, plan and perhaps an earlier run."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from trustdelta.config import AuditConfig
from trustdelta.engines.base import MAX_BATCH_TOKENS
from trustdelta.errors import UsageError
from trustdelta.pipeline.assemble import assemble
from trustdelta.pipeline.conclude import read_verdict
from trustdelta.pipeline.groups import Group, Pool, groups_of
from trustdelta.pipeline.hardware import Needs, needs, sampling_of_files
from trustdelta.pipeline.plans import alphas, base_plan
from trustdelta.pipeline.respond import Requests
from trustdelta.pipeline.task import Task, counts
from trustdelta.records import Arm, Better, Components, Metric, MetricVerdict, content_hash
from trustdelta.stats.forecast import Signal, standard_error, stopping_looks
from trustdelta.stats.margins import DOUBLING_FLOOR, guards_doubling, margin_of
from trustdelta.stats.planning import TYPICAL, detectable_effect, per_prompt, prompts_needed, rare_floor
from trustdelta.store import Store

AUDITS = 2000
"""Simulated audits behind an expected cost."""

BYTES_PER_TOKEN = 4
"""UTF-8 bytes that a token of a prompt is taken to stand for."""

SHARED = 0.02
"""Intra-cluster correlation of the difference that is assumed where nothing is known of it."""

MIN_CLUSTERS = 12


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the asker adds to the configuration.

    `effect`: worsening that shall be found, as a share of a metric's bound (None: each metric's margin). `base_rate`:
    which of the typical variance components are assumed. `run`: an earlier run whose own are used instead, with its
    tokens and speed. `throughput`: tokens per second of either model.
    """

    effect: float | None = None
    base_rate: float = 0.17
    run: Path | None = None
    throughput: float | None = None


@dataclass(frozen=True, slots=True)
class MetricForecast:
    """What one metric with a verdict could see; `detectable`, `margin` and `effect` in the metric's units.

    `needed`: prompts with which `effect` is found with 80 % probability. `margin_if_rare` and `needed_if_rare`: the
    audit's margin, and the prompts that a worsening of its size needs, where the baseline turns out to do hardly any
    harm; the same as `margin` where an earlier run gave the baseline's rate. `decided_if_unchanged` and
    `found_if_worse`: simulated chances of a claim with nothing changed, and worse by `effect`.
    """

    metric: str
    dimension: str
    prompts: int
    clusters: int
    draws_candidate: int
    draws_baseline: int
    alpha: float
    margin: float
    effect: float
    detectable: float
    needed: int
    margin_if_rare: float
    needed_if_rare: int
    decided_if_unchanged: float
    found_if_worse: float
    design_effect: float
    components: str


@dataclass(frozen=True, slots=True)
class ModelForecast:
    """What one model would be asked: `tokens_most` if every response filled its budget, `tokens` as expected.

    `tokens` and `hours` are None where nothing says what they would be. `sampling`: what it draws with, and why.
    """

    model: str
    responses: int
    prompt_tokens: int
    tokens_most: int
    tokens: int | None
    hours: float | None
    hours_most: float | None
    speed: str
    sampling: str
    needs: Needs


@dataclass(frozen=True, slots=True)
class Forecast:
    """The whole: `cost_*` are expected candidate responses as a share of the whole design's."""

    prompts: int
    benchmarks: Mapping[str, int]
    """Prompts by benchmark."""
    not_run: int
    """Benchmarks that were asked for and cannot be run; `notes` say why."""
    models: Mapping[str, ModelForecast]
    metrics: tuple[MetricForecast, ...]
    design: str
    cost_if_unchanged: float
    cost_if_worse: float
    responses_most: int
    simulated: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier run tells: metrics by name, mean completion tokens by arm and benchmark, tokens per second."""

    metrics: Mapping[str, MetricVerdict] = field(default_factory=dict)
    tokens: Mapping[tuple[Arm, str], float] = field(default_factory=dict)
    speed: Mapping[Arm, float] = field(default_factory=dict)


def forecast(config: AuditConfig, wishes: Wishes) -> Forecast:
    """Plan an audit: no model is run or downloaded, and no run folder is written.

    Benchmark data are downloaded as the audit would. Raises DataError where no benchmark can be run.
    """
    if wishes.base_rate not in TYPICAL:
        known = ", ".join(f"{rate:g}" for rate in TYPICAL)
        raise UsageError(f"--base-rate: found {wishes.base_rate:g}, wanted one of {known}.")
    task = assemble(config)
    past = Past() if wishes.run is None else earlier(wishes.run)
    pool = Pool(config, task.prompts, groups_of(task.benchmarks))
    sizes = _Sizes(config, task, pool, alphas(config.statistics, task.benchmarks), past, wishes)
    found, costs = sizes.metrics()
    most = sum(config.generation.draws_of(Arm.CANDIDATE, p.benchmark) for p in task.prompts)
    return Forecast(
        prompts=len(task.prompts),
        benchmarks=dict(Counter(p.benchmark for p in task.prompts)),
        not_run=len(task.not_run),
        models=models_forecast(config, task, wishes, past),
        metrics=found,
        design=config.statistics.design if config.sequential else "fixed",
        cost_if_unchanged=costs[0],
        cost_if_worse=costs[1],
        responses_most=most,
        simulated=AUDITS if config.sequential else 0,
        notes=task.notes,
    )


def earlier(folder: Path) -> Past:
    """What an earlier run measured; raises FolderError where it is not finished."""
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
    """Everything that a metric's forecast rests on."""

    config: AuditConfig
    task: Task
    pool: Pool
    levels: Mapping[str, float]
    past: Past
    wishes: Wishes

    def metrics(self) -> tuple[tuple[MetricForecast, ...], tuple[float, float]]:
        """Every metric with a verdict, and the expected share of the design's responses unchanged and worse."""
        found: list[MetricForecast] = []
        asked = np.zeros(2)
        last = len(self.pool.schedule.looks) - 1
        for group in self.pool.groups:
            plain, whole = [self._one(m) for m in group.metrics], len(list(self.pool.asked(group, last)))
            claims = []
            for scenario, worse in enumerate((False, True)):
                share, chances = self._simulate(group, plain, worse=worse)
                asked[scenario] += share * whole
                claims.append(chances)
            found += [
                replace(m, decided_if_unchanged=float(a), found_if_worse=float(b))
                for m, a, b in zip(plain, *claims, strict=True)
            ]
        aside = len([p for p in self.task.prompts if not any(g.wants(p) for g in self.pool.groups)])
        total = sum(len(list(self.pool.asked(g, last))) for g in self.pool.groups) + aside
        unchanged, worse_share = (asked + aside) / max(total, 1)
        return tuple(found), (float(unchanged), float(worse_share))

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
        effect = margin if self.wishes.effect is None else self.wishes.effect * metric.bound
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
        )

    def _margins(self, metric: Metric) -> tuple[float, float]:
        """The margin, and what "no more than doubled" leaves of it at the earlier run's rate of harm (none: 0)."""
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
        """The metric's variance components and where they come from."""
        known = self.past.metrics.get(metric.name)
        if known is not None and known.components is not None and not math.isnan(known.components.total):
            return completed(known.components, known), "the earlier run"
        assumed = TYPICAL[self.wishes.base_rate]
        shared = Components(assumed.between, assumed.candidate, assumed.baseline, SHARED * per_prompt(assumed, 1, 1))
        return shared, f"typical of a rate of {100 * self.wishes.base_rate:g} %"

    def _simulate(self, group: Group, found: Sequence[MetricForecast], *, worse: bool) -> tuple[float, np.ndarray]:
        """Expected share of the group's responses, and each metric's chance of a claim."""
        by_name = {m.name: m for m in group.metrics}
        signals = []
        for m in found:
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
        asked_L = np.array([len(list(self.pool.asked(group, look))) for look in looks], dtype=float)
        return float(asked_L[stop_A].mean() / max(asked_L[-1], 1)), chances


def completed(parts: Components, known: MetricVerdict) -> Components:
    """Components, what single draws left unknown taken as alike in both arms, or as the usual share of the whole."""
    draws = (known.estimate.draws_candidate, known.estimate.draws_baseline) if known.estimate else (1.0, 1.0)
    seen = [v for v in (parts.candidate, parts.baseline) if not math.isnan(v)]
    noise = seen[0] if seen else 0.75 * parts.total / (1 / draws[0] + 1 / draws[1])
    candidate, baseline = (noise if math.isnan(v) else v for v in (parts.candidate, parts.baseline))
    between = parts.between
    if math.isnan(between):
        between = max(parts.total - candidate / draws[0] - baseline / draws[1], 0.0)
    return Components(between, candidate, baseline, parts.cluster, parts.total)


def _design_effect(parts: Components, sizes: Iterable[int]) -> float:
    """1 + (m_w - 1) rho, with m_w the size of a prompt's cluster on average over prompts."""
    m = np.array(list(sizes), dtype=float)
    total = parts.total if not math.isnan(parts.total) else per_prompt(parts, 1, 1)
    shared = 0.0 if math.isnan(parts.cluster) else parts.cluster
    return float(1 + (np.sum(m * m) / np.sum(m) - 1) * shared / total) if total > 0 else 1.0


def _floor_effect(n: int, alpha: float) -> float:
    """Smallest margin that n prompts without any difference could still hold: the inverse of the rare floor."""
    z2 = rare_floor(0.5, alpha)
    return z2 / (n + z2)


def models_forecast(
    config: AuditConfig, task: Task, wishes: Wishes, past: Past | None = None
) -> dict[str, ModelForecast]:
    """What either model would be asked and need, by arm."""
    return {arm.value: _model(config, task, arm, past or Past(), wishes) for arm in Arm}


def _model(config: AuditConfig, task: Task, arm: Arm, past: Past, wishes: Wishes) -> ModelForecast:
    """One model's work at the whole design."""
    requests = Requests(config, task.prompts, task.benchmarks)
    model = config.model(arm.value)
    draws = {p.id: config.generation.draws_of(arm, p.benchmark) for p in task.prompts}
    length = {
        p.id: sum(len(m.content.encode("utf-8", "replace")) for m in p.messages) // BYTES_PER_TOKEN
        for p in task.prompts
    }
    most = sum(requests.budget(p) * draws[p.id] for p in task.prompts)
    means = [past.tokens.get((arm, p.benchmark)) for p in task.prompts]
    known = all(v is not None for v in means)
    tokens = round(sum((v or 0.0) * draws[p.id] for v, p in zip(means, task.prompts, strict=True))) if known else None
    speed = wishes.throughput or past.speed.get(arm)
    source = "declared" if wishes.throughput else "measured in the earlier run"
    longest = max((length[p.id] + requests.budget(p) for p in task.prompts), default=0)
    return ModelForecast(
        model=model.source,
        responses=0 if model.recorded else sum(draws.values()),
        prompt_tokens=sum(length[p.id] * draws[p.id] for p in task.prompts),
        tokens_most=0 if model.recorded else most,
        tokens=tokens,
        hours=tokens / speed / 3600 if speed and tokens is not None else None,
        hours_most=most / speed / 3600 if speed else None,
        speed=f"{speed:,.0f} tokens per second, {source}" if speed else "not known; declare it or name an earlier run",
        sampling=sampling_of_files(model),
        needs=needs(model, min(config.generation.batch_size * longest, MAX_BATCH_TOKENS)),
    )
