"""Asking in looks: the candidate is asked only for what undecided metrics still need.

Engines that are light are both open, and the baseline is asked along; a heavy baseline answers the whole pool first.
Metrics of one benchmark that share a stratum form a group and stop together, so that no metric's interval ever rests on
responses from after its stopping look. All groups take their looks in step, or, under a budget, the group whose claim
is nearest for its cost takes the next one.
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
    """Ask the candidate look by look until every group is decided, futile or exhausted; a resumed run goes on.

    Where the baseline's engine is given too, it is asked along; otherwise it has answered the whole pool before.
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
    """The looks that an audit has taken, kept in its store after each of them.

    `state`: `done`, looks taken by group; `stops`, by group the look (from 0) and why it stopped.
    """

    store: Store
    requests: Requests
    state: State = field(init=False)
    groups: list[Group] = field(init=False)
    pool: Pool = field(init=False)
    decision: Decision | None = field(init=False, default=None)

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
        """Prompts that no metric with a verdict counts; under a budget they are not asked."""
        if self.config.statistics.budget is not None:
            return []
        least = self.config.generation.benchmark_draws
        rest = [p for p in self.requests.prompts if not any(g.wants(p) for g in self.groups)]
        return [(p, d) for p in rest for d in range(least.get(p.benchmark, 1))]

    def done(self, group: Group) -> int:
        """Looks that a group has taken."""
        return self.state["done"].get(group.name, 0)

    def fresh(self, chosen: Sequence[Group]) -> list[Draw]:
        """Prompts and draws that the next look of these groups needs and that no look has asked for."""
        asked = {_key(x) for g in self.groups for x in self.pool.asked(g, self.done(g) - 1)}
        found: list[Draw] = []
        for group in chosen:
            new = [x for x in self.pool.asked(group, self.done(group)) if _key(x) not in asked]
            asked |= {_key(x) for x in new}
            found += new
        return found

    def next(self) -> list[Group]:
        """The groups that take their next look now; empty where there is nothing left to do."""
        going = [g for g in self.groups if g.name not in self.state["stops"]]
        if self.config.statistics.budget is None or not going:
            return going
        spent = len({_key(x) for g in self.groups for x in self.pool.asked(g, self.done(g) - 1)})
        cost = {g.name: len(self.fresh([g])) for g in going}
        affordable = [g for g in going if spent + cost[g.name] <= self.config.statistics.budget]
        return (
            [max(affordable, key=lambda g: (self.gain(g) / max(cost[g.name], 1), -cost[g.name]))] if affordable else []
        )

    def gain(self, group: Group) -> float:
        """The predictive probability that the group ends in a claim; before its first look every group is served."""
        if not self.done(group):
            return float("inf")
        self.decision = self.decision or self.decide()
        verdicts = {v.metric.name: v for v in self.decision.metrics}
        levels = alphas(self.config.statistics, self.requests.benchmarks)
        found = [verdicts[m.name] for m in group.metrics]
        return claim_probability(found, self.pool.schedule, self.done(group) - 1, levels)

    def decide(self) -> Decision:
        """Verdicts after the looks so far: every group at the level of its own last look."""
        metrics = [m for b in self.requests.benchmarks.values() for m in b.metrics]
        table = ScoreTable.build(self.pool.in_order(self.store.prompts()), self.store.scores())
        return decide(metrics, table, sequential_plan(self.config, self.requests.benchmarks, self.state))

    def take(self, chosen: Sequence[Group]) -> None:
        """Count the look that these groups have just been asked for, and stop those that need no other."""
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
        """What the next look of these groups is called."""
        look = f"look {self.done(chosen[0]) + 1} of {len(self.pool.schedule.looks)}"
        return look if self.config.statistics.budget is None else f"{chosen[0].name}, {look}"

    def end(self) -> None:
        """Stop whoever the budget left undecided, and record what the whole design could have asked for."""
        for group in self.groups:
            self.state["stops"].setdefault(group.name, {"look": self.done(group) - 1, "why": "budget"})
        self.store.put(LOOKS, self.state)
        last = len(self.pool.schedule.looks) - 1
        pooled = {_key(x) for g in self.groups for x in self.pool.asked(g, last)}
        self.store.put(CANDIDATE_PLANNED, len(self.aside) + len(pooled))


def ask(
    store: Store, engines: Engines, requests: Requests, fresh: Sequence[Draw], stage: str, progress: Progress
) -> None:
    """Put prompts and draws to the candidate, and new prompts to the baseline where it is asked along."""
    for arm in Arm:
        if arm in engines and (wanted := wanted_of(arm, engines[arm], requests, fresh)):
            fill(store, arm, engines[arm], wanted, f"{arm.value}, {stage}", progress)


def wanted_of(arm: Arm, engine: Engine, requests: Requests, fresh: Sequence[Draw]) -> list[Request]:
    """What one model is asked for these prompts and the candidate's draws: the baseline has draws of its own."""
    if arm is Arm.CANDIDATE:
        return [requests.one(arm, p, d) for p, d in fresh]
    first = [p for p, d in fresh if d == 0]
    return [requests.one(arm, p, d) for p in first for d in range(requests.draws(arm, p, engine))]


def first_look(store: Store, arm: Arm, engine: Engine, requests: Requests) -> list[Request]:
    """What one model is asked first, in any case; changes nothing."""
    looks = Looks(store, requests)
    return wanted_of(arm, engine, requests, looks.fresh(looks.next()) or looks.aside)


def _key(draw: Draw) -> Key:
    return draw[0].id, draw[1]
