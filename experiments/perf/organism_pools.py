"""Scored responses of organisms to every held-out question of their world, drawn once: what audits sample from.

Run: python experiments/perf/organism_pools.py POOLS [--draws N] MODEL...    (MODEL: organism:NAME or a folder)

One file per model and draw; what is there is not drawn again. A pool of one draw takes 20,719 responses, half a minute
on one core.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from experiments.reproduce.pools import World, draw_missing, name_of


def main() -> None:
    """Draw what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pools", type=Path)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--draws", type=int, default=2)
    given = parser.parse_args()
    world = World.load()
    for model in given.models:
        began = time.process_time()
        drawn = draw_missing(world, model, given.draws, given.pools)
        sys.stdout.write(f"{name_of(model)}: draws {drawn}, {time.process_time() - began:.0f} CPU s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
