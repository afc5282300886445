"""Group-sequential sampling: the candidate generates only the responses that undecided metrics still need.

A look is an interim analysis. With light engines both models generate look by look; a heavy baseline generates its
whole pool first. Metrics of one benchmark that share a stratum form a group and stop together, so that no interval uses
responses from after its stopping look. All groups look at the same time; under a budget, only the group with the
highest chance of a claim for its cost does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trustdelta.config import AuditConfig
from trustdelta.engines.base import Engine
from trustdelta.pipeline.groups import Group, Pool, groups_of
from trustdelta.pipeline.plans import alphas, sequential_plan
from trustdelta.pipeline.respond import Requests, fill
from trustdelta.pipeline.scoring.panel import Panel
from trustdelta.progress import Progress
from trustdelta.records import Arm, Prompt, Request
from trustdelta.records.state import CANDIDATE_PLANNED, LOOKS
from trustdelta.records.state import Looks as State
from trustdelta.stats.sequential import claim_probability
from trustdelta.stats.table import ScoreTable
from trustdelta.store import Store
from trustdelta.verdict import Decision, decide

Engines = Mapping[Arm, Engine]
Draw = tuple[Prompt, int]
Key = tuple[str, int]


def respond_in_looks(store: Store, engines: Engines, requests: Requests, panel: Panel, progress: Progress) -> None:
    """Generate responses look by look until every group is decided, futile or exhausted; a resumed run continues.

    The baseline generates too where `engines` has its engine; otherwise its whole pool is already stored.
    """
    looks = Looks(store, requests)
    ask(store, engines, requests, looks.aside, "prompts without a verdict", progress)
    while chosen := looks.next():
        ask(store, engines, requests, looks.fresh(chosen), looks.named(chosen), progress)
        panel.score(requests.benchmarks, progress)
        looks.take(chosen)
    looks.end()


@dataclass
class Looks:
    """Interim analyses of an audit; the state is stored after each of them."""

    store: Store
    """Store of the run."""
    requests: Requests
    """Requests of the audit."""
    state: State = field(init=False)
    """Looks done by group, and for each stopped group its last look (from 0) and reason."""
    groups: list[Group] = field(init=False)
    """Groups of primary metrics."""
    pool: Pool = field(init=False)
    """Prompts of each group in order."""
    decision: Decision | None = field(init=False, default=None)
    """Verdicts after the last look; None before the first."""

    def __post_init__(self) -> None:
        self.groups = groups_of(self.requests.benchmarks)
        self.pool = Pool(self.config, self.requests.prompts, self.groups)
        self.state = self.store.get(LOOKS)

    @property
    def config(self) -> AuditConfig:
        """The audit's configuration."""
        return self.requests.config

    @property
    def aside(self) -> list[Draw]:
        """Prompts that no primary metric uses; they are not sent under a budget."""
        if self.config.statistics.budget is not None:
            return []
        least = self.config.generation.benchmark_draws
        rest = [p for p in self.requests.prompts if not any(g.includes(p) for g in self.groups)]
        return [(p, d) for p in rest for d in range(least.get(p.benchmark, 1))]

    def done(self, group: Group) -> int:
        """Number of looks that a group has done."""
        return self.state["done"].get(group.name, 0)

    def fresh(self, chosen: Sequence[Group]) -> list[Draw]:
        """Prompts and draws that the next look of these groups needs and that no earlier look used."""
        scheduled = {_key(x) for g in self.groups for x in self.pool.draws_through(g, self.done(g) - 1)}
        draws: list[Draw] = []
        for group in chosen:
            new = [x for x in self.pool.draws_through(group, self.done(group)) if _key(x) not in scheduled]
            scheduled |= {_key(x) for x in new}
            draws += new
        return draws

    def next(self) -> list[Group]:
        """The groups that look next; empty where every group has stopped."""
        going = [g for g in self.groups if g.name not in self.state["stops"]]
        if self.config.statistics.budget is None or not going:
            return going
        spent = len({_key(x) for g in self.groups for x in self.pool.draws_through(g, self.done(g) - 1)})
        cost = {g.name: len(self.fresh([g])) for g in going}
        affordable = [g for g in going if spent + cost[g.name] <= self.config.statistics.budget]
        return (
            [max(affordable, key=lambda g: (self.gain(g) / max(cost[g.name], 1), -cost[g.name]))] if affordable else []
        )

    def gain(self, group: Group) -> float:
        """The predictive probability that the group ends in a claim; infinite before its first look."""
        if not self.done(group):
            return float("inf")
        self.decision = self.decision or self.decide()
        verdicts = {v.metric.name: v for v in self.decision.metrics}
        levels = alphas(self.config.statistics, self.requests.benchmarks)
        group_verdicts = [verdicts[m.name] for m in group.metrics]
        return claim_probability(group_verdicts, self.pool.schedule, self.done(group) - 1, levels)

    def decide(self) -> Decision:
        """Verdicts after the looks so far, each group at the level of its last look."""
        metrics = [m for b in self.requests.benchmarks.values() for m in b.metrics]
        table = ScoreTable.build(self.pool.in_order(self.store.prompts()), self.store.scores())
        return decide(metrics, table, sequential_plan(self.config, self.requests.benchmarks, self.state))

    def take(self, chosen: Sequence[Group]) -> None:
        """Count the look that these groups have just done, and stop the groups that need no further look."""
        for group in chosen:
            self.state["done"][group.name] = self.done(group) + 1
        self.decision = self.decide()
        verdicts = {v.metric.name: v for v in self.decision.metrics}
        levels = alphas(self.config.statistics, self.requests.benchmarks)
        for group in chosen:
            look = self.done(group) - 1
            steps = {self.pool.schedule.step(verdicts[m.name], look, levels[m.name]) for m in group.metrics}
            if "continue" not in steps:
                why = next(s for s in ("futile", "final", "decided") if s in steps)
                self.state["stops"][group.name] = {"look": look, "why": why}
        self.store.put(LOOKS, self.state)

    def named(self, chosen: Sequence[Group]) -> str:
        """Name of the next look of these groups, for progress."""
        look = f"interim analysis {self.done(chosen[0]) + 1} of {len(self.pool.schedule.looks)}"
        return look if self.config.statistics.budget is None else f"{chosen[0].name}, {look}"

    def end(self) -> None:
        """Stop the groups that the budget left undecided, and record the number of responses of the whole design."""
        for group in self.groups:
            self.state["stops"].setdefault(group.name, {"look": self.done(group) - 1, "why": "budget"})
        self.store.put(LOOKS, self.state)
        last = len(self.pool.schedule.looks) - 1
        pooled = {_key(x) for g in self.groups for x in self.pool.draws_through(g, last)}
        self.store.put(CANDIDATE_PLANNED, len(self.aside) + len(pooled))


def ask(
    store: Store, engines: Engines, requests: Requests, fresh: Sequence[Draw], stage: str, progress: Progress
) -> None:
    """Generate draws of the candidate, and those of new prompts of the baseline where its engine is open."""
    for arm in Arm:
        if arm in engines and (queue := requests_for(arm, engines[arm], requests, fresh)):
            fill(store, arm, engines[arm], queue, f"{arm.value}, {stage}", progress)


def requests_for(arm: Arm, engine: Engine, requests: Requests, fresh: Sequence[Draw]) -> list[Request]:
    """One model's requests for draws of the candidate; the baseline's number of draws differs."""
    if arm is Arm.CANDIDATE:
        return [requests.one(arm, p, d) for p, d in fresh]
    first = [p for p, d in fresh if d == 0]
    return [requests.one(arm, p, d) for p in first for d in range(requests.draws(arm, p, engine))]


def first_look(store: Store, arm: Arm, engine: Engine, requests: Requests) -> list[Request]:
    """Requests of one model at the first look; changes no state."""
    looks = Looks(store, requests)
    return requests_for(arm, engine, requests, looks.fresh(looks.next()) or looks.aside)


def _key(draw: Draw) -> Key:
    return draw[0].id, draw[1]
