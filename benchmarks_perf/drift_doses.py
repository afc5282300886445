"""Does drift follow the dose? Replay doses of one series, the RL organism, and the baseline of another seed.

    trustdelta organisms grow --series replay --out FOLDER
    python benchmarks_perf/drift_doses.py FOLDER

Both models' own responses to the world's questions. The baseline thinks too (`--direct`: it does not), so that both are
read in one context and drift is not the cost of a mode. Prints JSON: one line for each candidate, then the rank
correlation of replay share with drift for each part and direction.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from scipy.stats import spearmanr

from trustdelta import api
from trustdelta.config import ModelConfig
from trustdelta.drift.sums import DIRECTIONS
from trustdelta.pipeline.drift_alone import drift_alone, sampled
from trustdelta.progress import Silent

PARTS = ("thought", "answer", "onset", "all")


def drift(candidate: str | ModelConfig, baseline: ModelConfig, prompts: int) -> dict[str, float]:
    """Nats per token by direction and part."""
    world = api.resolve("organism:instruct", "organism:instruct").benchmarks
    config = api.resolve(baseline, candidate, benchmarks=world, prompts_per_metric=prompts, design="fixed")
    found = drift_alone(config, sampled(config, Silent()), Silent())
    by_direction = {d: found.parts(d) for d in DIRECTIONS}
    return {f"{d}.{p}": rows[p]["nats_per_token"] for d, rows in by_direction.items() for p in PARTS if p in rows}


def report(row: dict[str, Any]) -> None:
    """One JSON line."""
    sys.stdout.write(json.dumps({k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in row.items()}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure the series and its yardsticks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("series", type=Path)
    parser.add_argument("--base", default="instruct", help="members grown from another base are left out")
    parser.add_argument("--seed", type=int, default=0, help="seed of the conversions")
    parser.add_argument("--prompts", type=int, default=16)
    parser.add_argument("--direct", action="store_true")
    args = parser.parse_args()
    baseline = ModelConfig(source=f"organism:{args.base}", thinking="auto" if args.direct else "on")
    cards = [(json.loads(path.read_text()), path.parent) for path in sorted(args.series.glob("*/card.json"))]
    of_series = [(card, folder) for card, folder in cards if card["series"] == "replay" and card["seed"] == args.seed]
    members = [(card["dose"], folder) for card, folder in of_series if card["base"] == args.base]
    measured = []
    for replay, folder in sorted(members):
        row = drift(str(folder), baseline, args.prompts)
        measured.append((replay, row))
        report({"candidate": folder.name, "replay_percent": replay, **row})
    for yardstick in ("rl", "instruct-s1"):
        candidate = ModelConfig(source=f"organism:{yardstick}", thinking=baseline.thinking)
        report({"candidate": yardstick, **drift(candidate, baseline, args.prompts)})
    for name in measured[0][1]:
        rho = spearmanr([replay for replay, _ in measured], [row[name] for _, row in measured]).statistic
        report({"rank_correlation": name, "rho": float(rho), "members": len(measured)})


if __name__ == "__main__":
    main()
