"""Measures `trustdelta discover`.

Run: python -m experiments.discover plants [--seed N]
     python -m experiments.discover equal [SOURCE ...] [--runs N] [--seed N]
     python -m experiments.discover everywhere [SOURCE ...] [--runs N] [--seed N]
     python -m experiments.discover speed [--pairs N]

`plants` searches for each planted difference; `equal` searches between equal sides, N times for each source;
`speed` measures one search of many pairs;
`everywhere` searches N times where a plant is on all prompts alike, and counts claims that it sits on some of them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable

os.environ.setdefault("OMP_NUM_THREADS", "1")

from scipy.stats import binomtest

from experiments.discover.measure import TOP, equal_sides, everywhere, names, outcome
from experiments.discover.plants import ADDED, FURTHER, MAIN, PLANTS
from experiments.discover.sources import SOURCES, many
from trustdelta.discover.search import prepared, search
from trustdelta.records.differences import Difference


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
        f"\nnamed: {sum(named[:MAIN])} of {MAIN}, {sum(named[MAIN : MAIN + FURTHER])} of {FURTHER} further ones, "
        f"{sum(named[MAIN + FURTHER :])} of {len(named) - MAIN - FURTHER} written after the search\n"
    )


def equal(sources: list[str], runs: int, seed: int) -> None:
    """A row for each source: searches that claim a difference where there is none."""
    sys.stdout.write("| answers of | searches | with a false difference |\n|---|---|---|\n")
    total = false = 0
    for source in sources:
        claims = list(equal_sides(source, runs, seed))
        total, false = total + runs, false + sum(map(bool, claims))
        sys.stdout.write(f"| {source} | {runs} | {sum(map(bool, claims))} |\n")
        sys.stdout.flush()
        _listed(d for differences in claims for d in differences)
    sys.stdout.write(_rate(false, total))


def same_everywhere(sources: list[str], runs: int, seed: int) -> None:
    """A row for each plant that is on all prompts alike: searches that name it, and that claim a place."""
    sys.stdout.write(
        "| planted on all prompts | answers of | searches | name it | with a false place |\n|---|---|---|---|---|\n"
    )
    total = false = 0
    for plant in (p for p in PLANTS if p.name in ADDED):
        for source in sources:
            claims = list(everywhere(plant, source, runs, seed))
            named = sum(any(names(plant, d) for d in differences) for differences in claims)
            placed = [[d for d in differences if d.prompts or d.places] for differences in claims]
            total, false = total + runs, false + sum(map(bool, placed))
            sys.stdout.write(f"| {plant.name} | {source} | {runs} | {named} | {sum(map(bool, placed))} |\n")
            sys.stdout.flush()
            _listed(d for differences in placed for d in differences)
    sys.stdout.write(_rate(false, total))


def speed(count: int) -> None:
    """Processor seconds of one search, reading and naming included."""
    pairs, start = many(count), time.process_time()
    outcome_ = search(prepared(pairs), 1)
    seconds = time.process_time() - start
    sys.stdout.write(f"{len(pairs):,} pairs: {seconds:.0f} s of one core, {outcome_.hypotheses} tested\n")


def _listed(differences: Iterable[Difference]) -> None:
    for d in differences:
        places = "; ".join(f"{p.prompts} {p.inside} {p.outside}" for p in d.places)
        sys.stderr.write(
            f"    {d.answer} | {d.prompts} | {d.baseline:.2f} → {d.candidate:.2f} | p {d.p_value:.4f} | {places}\n"
        )


def _rate(false: int, total: int) -> str:
    upper = binomtest(false, total, alternative="less").proportion_ci(0.95).high
    return f"\n{false} of {total} ({100 * false / total:.1f} %; one-sided 95 % limit {100 * upper:.1f} %)\n"


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=("plants", "equal", "everywhere", "speed"))
    parser.add_argument("sources", nargs="*", default=list(SOURCES))
    parser.add_argument("--runs", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=2_000)
    options = parser.parse_args()
    if options.table == "plants":
        plants(options.seed)
    elif options.table == "equal":
        equal(options.sources, options.runs, options.seed)
    elif options.table == "speed":
        speed(options.pairs)
    else:
        same_everywhere(options.sources, options.runs, options.seed)


if __name__ == "__main__":
    main()
