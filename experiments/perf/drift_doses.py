"""Does drift follow the dose? Replay doses of converted models, the RL organism, and the baseline of another seed.

    trustdelta organisms grow --series replay --seeds 3 --out FOLDER
    python experiments/perf/drift_doses.py FOLDER

The protocol, fixed before the run that docs/drift.md reports:

- conversions: for each base and each seed of the conversion, one model a dose (0, 0.25, 0.5, 1, 2, 5 % replay); a base
  and seed of which a dose is missing is left out whole. Each is compared with its own base.
- responses: both models' own, to 64 prompts of each benchmark of their world (`--prompts`), the same prompts for all.
- context: the candidate's thinking mode for both models. In different contexts, drift would hold the cost of a mode.
- figure: nats per token of all tokens and of the answer, in both directions, each on the text of the model under which
  its expectation is. A dose's drift is the plain mean over its conversions.
- criterion: Spearman's rank correlation of dose and that mean over six doses, at most -0.9, met or missed by each of
  the four figures for itself. That of each base (mean over its seeds) and of each single chain of conversions is
  printed beside it; none of them is claimed to be monotone.

Prints JSON: one line for each model as it is measured, then one for each dose, then the correlations.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from scipy.stats import spearmanr

from trustdelta.config import ModelConfig
from trustdelta.drift.sums import DIRECTIONS
from trustdelta.pipeline.drift.standalone import drift_alone, sampled
from trustdelta.progress import Silent
from trustdelta.resolve import resolve

DOSES = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)
PARTS = ("all", "answer", "thought")
FIGURES = [f"{direction}.{part}" for part in PARTS[:2] for direction in DIRECTIONS]
"""What is correlated with the dose; the thought is printed beside."""

Chain = Mapping[float, Path]
"""One base and one conversion seed: the model folder of each dose."""
Row = Mapping[str, float]


def chains(folder: Path) -> dict[tuple[str, int], Chain]:
    """Finished chains of conversions by base and seed; one with a dose missing is left out."""
    found: dict[tuple[str, int], dict[float, Path]] = {}
    for path in sorted(folder.glob("*/card.json")):
        card = json.loads(path.read_text())
        if card["series"] == "replay":
            found.setdefault((card["base"], card["seed"]), {})[float(card["dose"])] = path.parent
    return {key: chain for key, chain in sorted(found.items()) if set(chain) >= set(DOSES)}


def drift(candidate: str, base: str, prompts: int) -> Row:
    """Nats per token by direction and part, both models thinking."""
    world = resolve("organism:instruct", "organism:instruct").benchmarks
    models = [ModelConfig(source=source, thinking="on") for source in (f"organism:{base}", candidate)]
    config = resolve(*models, benchmarks=world, prompts_per_metric=prompts, design="fixed")
    found = drift_alone(config, sampled(config, Silent()), Silent())
    by_direction = {direction: found.parts(direction) for direction in DIRECTIONS}
    return {f"{d}.{p}": float(rows[p]["nats_per_token"]) for d, rows in by_direction.items() for p in PARTS}


def correlate(about: str, series: Sequence[Mapping[float, Row]]) -> None:
    """Rank correlation of the doses with the mean of some chains."""
    row: dict[str, Any] = {"rank_correlation": about, "chains": len(series)}
    for name in FIGURES:
        means = [fmean(chain[dose][name] for chain in series) for dose in DOSES]
        row[name] = float(spearmanr(DOSES, means).statistic)
    report(row)


def report(row: Mapping[str, Any]) -> None:
    """One JSON line."""
    sys.stdout.write(json.dumps({k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in row.items()}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure the yardsticks and the series."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("series", type=Path)
    parser.add_argument("--prompts", type=int, default=64)
    args = parser.parse_args()
    for yardstick in ("rl", "instruct-s1"):
        report({"candidate": yardstick, "base": "instruct", **drift(f"organism:{yardstick}", "instruct", args.prompts)})
    measured: dict[tuple[str, int], dict[float, Row]] = {}
    for (base, seed), chain in chains(args.series).items():
        for dose in DOSES:
            row = drift(str(chain[dose]), base, args.prompts)
            measured.setdefault((base, seed), {})[dose] = row
            report({"base": base, "seed": seed, "replay_percent": dose, **row})
    if not measured:
        raise SystemExit(f"{args.series}: no chain of conversions has all doses; grow the series first.")
    for dose in DOSES:
        names = [f"{direction}.{part}" for part in PARTS for direction in DIRECTIONS]
        means = {name: fmean(chain[dose][name] for chain in measured.values()) for name in names}
        report({"replay_percent": dose, "chains": len(measured), **means})
    correlate("all", list(measured.values()))
    for base in sorted({base for base, _ in measured}):
        correlate(base, [chain for (its_base, _), chain in measured.items() if its_base == base])
    for (base, seed), one in measured.items():
        correlate(f"{base}, seed {seed}", [one])


if __name__ == "__main__":
    main()
