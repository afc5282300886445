"""The command line: `python -m experiments.real --out FOLDER` makes what is missing and writes the page."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # processes side by side, and sums in one order
os.environ.setdefault("TQDM_DISABLE", "1")


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def parsed() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.real", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/real"), help="folder that receives everything")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page and its figure here too")
    parser.add_argument("--processes", type=int, default=2, help="processes side by side")
    parser.add_argument("--smoke", action="store_true", help="two arms, few steps and prompts: no findings")
    parser.add_argument("--arms", nargs="+", metavar="ARM", help="only these conversions")
    return parser.parse_args()


def main() -> int:
    """Run what is missing; an expected failure is one line on standard error and its exit code."""
    from experiments.real.page import write
    from experiments.real.recipe import FULL, SMOKE
    from experiments.real.results import Results
    from experiments.real.run import RealStudy
    from trustdelta.errors import TrustdeltaError

    options = parsed()
    recipe = SMOKE if options.smoke else FULL
    try:
        done = RealStudy(options.out, recipe.only(options.arms) if options.arms else recipe, options.processes, say)
        done.run()
        for path in write(Results.of(done), options.out, options.write):
            say(str(path))
    except TrustdeltaError as problem:
        sys.stderr.write(f"{' '.join(str(problem).split())}\n")
        return problem.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
