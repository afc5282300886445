"""Audits of organisms whose truth is known: false alarms, coverage, order by dose, sequential against fixed.

Run: python benchmarks_perf/organism_audits.py POOLS --null MODEL... --series FOLDER... [--audits N] [--write PAGE]
     python benchmarks_perf/organism_audits.py POOLS --check RUN      (does a real run folder decide alike?)

POOLS holds every model's scored responses to all held-out questions (organism_pools.py): real responses, scored by the
audit's own scorers. One audit draws anew: its sample of prompts (whole clusters, by the audit's own sampler), for each
prompt which of the pool's draws each model gives, and the order of the looks. Estimates, levels, looks, stopping and
verdicts are the package's own code. In a null audit both models are the same one and get different draws. The truth of
a metric is its difference over the whole pool, strata weighted alike. Audits already in POOLS/audits are not repeated.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from organism_pools import NOT_ASKED, SERIES, WORLD, Known, Pool, World, load, name_of
from organism_report import graded_report, null_report
from pages import rewrite

from trustdelta import config as configs
from trustdelta.benchmarks.sample import sample
from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.pipeline.assemble import stratum_sizes
from trustdelta.pipeline.looks import Looks
from trustdelta.pipeline.plans import base_plan, sequential_plan
from trustdelta.pipeline.respond import Requests
from trustdelta.records import Arm, Better, Json, Metric, Role
from trustdelta.stats.table import OUTCOMES, PromptColumns, ScoreColumns, ScoreTable
from trustdelta.store import Store
from trustdelta.verdict import Decision, decide

NULL, GRADED = "null audits", "graded series"

Bools = NDArray[np.bool_]


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
                for series in range(len(SERIES)):
                    outcome = pool.outcome_SPD[series, at, take_P]
                    there = np.flatnonzero(outcome != NOT_ASKED)
                    value = pool.value_SPD[series, at, take_P]
                    fill = np.full(there.size, 1)
                    parts.append((there, arm * fill, draw * fill, series * fill, value[there], outcome[there]))
        prompt, arms, draws, series_R, values, outcomes = (np.concatenate(c) for c in zip(*parts, strict=True))
        reason = np.zeros(prompt.size, dtype=np.int64)
        rows = ScoreColumns(prompt, arms, draws, series_R, values, outcomes, reason, SERIES)
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
        return decide(self.metrics, self.table(np.ones(self.rows.prompt.size, dtype=bool)), base_plan(self.config))

    def in_looks(self) -> tuple[Decision, float, dict[str, Json]]:
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
        self.kept: dict[str, Json] = {}

    def meta(self, key: str) -> Json:
        """What was kept under `key`, or None."""
        return self.kept.get(key)

    def set_meta(self, key: str, value: Json) -> None:
        """Keep a value."""
        self.kept[key] = value


class Looked(Looks):
    """The audit's looks over scores that are there already; `asked_PD`: what of the candidate was asked for."""

    def __init__(self, store: Store, requests: Requests, taken: Sample) -> None:
        super().__init__(store, requests)
        self.taken = taken
        self.asked_PD = np.zeros((len(taken.prompts), taken.config.draws), dtype=bool)

    def decide(self, *, composite: bool = False) -> Decision:
        """Verdicts after the looks so far; at the end with what the composite tests said."""
        plan = sequential_plan(self.config, self.requests.benchmarks, self.state)
        if set(self.state["stops"]) < {g.name for g in self.groups}:
            plan = replace(plan, composite=composite, composite_found={})
        return decide(self.taken.metrics, self.taken.table(self.taken.answered(self.asked_PD)), plan)


def chosen(world: World, config: AuditConfig) -> NDArray[np.int64]:
    """Places in the world of the prompts that the audit's own sampler takes."""
    place = {p.id: i for i, p in enumerate(world.prompts)}
    found = []
    for name, benchmark in world.benchmarks.items():
        own = [p for p in world.prompts if p.benchmark == name]
        sizes = stratum_sizes(benchmark, {p.stratum for p in own}, config.prompts_per_metric or len(own))
        found += [place[p.id] for p in sample(own, sizes, config.seed)]
    return np.array(found)


def settings(baseline: str, candidate: str, seed: int, per_metric: int) -> AuditConfig:
    """One audit of the world, one draw of each model."""
    return AuditConfig(
        baseline=ModelConfig(source=baseline),
        candidate=ModelConfig(source=candidate),
        benchmarks=WORLD,
        prompts_per_metric=per_metric,
        seed=seed,
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
        taken = Sample.take(world, settings(*models, seed, per_metric), pools, np.stack([first, second])[..., None])
        decision, cost, _ = taken.in_looks()
        yield {"seed": seed, "fixed": described(taken.fixed()), "sequential": described(decision), "cost": cost}


def kept(folder: Path, models: tuple[str, str], count: int, per_metric: int, world: World) -> list[Json]:
    """The audits of one pair, from the folder where they are there already."""
    file = folder / "audits" / f"{name_of(models[0])}--{name_of(models[1])}-{per_metric}.jsonl"
    if file.exists() and len(lines := file.read_text(encoding="utf-8").splitlines()) >= count:
        return [json.loads(line) for line in lines[:count]]
    draws = 2 if models[0] == models[1] else 1
    pools = load(folder, models[0], draws), load(folder, models[1], draws)
    found = list(audits(world, models, pools, range(count), per_metric))
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps(a) + "\n" for a in found), encoding="utf-8")
    sys.stderr.write(f"{file.name}: {count} audits\n")
    return found


def truth(world: World, pools: tuple[Pool, Pool]) -> dict[str, float]:
    """Worsening of every primary metric over the whole pools: strata weighted alike, as audits sample them."""
    found = {}
    for benchmark in world.benchmarks.values():
        for metric in (m for m in benchmark.metrics if m.role is Role.PRIMARY):
            series = SERIES.index((metric.scorer, metric.part))
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


def check(world: World, folder: Path) -> str:
    """Decide a real run again from its own scores: verdicts, intervals and stops must be those it wrote."""
    with Store(folder, write=False) as store:
        config = configs.load(folder / "config.yaml")
        place = {p.id: i for i, p in enumerate(world.prompts)}
        shape = (len(SERIES), len(world.prompts), max(config.draws, config.baseline_draws))
        pools = tuple(Pool(np.full(shape, np.nan), np.full(shape, NOT_ASKED, dtype=np.int64)) for _ in Arm)
        for s in store.scores():
            pool = pools[s.arm is Arm.CANDIDATE]
            at = SERIES.index((s.scorer, s.part)), place[s.prompt_id], s.draw
            pool.value_SPD[at] = np.nan if s.value is None else s.value
            pool.outcome_SPD[at] = OUTCOMES.index(s.outcome)
        stops = store.meta("looks")
    identity = np.broadcast_to(np.arange(shape[2]), (2, *shape[1:]))
    decision, _, found = Sample.take(world, config, (pools[0], pools[1]), identity).in_looks()
    said = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    wrote: Mapping[str, Json] = {v["metric"]["name"]: v["verdict"] for v in said["metrics"]}
    mine = {v.metric.name: v.verdict and v.verdict.value for v in decision.metrics}
    assert mine == wrote, (mine, wrote)
    assert found == stops, (found, stops)
    return f"{folder}: {len(mine)} metrics and {len(stops['stops'])} stops decided alike\n"


def members(folders: list[Path]) -> dict[str, Json]:
    """The cards of series members by folder, those that are finished, by name of base, seed and dose."""
    found = {str(f): json.loads((f / "card.json").read_text(encoding="utf-8")) for f in folders}
    return dict(sorted(found.items(), key=lambda kv: (kv[1]["base"], kv[1]["seed"], kv[1]["dose"])))


def main() -> None:
    """Simulate what is asked for, and print (or write) the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pools", type=Path)
    parser.add_argument("--null", nargs="*", default=[], metavar="MODEL")
    parser.add_argument("--series", nargs="*", default=[], type=Path, metavar="FOLDER")
    parser.add_argument("--audits", type=int, default=200, help="null audits of each model")
    parser.add_argument("--series-audits", type=int, default=40, help="audits of each member of a series")
    parser.add_argument("--prompts", type=int, nargs="+", default=[200], help="prompts for each metric, several sizes")
    parser.add_argument("--check", type=Path, metavar="RUN")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    given = parser.parse_args()
    world = World.load()
    if given.check:
        sys.stdout.write(check(world, given.check))
        return
    tables = {NULL: _null_lines(given, world), GRADED: _graded_lines(given, world)}
    for section, lines in tables.items():
        sys.stdout.write("\n".join(lines) + "\n")
        if given.write and lines:
            rewrite(given.write, section, "\n".join(lines))


def _null_lines(given: argparse.Namespace, world: World) -> list[str]:
    pairs = [(m, n) for m in given.null for n in given.prompts]
    return null_report({(name_of(m), n): kept(given.pools, (m, m), given.audits, n, world) for m, n in pairs})


def _graded_lines(given: argparse.Namespace, world: World) -> list[str]:
    lines = []
    for n in given.prompts:
        rows = []
        for folder, card in members(given.series).items():
            base = f"organism:{card['base']}"
            true = truth(world, (load(given.pools, base, 1), load(given.pools, folder, 1)))
            rows.append((card, true, kept(given.pools, (base, folder), given.series_audits, n, world)))
        lines += graded_report(rows, n)
    return lines


if __name__ == "__main__":
    main()
