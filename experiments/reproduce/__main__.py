"""The command line: `python -m experiments.reproduce --out FOLDER`, or `--agree ONE OTHER` to compare two runs."""

from __future__ import annotations

import argparse
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
    """Say in which verdicts two finished reproductions differ; 0 where in none, 1 otherwise.

    Raises UsageError where both are one, FolderError where one is not finished, StoreError where one is damaged.
    """
    from experiments.reproduce.kept import differing, kept_plan
    from experiments.reproduce.results import disagreements, read_words
    from trustdelta.errors import UsageError

    if one.resolve() == other.resolve():
        raise UsageError(f"{one}: given twice; pass the folders of two runs.")
    first, second = read_words(one), read_words(other)
    plans = differing(kept_plan(one), kept_plan(other))
    found = disagreements(first, second)
    for line in [*(f"plan: {name} differs" for name in plans), *found[:20]]:
        say(line)
    say(f"{len(first.keys() | second.keys())} verdicts, {len(found)} differ")
    return int(bool(found or plans))


def main() -> int:
    """Run what is asked for; an expected failure is one line on standard error and its exit code."""
    from trustdelta.errors import TrustdeltaError

    try:
        return asked()
    except TrustdeltaError as problem:
        sys.stderr.write(f"{' '.join(str(problem).split())}\n")
        return problem.exit_code


def asked() -> int:
    """Compare two folders, or run what is missing and write the page."""
    from trustdelta.errors import UsageError

    parser = argparse.ArgumentParser(prog="python -m experiments.reproduce", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/reproduce"), help="folder that receives everything")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page and its figure here too")
    parser.add_argument("--processes", type=int, default=2, help="processes side by side")
    parser.add_argument("--small", action="store_true", help="shipped models and few prompts: a minute, no findings")
    parser.add_argument("--agree", type=Path, nargs=2, metavar="FOLDER", help="compare two finished folders instead")
    given = parser.parse_args()
    if given.agree:
        return agree(*given.agree)
    if given.processes < 1:
        raise UsageError(f"--processes: found {given.processes}, wanted 1 or more.")
    from experiments.reproduce.page import write
    from experiments.reproduce.plan import FULL, SMALL
    from experiments.reproduce.run import Reproduction

    done = Reproduction(given.out, SMALL if given.small else FULL, given.processes, say)
    done.run()
    for path in write(done, given.write):
        say(str(path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
