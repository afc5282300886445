"""Every fault of docs/reliability.md, put to real processes, files and sockets of this machine; prints the table.

    python experiments/perf/reliability.py                        all, about half an hour on two cores
    python experiments/perf/reliability.py mutations --mutations 300 --seed 1
    python experiments/perf/reliability.py kills storms --kills 50 -v

A row says how often a fault was put and how often what must hold held; -v prints every single one. Fails unless all
held. Nothing leaves the loopback interface.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "reliability"))

import changes
import kills
import mutations
import servers
import surroundings
from scene import ENGINES, Row, Scene

Options = argparse.Namespace
DISKS = tuple(kib << 10 for kib in (16, 100, 200, 300, 400, 500))
FAULTS: dict[str, tuple[str, Callable[[Scene, Options], Iterator[Row]]]] = {
    "kills": (
        "kill -9 of audit or server, all engines",
        lambda scene, o: kills.kills(scene, o.kills, o.seed, o.engine or ENGINES),
    ),
    "storms": ("429, 500, drops, garbage, drip", lambda scene, o: servers.storms(scene, o.storms)),
    "doors": ("401 and 404 stop within 5 s", lambda scene, o: servers.closed_doors(scene)),
    "silence": ("no answer: error at the limit ±10 %", lambda scene, o: servers.no_answer((2.0, 5.0, 10.0))),
    "disk": (
        "full disk",
        lambda scene, o: surroundings.full_disk(scene, DISKS),
    ),
    "file size": (
        "files that may not grow",
        lambda scene, o: surroundings.tight_disk(scene, (4 << 10, 64 << 10, 128 << 10, 256 << 10)),
    ),
    "read-only": ("folder that may only be read", lambda scene, o: surroundings.read_only(scene)),
    "clock": ("clock that jumps by decades", lambda scene, o: surroundings.clock(scene)),
    "files": ("few open files", lambda scene, o: surroundings.few_files(scene, (12, 16, 24, 48))),
    "changes": ("changed inputs are named", lambda scene, o: changes.changes(scene)),
    "mutations": ("random damage to the run folder", lambda scene, o: mutations.mutations(scene, o.mutations, o.seed)),
    "two audits": ("second audit of a folder leaves", lambda scene, o: surroundings.two_audits(scene, 3)),
}


def main() -> None:
    """Run the harness."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faults", nargs="*", help=f"of: {', '.join(FAULTS)}; default all")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--storms", type=int, default=3)
    parser.add_argument("--mutations", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", action="append", default=[], help="kills of this engine only (repeatable)")
    parser.add_argument("--python", action="append", default=[], metavar="ENGINE=PATH", help="interpreter of an engine")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory(prefix="reliability-") as folder:
        scene = Scene(Path(folder), dict(given.split("=", 1) for given in options.python))
        for name in options.faults or FAULTS:
            title, put = FAULTS[name]
            began, rows = time.monotonic(), []
            for row in put(scene, options):
                rows.append(row)
                if options.verbose or row.held != row.tried:
                    say(f"     {row}")
            held &= all(row.held == row.tried for row in rows)
            total = Row(
                title, sum(r.held for r in rows), sum(r.tried for r in rows), f"{time.monotonic() - began:.0f} s"
            )
            say(str(total))
    sys.exit(0 if held else 1)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
