"""The command line: `python -m trustdelta.reproduce --out FOLDER`, or `--agree ONE OTHER` to compare two runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two processes side by side, and sums in one order
os.environ.setdefault("TQDM_DISABLE", "1")


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def agree(one: Path, other: Path) -> int:
    """Say in which verdicts two finished reproductions differ; 0 where in none."""
    from trustdelta.reproduce.results import disagreements

    words = [json.loads((folder / "verdicts.json").read_text("utf-8")) for folder in (one, other)]
    found = disagreements(words[0], words[1])
    for line in found[:20]:
        say(line)
    say(f"{len(words[0])} verdicts, {len(found)} differ")
    return int(bool(found))


def main() -> int:
    """Run what is missing, then write the page."""
    parser = argparse.ArgumentParser(prog="python -m trustdelta.reproduce", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/reproduce"), help="folder that receives everything")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page and its figure here too")
    parser.add_argument("--processes", type=int, default=2, help="processes side by side")
    parser.add_argument("--small", action="store_true", help="shipped models and few prompts: a minute, no findings")
    parser.add_argument("--agree", type=Path, nargs=2, metavar="FOLDER", help="compare two finished folders instead")
    given = parser.parse_args()
    if given.agree:
        return agree(*given.agree)
    from trustdelta.reproduce.page import write
    from trustdelta.reproduce.plan import FULL, SMALL
    from trustdelta.reproduce.run import Reproduction

    done = Reproduction(given.out, SMALL if given.small else FULL, given.processes, say)
    done.run()
    for path in write(done, given.write):
        say(str(path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
