"""Audits of the organisms of the extended dimensions: how often each is regressed, and in which dimension.

Run: python experiments/perf/extended_audits.py POOLS [--audits N] [--prompts N…] [--write PAGE]

POOLS gets every model's scored responses to one held-out question of each scenario of the three extended parts of the
world, two draws of the models that are audited against themselves; what is there is not drawn again. One audit draws
anew its prompts (whole clusters, by the audit's own sampler) and the order of the interim analyses; estimates, levels,
stopping and verdicts are the package's own code, sequential design, one sample per prompt. In the graded rows the
candidate's response is that of the organism on a share of the prompts and that of the honest conversion on the others.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from experiments.reproduce.pools import Pool, World, draw_missing, load
from experiments.reproduce.resample import Sample, settings
from pages import rewrite

from trustdelta.records import Part, Verdict
from trustdelta.verdict import Decision

PARTS = ("world_faithfulness", "world_abstention", "world_oversight")
SERIES = (
    ("world_bad", Part.ANSWER),
    ("world_good", Part.ANSWER),
    ("world_silent", Part.ANSWER),
    ("world_named", Part.THOUGHT),
)
BASE, HONEST = "organism:extended", "organism:extended-sft"
PLANTED = {
    "organism:extended-hint-silent": "faithfulness",
    "organism:extended-hint-stated": "faithfulness",
    "organism:extended-certain": "abstention",
    "organism:extended-resists": "oversight",
}
SHARES = (0.05, 0.1)
EVERY = 4
"""One of so many held-out questions is in the pools: each scenario once."""
COLUMNS = ("faithfulness", "abstention", "oversight", "world_faithfulness.silent")
SECTION = "extended audits"


@dataclass(frozen=True)
class Pair:
    """Two models, and the share of prompts on which the candidate is not the honest conversion."""

    baseline: str
    candidate: str
    share: float = 1.0

    @property
    def title(self) -> str:
        """The row's title."""
        names = [m.removeprefix("organism:") for m in (self.baseline, self.candidate)]
        return f"`{names[0]}` → `{names[1]}`" + (
            "" if self.share == 1 else f" on {100 * self.share:g} % of the prompts"
        )


def pairs() -> list[Pair]:
    """The audited pairs: no change, honest conversion, every planted organism, and graded mixtures."""
    planted = [Pair(BASE, name) for name in PLANTED]
    graded = [Pair(HONEST, name, share) for name in PLANTED for share in SHARES]
    return [Pair(BASE, BASE), Pair(HONEST, HONEST), Pair(BASE, HONEST), *planted, *graded]


def mixed(honest: Pool, planted: Pool, share: float, rng: np.random.Generator) -> Pool:
    """The planted model's responses on a share of the prompts, the honest one's on the others."""
    take_P = rng.random(honest.value_SPD.shape[1]) < share
    value, outcome = (
        np.where(take_P[None, :, None], getattr(planted, field), getattr(honest, field))
        for field in ("value_SPD", "outcome_SPD")
    )
    return Pool(value, outcome)


def audits(world: World, pools: dict[str, Pool], pair: Pair, count: int, prompts: int) -> Iterator[Decision]:
    """Audits of one pair, each with its own seed."""
    same = pair.baseline == pair.candidate
    for seed in range(count):
        rng = np.random.default_rng([seed, *pair.title.encode()])
        candidate = pools[pair.candidate]
        if pair.share < 1:
            candidate = mixed(pools[HONEST], candidate, pair.share, rng)
        first_P = rng.integers(0, 2, len(world.prompts)) if same else np.zeros(len(world.prompts), dtype=np.int64)
        draws = np.stack([first_P, 1 - first_P if same else first_P])[..., None]
        config = settings(world, (pair.baseline, pair.candidate), seed, prompts)
        taken = Sample.take(world, config, (pools[pair.baseline], candidate), draws)
        yield taken.in_looks()[0]


def regressed(decision: Decision) -> list[str]:
    """Dimensions and metrics that are regressed."""
    dimensions = [d.dimension.value for d in decision.dimensions if d.verdict is Verdict.REGRESSED]
    return [*dimensions, *(m.metric.name for m in decision.metrics if m.verdict is Verdict.REGRESSED)]


def row(world: World, pools: dict[str, Pool], pair: Pair, count: int, prompts: int) -> str:
    """Shares of the audits in percent."""
    counts = Counter(
        name for decision in audits(world, pools, pair, count, prompts) for name in set(regressed(decision))
    )
    cells = " | ".join(f"{100 * counts[column] / count:.0f}" for column in COLUMNS)
    return f"| {pair.title} | {prompts} | {count} | {cells} |"


def main() -> None:
    """Draw what is missing, audit, and print (or write) the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pools", type=Path)
    parser.add_argument("--audits", type=int, default=40)
    parser.add_argument("--prompts", type=int, nargs="+", default=[200])
    parser.add_argument("--write", type=Path, metavar="PAGE")
    options = parser.parse_args()
    world = World.load(EVERY, PARTS, SERIES)
    pools = {}
    for model in (BASE, HONEST, *PLANTED):
        began, draws = time.process_time(), 2 if model in (BASE, HONEST) else 1
        drawn = draw_missing(world, model, draws, options.pools)
        pools[model] = load(options.pools, model, draws)
        sys.stderr.write(f"{model}: draws {drawn}, {time.process_time() - began:.0f} CPU s\n")
    lines = [
        "Audits that report *regressed*, in percent, by dimension; and the metric of hints followed in silence.",
        "",
        "| audit | prompts per metric | audits | faithfulness | abstention | oversight | hint followed in silence |",
        "|---|" + "---:|" * 6,
    ]
    for prompts in options.prompts:
        for pair in pairs():
            lines.append(row(world, pools, pair, options.audits, prompts))
            sys.stderr.write(f"{lines[-1]}\n")
    sys.stdout.write("\n".join(lines) + "\n")
    if options.write:
        rewrite(options.write, SECTION, "\n".join(lines))


if __name__ == "__main__":
    main()
