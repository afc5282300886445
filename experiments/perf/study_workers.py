"""Where a study on many workers stops getting faster: a simulation from measured task times, and 2 workers against 1.

Run: python experiments/perf/study_workers.py [--pairs 512] [--write docs/studies.md]
     RAY/bin/python experiments/perf/study_workers.py --real        efficiency of 2 workers against 1 on this machine

A small study is run in this process. The times of its tasks (one batch of one model) and of the driver's own work (all
that is neither generation nor loading of models: rendering, storing, scoring, deciding) are measured. Then pairs are
simulated on W workers:

- `--at-once` times W pairs are under way together, one batch of each; the second table has few pairs on many workers,
  with one batch of each under way and with as many as there is room for;
- a free worker takes the task that waits longest, of whatever pair; models are always loaded;
- the driver's work is serial: every task waits for its share of it after its batch, every pair for its end;
- task times are drawn from the measured ones, times 1 (miniatures), 100 and 1,000 (real models). The driver's are as
  measured, though larger pairs would store longer texts.

Efficiency is the generation time of all tasks over W times the simulated time. What binds: the driver where it is busy
for more than nine tenths of the time, else the workers (which is as it should be), else that too few batches may be
asked for at once.
"""

from __future__ import annotations

import argparse
import heapq
import math
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from pages import rewrite

from trustdelta.config import AuditConfig
from trustdelta.engines.base import Engine, Wrapper
from trustdelta.pipeline.run import OpenEngine
from trustdelta.records import Arm, Request, Response
from trustdelta.study.plan import PairSpec, Study
from trustdelta.study.run import run_study

WORKERS = (8, 16, 32, 64, 128, 256, 512)
SCALES = (1, 100, 1000)
TOGETHER = 4
"""Pairs under way at once on the real cluster."""


@dataclass(frozen=True, slots=True)
class Load:
    """Pairs of so many batches, how many pairs are under way together, and how many batches of each."""

    pairs: int
    batches: int
    at_once: int
    in_flight: int = 1


FEW = Load(pairs=12, batches=80, at_once=12)
"""A study as most are: a dozen pairs, some ten thousand responses of each model."""
CONVERSIONS = ("sft", "rl", "distill", "sft-replay5", "sft-forgetting", "sft-planted-toxicity")


@dataclass(slots=True)
class Measured:
    """Seconds of every task, tasks of every pair, and the driver's seconds in all."""

    tasks: list[float] = field(default_factory=list)
    pairs: int = 0
    driver: float = 0.0

    @property
    def per_pair(self) -> int:
        """Tasks of one pair."""
        return max(1, round(len(self.tasks) / self.pairs))


class Timed(Wrapper):
    """An engine whose batches are timed."""

    def __init__(self, engine: Engine, measured: Measured) -> None:
        super().__init__(engine)
        self.measured = measured

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """As the inner engine, timed."""
        began = time.perf_counter()
        responses = self.engine.generate(batch)
        self.measured.tasks.append(time.perf_counter() - began)
        return responses


def small_study() -> Study:
    """Six conversions of each of two baselines, without drift."""
    pairs = [
        PairSpec.model_validate(
            {
                "name": f"{c}{s}",
                "baseline": {"source": f"organism:instruct{s}"},
                "candidate": {"source": f"organism:{c}{s}"},
            }
        )
        for s in ("", "-s1")
        for c in CONVERSIONS
    ]
    settings = {"prompts_per_metric": 80, "drift": False, "design": "fixed"}
    return Study(benchmarks=("world_safety", "world_ethics"), settings=settings, pairs=tuple(pairs))


def measure(out: Path) -> Measured:
    """Run the small study in this process and time its parts."""
    found = Measured()

    loading = 0.0

    def through(opener: OpenEngine) -> OpenEngine:
        def opened(config: AuditConfig, arm: Arm) -> Engine:
            nonlocal loading
            began = time.perf_counter()
            engine = Timed(opener(config, arm), found)
            loading += time.perf_counter() - began
            return engine

        return opened

    study = small_study()
    began = time.perf_counter()
    if failed := run_study(study, out, through=through).failed:
        raise SystemExit(str(failed))
    found.pairs = len(study.pairs)
    found.driver = time.perf_counter() - began - sum(found.tasks) - loading
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """One simulated run: seconds, efficiency, and the busy share of the driver."""

    seconds: float
    efficiency: float
    driver: float

    @property
    def binds(self) -> str:
        """What keeps it from being faster."""
        if self.driver > 0.9:
            return "driver"
        return "workers" if self.efficiency > 0.9 else "too few batches"

    @property
    def said(self) -> str:
        """A cell of the table."""
        return f"{100 * self.efficiency:.0f} %, {self.binds}"


def simulate(found: Measured, load: Load, workers: int, scale: float) -> Outcome:
    """Event by event: tasks wait for a worker, then for the driver, then their pair goes on."""
    rng = np.random.default_rng([workers, round(scale)])
    tasks_PT = rng.choice(np.asarray(found.tasks), size=(load.pairs, load.batches)) * scale
    share = found.driver / len(found.tasks)
    width = min(load.in_flight, load.batches)
    begun = min(load.at_once, load.pairs)
    ready = deque(pair for pair in range(begun) for _ in range(width))
    sent, done = [0] * load.pairs, [0] * load.pairs
    driver_free, driver_busy, now, free = 0.0, 0.0, 0.0, workers
    events: list[tuple[float, int, int]] = []
    while ready or events:
        while ready and free:
            pair = ready.popleft()
            free -= 1
            heapq.heappush(events, (now + float(tasks_PT[pair, sent[pair]]), 0, pair))
            sent[pair] += 1
        now, kind, pair = heapq.heappop(events)
        if kind == 0:  # a batch is there: its worker is free, and it waits for the driver
            free += 1
            driver_free = max(driver_free, now) + share
            driver_busy += share
            heapq.heappush(events, (driver_free, 1, pair))
            continue
        done[pair] += 1
        if sent[pair] + ready.count(pair) < load.batches:
            ready.append(pair)
        elif done[pair] == load.batches and begun < load.pairs:
            ready.extend([begun] * width)
            begun += 1
    return Outcome(now, float(tasks_PT.sum()) / (workers * now), driver_busy / now)


def table(found: Measured, pairs: int, at_once: float) -> str:
    """The page's lines: what was measured, then a row for each number of workers."""
    mean, share = float(np.mean(found.tasks)), found.driver / len(found.tasks)
    lines = [
        f"Measured: {len(found.tasks)} tasks of {found.pairs} pairs, {1000 * mean:.0f} ms each (128 responses); the "
        f"driver {1000 * share:.0f} ms for each. Simulated: {pairs:,} pairs, {at_once:g} under way for each worker.",
        "",
        "| workers | " + " | ".join(f"tasks of {mean * s:.3g} s: efficiency, what binds" for s in SCALES) + " |",
        "|---" * (1 + len(SCALES)) + "|",
    ]
    for workers in WORKERS:
        load = Load(pairs, found.per_pair, max(1, round(at_once * workers)))
        cells = [simulate(found, load, workers, scale).said for scale in SCALES]
        lines.append(f"| {workers} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *few_pairs(found, SCALES[-1])]) + "\n"


def few_pairs(found: Measured, scale: float) -> list[str]:
    """Lines of the second table: what one batch of each pair leaves idle, and what several make of it."""
    lines = [
        f"Few pairs: {FEW.pairs} of {FEW.batches} batches of {np.mean(found.tasks) * scale:.3g} s, all under way.",
        "",
        "| workers | one batch of each pair | as many as there is room for |",
        "|---|---|---|",
    ]
    for workers in WORKERS:
        wide = replace(FEW, in_flight=max(1, math.ceil(workers / FEW.pairs)))
        cells = [simulate(found, load, workers, scale).said for load in (FEW, wide)]
        lines.append(f"| {workers} | " + " | ".join(cells) + " |")
    return lines


def real(out: Path) -> str:
    """The small study on Ray with one worker and with two, on this machine; needs Ray."""
    from ray.cluster_utils import Cluster as Nodes

    from trustdelta.study.cluster import Cluster

    seconds = {}
    for workers in (1, 2):
        nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": workers})
        try:
            with Cluster(nodes.address, together=TOGETHER) as cluster:
                for warm in (True, False):
                    began = time.perf_counter()
                    study, folder = small_study(), out / f"{workers}-{warm}"
                    run_study(study, folder, through=cluster.through, at_once=TOGETHER)
                    seconds[workers] = time.perf_counter() - began
        finally:
            nodes.shutdown()
    return (
        f"Ray on this machine: {seconds[1]:.1f} s with one worker, {seconds[2]:.1f} s with two: efficiency "
        f"{100 * seconds[1] / (2 * seconds[2]):.0f} % (two cores, which the driver shares with the workers).\n"
    )


def main() -> None:
    """Measure, simulate, print; or run on Ray."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=2048)
    parser.add_argument("--at-once", type=float, default=2.0)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--write", type=Path, help="Page whose part between the marks `study_workers` is replaced.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        text = real(Path(name)) if given.real else table(measure(Path(name)), given.pairs, given.at_once)
    sys.stdout.write(text)
    if given.write:
        rewrite(given.write, "study_workers", text)


if __name__ == "__main__":
    main()
