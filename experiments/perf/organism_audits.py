"""Audits of organisms whose truth is known: false alarms, coverage, order by dose, sequential against fixed.

Run: python experiments/perf/organism_audits.py POOLS --null MODEL... --series FOLDER... [--audits N] [--write PAGE]
     python experiments/perf/organism_audits.py POOLS --check RUN      (does a real run folder decide alike?)

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
from collections.abc import Mapping
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from experiments.reproduce.pools import NOT_ASKED, SERIES, Pool, World, load, name_of
from experiments.reproduce.resample import Sample, audits, truth
from organism_report import graded_report, null_report
from pages import rewrite

from trustdelta import config as configs
from trustdelta.records import Arm, Json
from trustdelta.records.state import LOOKS
from trustdelta.stats.table import OUTCOMES
from trustdelta.store import Store

NULL, GRADED = "null audits", "graded series"


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


def check(world: World, folder: Path) -> str:
    """Decide a real run again from its own scores: verdicts, intervals and stops must be those it wrote."""
    with Store(folder, write=False) as store:
        config = configs.load(folder / "config.yaml")
        place = {p.id: i for i, p in enumerate(world.prompts)}
        shape = (len(SERIES), len(world.prompts), max(config.generation.draws, config.generation.baseline_draws))
        pools = tuple(Pool(np.full(shape, np.nan), np.full(shape, NOT_ASKED, dtype=np.int64)) for _ in Arm)
        for s in store.scores():
            pool = pools[s.arm is Arm.CANDIDATE]
            at = SERIES.index((s.scorer, s.part)), place[s.prompt_id], s.draw
            pool.value_SPD[at] = np.nan if s.value is None else s.value
            pool.outcome_SPD[at] = OUTCOMES.index(s.outcome)
        stops = store.get(LOOKS)
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
