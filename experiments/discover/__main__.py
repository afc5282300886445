"""Measures `trustdelta discover`.

Run: python -m experiments.discover plants [--seed N]
     python -m experiments.discover equal [SOURCE ...] [--runs N] [--seed N]

`plants` searches for each planted difference; `equal` searches between equal sides, N times for each source.
"""

from __future__ import annotations

import argparse
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

from experiments.discover.measure import TOP, equal_sides, outcome
from experiments.discover.plants import MAIN, PLANTS
from experiments.discover.sources import SOURCES


def plants(seed: int) -> None:
    """A row for each plant, then how many are named."""
    sys.stdout.write("| planted | answers of | prompts changed | named at place | claims |\n|---|---|---|---|---|\n")
    named = []
    for plant in PLANTS:
        result = outcome(plant, seed)
        named.append(result.place is not None)
        place = result.place or f"not among {TOP}"
        row = f"{plant.name} | {plant.source} | {result.changed} of {result.prompts} | {place}"
        sys.stdout.write(f"| {row} | {len(result.differences)} |\n")
        for difference in result.differences[:TOP]:
            text = (
                f"{difference.answer} | {difference.prompts} | {difference.baseline:.2f} → {difference.candidate:.2f}"
            )
            sys.stderr.write(f"    {text} | p {difference.p_value:.4f}\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"\nnamed: {sum(named[:MAIN])} of {MAIN}, and {sum(named[MAIN:])} of {len(named) - MAIN} further\n"
    )


def equal(sources: list[str], runs: int, seed: int) -> None:
    """A row for each source: searches that claim a difference where there is none."""
    sys.stdout.write("| answers of | searches | with a false difference |\n|---|---|---|\n")
    for source in sources:
        claims = list(equal_sides(source, runs, seed))
        sys.stdout.write(f"| {source} | {runs} | {sum(map(bool, claims))} |\n")
        sys.stdout.flush()


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=("plants", "equal"))
    parser.add_argument("sources", nargs="*", default=list(SOURCES))
    parser.add_argument("--runs", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.table == "plants":
        plants(options.seed)
    else:
        equal(options.sources, options.runs, options.seed)


if __name__ == "__main__":
    main()
