"""Audits drawn from pools: their prompts, draws and looks are drawn anew, all that decides is the audit's own code.

One audit draws its sample of prompts (whole clusters, by the audit's own sampler), for each prompt which of the pool's
draws each model gives, and the order of the looks. Estimates, levels, looks, stopping and verdicts are those of any
audit. Where both models are one, they get different draws. The truth of a metric is its difference over the whole pool,
strata weighted alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from experiments.reproduce.pools import NOT_ASKED, Known, Pool, World, name_of
from trustdelta.benchmarks.shared.sample import sample
from trustdelta.config import AuditConfig, DataSettings, GenerationSettings, ModelConfig
from trustdelta.pipeline.assemble import stratum_sizes
from trustdelta.pipeline.looks import Looks
from trustdelta.pipeline.plans import base_plan, sequential_plan
from trustdelta.pipeline.respond import Requests
from trustdelta.records import Better, Json, Metric, Role
from trustdelta.records.state import Key
from trustdelta.records.state import Looks as State
from trustdelta.stats.table import PromptColumns, ScoreColumns, ScoreTable
from trustdelta.store import Store
from trustdelta.verdict import Decision, decide

Bools = NDArray[np.bool_]
T = TypeVar("T")


@dataclass(frozen=True)
class Sample:
    """One audit's prompts and the scores that both models would give: rows of (prompt, arm, draw, series)."""

    world: World
    config: AuditConfig
    prompts: list[Known]
    columns: PromptColumns
    rows: ScoreColumns

    @classmethod
    def take(cls, world: World, config: AuditConfig, pools: tuple[Pool, Pool], given_PD: NDArray[np.int64]) -> Sample:
        """The prompts of `config`; `given_PD` (arm, place, draw) says which of the pool's draws is which of theirs."""
        at = chosen(world, config)
        prompts = [world.prompts[i] for i in at]
        parts = []
        for arm, pool in enumerate(pools):
            for draw in range(given_PD.shape[2]):
                take_P = given_PD[arm, at, draw]
                for series in range(len(world.series)):
                    outcome = pool.outcome_SPD[series, at, take_P]
                    there = np.flatnonzero(outcome != NOT_ASKED)
                    value = pool.value_SPD[series, at, take_P]
                    fill = np.full(there.size, 1)
                    parts.append((there, arm * fill, draw * fill, series * fill, value[there], outcome[there]))
        prompt, arms, draws, series_R, values, outcomes = (np.concatenate(c) for c in zip(*parts, strict=True))
        reason = np.zeros(prompt.size, dtype=np.int64)
        rows = ScoreColumns(prompt, arms, draws, series_R, values, outcomes, reason, world.series)
        return cls(world, config, prompts, PromptColumns.build(prompts), rows)

    @property
    def metrics(self) -> list[Metric]:
        """Every metric of the world."""
        return [m for b in self.world.benchmarks.values() for m in b.metrics]

    def table(self, keep_R: Bools) -> ScoreTable:
        """The rows kept, as the audit's verdicts read them."""
        columns = ("prompt", "arm", "draw", "series", "value", "outcome", "reason")
        return ScoreTable.of(self.columns, replace(self.rows, **{c: getattr(self.rows, c)[keep_R] for c in columns}))

    def fixed(self) -> Decision:
        """Everything is asked, one look."""
        return decide(
            self.metrics, self.table(np.ones(self.rows.prompt.size, dtype=bool)), base_plan(self.config.statistics)
        )

    def in_looks(self) -> tuple[Decision, float, State]:
        """The audit's own sequential design: its verdicts, the share of the candidate's responses asked, its looks."""
        looks = Looked(Notebook(), Requests(self.config, self.prompts, self.world.benchmarks), self)
        place = {p.id: i for i, p in enumerate(self.prompts)}
        for prompt, draw in looks.aside:
            looks.asked_PD[place[prompt.id], draw] = True
        while chosen := looks.next():
            for prompt, draw in looks.fresh(chosen):
                looks.asked_PD[place[prompt.id], draw] = True
            looks.take(chosen)
        looks.end()
        return looks.decide(), float(looks.asked_PD.mean()), looks.state

    def answered(self, asked_PD: Bools) -> Bools:
        """The rows there are: the candidate's that were asked, and the baseline's of prompts that were."""
        r = self.rows
        draw = np.minimum(r.draw, asked_PD.shape[1] - 1)
        candidate = (r.arm == 1) & (r.draw < asked_PD.shape[1]) & asked_PD[r.prompt, draw]
        return np.asarray(candidate | ((r.arm == 0) & asked_PD[r.prompt, 0]))


class Notebook(Store):
    """What looks keep in a store, in memory."""

    def __init__(self) -> None:
        self.values: dict[str, Json] = {}

    def get(self, key: Key[T]) -> T:
        """The value of a key, or its empty value."""
        value: T = self.values.get(key.name, key.empty())
        return value

    def put(self, key: Key[T], value: T) -> None:
        """Keep a value."""
        self.values[key.name] = value


class Looked(Looks):
    """The audit's looks over scores that are there already; `asked_PD`: what of the candidate was asked for."""

    def __init__(self, store: Store, requests: Requests, taken: Sample) -> None:
        super().__init__(store, requests)
        self.taken = taken
        self.asked_PD = np.zeros((len(taken.prompts), taken.config.generation.draws), dtype=bool)

    def decide(self) -> Decision:
        """Verdicts after the looks so far."""
        plan = sequential_plan(self.config, self.requests.benchmarks, self.state)
        return decide(self.taken.metrics, self.taken.table(self.taken.answered(self.asked_PD)), plan)


def chosen(world: World, config: AuditConfig) -> NDArray[np.int64]:
    """Places in the world of the prompts that the audit's own sampler takes."""
    place = {p.id: i for i, p in enumerate(world.prompts)}
    found = []
    for name, benchmark in world.benchmarks.items():
        own = [p for p in world.prompts if p.benchmark == name]
        sizes = stratum_sizes(benchmark, {p.stratum for p in own}, config.data.prompts_per_metric or len(own))
        found += [place[p.id] for p in sample(own, sizes, config.generation.seed)]
    return np.array(found)


def settings(world: World, models: tuple[str, str], seed: int, per_metric: int) -> AuditConfig:
    """One audit of the world, one draw of each model."""
    baseline, candidate = models
    return AuditConfig(
        baseline=ModelConfig(source=baseline),
        candidate=ModelConfig(source=candidate),
        data=DataSettings(benchmarks=tuple(world.benchmarks), prompts_per_metric=per_metric),
        generation=GenerationSettings(seed=seed),
    )


def described(decision: Decision) -> Json:
    """What is kept of the verdicts of one audit."""
    primary = [v for v in decision.metrics if v.verdict is not None]
    return {
        "overall": decision.overall.value,
        "metrics": {
            v.metric.name: {"verdict": v.verdict.value if v.verdict else "", "margin": v.margin}
            | (
                {k: getattr(v.estimate, k) for k in ("worsening", "low", "high", "low_95", "high_95")}
                if v.estimate
                else {}
            )
            for v in primary
        },
    }


def audits(
    world: World, models: tuple[str, str], pools: tuple[Pool, Pool], seeds: range, per_metric: int
) -> Iterator[Json]:
    """Resampled audits of one pair; where both models are one, they get different draws."""
    same = models[0] == models[1]
    for seed in seeds:
        rng = np.random.default_rng([seed, *(ord(c) for c in "".join(map(name_of, models)))])
        order_APD = [np.argsort(rng.random((len(world.prompts), p.draws)), axis=1) for p in pools]
        first, second = order_APD[0][:, 0], order_APD[0][:, 1] if same else order_APD[1][:, 0]
        taken = Sample.take(
            world, settings(world, models, seed, per_metric), pools, np.stack([first, second])[..., None]
        )
        decision, cost, _ = taken.in_looks()
        yield {"seed": seed, "fixed": described(taken.fixed()), "sequential": described(decision), "cost": cost}


def truth(world: World, pools: tuple[Pool, Pool]) -> dict[str, float]:
    """Worsening of every primary metric over the whole pools: strata weighted alike, as audits sample them."""
    found = {}
    for benchmark in world.benchmarks.values():
        for metric in (m for m in benchmark.metrics if m.role is Role.PRIMARY):
            series = world.series.index((metric.scorer, metric.part))
            with np.errstate(invalid="ignore"):
                means = [_draw_mean(p.value_SPD[series]) for p in pools]
            sign = -1.0 if metric.better is Better.HIGHER else 1.0
            strata = []
            for stratum in metric.strata:
                of = np.array([p.benchmark == metric.benchmark and p.stratum == stratum for p in world.prompts])
                strata.append(np.nanmean(sign * (means[1] - means[0])[of]))
            found[metric.name] = float(np.mean(strata))
    return found


def _draw_mean(value_PD: NDArray[np.float64]) -> NDArray[np.float64]:
    count = (~np.isnan(value_PD)).sum(axis=1)
    return np.where(count > 0, np.nansum(value_PD, axis=1) / np.maximum(count, 1), np.nan)
