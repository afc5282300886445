"""Groups of metrics that share prompts, the order of their prompts, and the sample size at each look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig
from trustdelta.pipeline.task import by_benchmark
from trustdelta.records import Metric, Prompt, Role, content_hash
from trustdelta.stats.sequential import (
    POOL_LOOKS,
    Look,
    Schedule,
    look_sizes,
    prompt_order,
    standard_looks,
)


@dataclass(frozen=True, slots=True)
class Group:
    """Metrics of one benchmark that share strata."""

    name: str
    """Name of the first metric."""
    benchmark: str
    """Benchmark of all metrics."""
    strata: frozenset[str] | None
    """Strata of the metrics; None means all prompts of the benchmark."""
    metrics: tuple[Metric, ...]
    """Primary metrics, which stop together."""

    def includes(self, prompt: Prompt) -> bool:
        """Whether a prompt counts for this group."""
        return prompt.benchmark == self.benchmark and (self.strata is None or prompt.stratum in self.strata)


class Pool:
    """Every group's prompts in sampling order, and the number of prompts at each look."""

    def __init__(self, config: AuditConfig, prompts: Sequence[Prompt], groups: Sequence[Group]) -> None:
        self.schedule = schedule_of(config)
        self.groups = groups
        self.least_draws = config.generation.benchmark_draws
        self.order: dict[str, list[Prompt]] = {}
        self.sizes: dict[str, list[int]] = {}
        own = by_benchmark(prompts)
        for group in groups:
            members = [p for p in own.get(group.benchmark, ()) if group.includes(p)]
            cluster_P = _codes([p.cluster or p.id for p in members])
            rng = np.random.default_rng(int(content_hash([config.generation.seed, "pool", group.name])[:16], 16))
            order_P = prompt_order(cluster_P, _codes([p.stratum for p in members]), rng)
            self.order[group.name] = [members[i] for i in order_P]
            self.sizes[group.name] = look_sizes(cluster_P[order_P], self.schedule.looks)

    def draws_through(self, group: Group, look: int) -> Iterator[tuple[Prompt, int]]:
        """Prompts and draws of one group up to and including one look; none before the first (-1)."""
        if look < 0:
            return
        draws = max(self.schedule.looks[look].draws, self.least_draws.get(group.benchmark, 1))
        for prompt in self.order[group.name][: self.sizes[group.name][look]]:
            for draw in range(draws):
                yield prompt, draw

    def in_order(self, prompts: Sequence[Prompt]) -> list[Prompt]:
        """All prompts, those of groups in sampling order."""
        place = {p.id: i for group in self.groups for i, p in enumerate(self.order[group.name])}
        return sorted(prompts, key=lambda p: place.get(p.id, 0))


def schedule_of(config: AuditConfig) -> Schedule:
    """The looks of an audit; with the anytime design all draws of a prompt belong to one look."""
    anytime = tuple(Look(fraction, config.generation.draws) for fraction in POOL_LOOKS)
    return Schedule(
        looks=anytime if config.statistics.design == "anytime" else standard_looks(config.generation.draws),
        futility=0.0 if config.statistics.design == "anytime" else config.statistics.futility,
    )


def groups_of(benchmarks: Mapping[str, Benchmark]) -> list[Group]:
    """Primary metrics, grouped where they share strata of their benchmark."""
    groups = []
    for name, benchmark in benchmarks.items():
        rest = [m for m in benchmark.metrics if m.role is Role.PRIMARY]
        while rest:
            members = [rest.pop(0)]
            strata = _strata(members)
            while linked := [m for m in rest if strata is None or not m.strata or strata & set(m.strata)]:
                members += linked
                rest = [m for m in rest if m not in linked]
                strata = _strata(members)
            groups.append(Group(members[0].name, name, strata, tuple(members)))
    return groups


def _strata(metrics: Sequence[Metric]) -> frozenset[str] | None:
    if any(not m.strata for m in metrics):
        return None
    return frozenset(s for m in metrics for s in m.strata)


def _codes(names: Sequence[str]) -> NDArray[np.int64]:
    return np.unique(np.array(names, dtype=str), return_inverse=True)[1].astype(np.int64)
