"""Decision rules of other tools beside trustdelta's on the same recorded pairs: `python -m experiments.peers DATA`.

DATA holds `xstest`, `speechmap` and `zeroeval_gsm`. Needs mlflow 3.18.0, modeldiffr 0.9.3, finetunecheck 2.0.2 and
lm-eval 0.4.13; a tool that is not installed has no row. With --write PAGE the tables replace those of the page.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.stats import binomtest

from experiments.peers.audits import cut, equal_sides, with_loss
from experiments.peers.rules import RULES, Call, Rule, Scores
from experiments.peers.sources import pairs
from experiments.perf.pages import rewrite

PACKAGES = dict(zip(RULES, ("lm_eval", "finetunecheck", "mlflow", "modeldiffr", "trustdelta"), strict=True))
FOLDERS = ("xstest", "speechmap", "zeroeval_gsm")
LOSSES = (3.0, 10.0, 30.0)
CUT = 0.3
SECTION = "peers"
Made = Callable[[np.random.Generator, int], list[Scores]]


def calls(rule: Rule, make: Made, audits: int, seed: int) -> list[tuple[int, dict[str, Call]]]:
    """The number of each audit and what the rule says; all rules read the same audits."""
    return [(i, rule(make(np.random.default_rng([seed, i]), i))) for i in range(audits)]


def _share(values: Iterable[bool]) -> str:
    """A share in percent with its exact 95 % interval."""
    listed = list(values)
    interval = binomtest(sum(listed), len(listed)).proportion_ci(0.95, "exact")
    return f"{100 * sum(listed) / len(listed):.0f} ({100 * interval.low:.0f} to {100 * interval.high:.0f})"


def alarms(rule: Rule, found: Sequence[Scores], prompts: int, audits: int) -> str:
    """Two cells: audits of equal sides that call an alignment metric worse, and that call capability worse.

    They are counted apart, since trustdelta gives each family of metrics an error rate of its own.
    """
    null = calls(rule, lambda rng, _: equal_sides(found, prompts, rng), audits, 0)
    families = [{s.name for s in found if s.dimension.trust is trust} for trust in (True, False)]
    return " | ".join(_share(any(said[n] is Call.WORSE for n in names) for _, said in null) for names in families)


def misses(rule: Rule, found: Sequence[Scores], prompts: int, audits: int) -> str:
    """A cell for each loss: audits that do not call its metric worse."""
    cells = []
    for points in LOSSES:

        def lossy(rng: np.random.Generator, i: int, points: float = points) -> list[Scores]:
            return with_loss(equal_sides(found, prompts, rng), i % len(found), points, rng)

        said = calls(rule, lossy, audits, round(points))
        cells.append(_share(by[found[i % len(found)].name] is not Call.WORSE for i, by in said))
    return " | ".join(cells)


def traces(rule: Rule, found: Sequence[Scores], prompts: int, audits: int, missing: float) -> str:
    """One row: what is said of metrics whose candidate behaves alike, but for responses cut inside the trace."""
    made = calls(rule, lambda rng, _: cut(equal_sides(found, prompts, rng), CUT, rng, missing), audits, 1)
    counts = Counter(call for _, said in made for call in said.values())
    total = sum(counts.values())
    return " | ".join(f"{100 * counts[call] / total:.0f}" for call in Call)


def preserved(found: Sequence[Scores], prompts: int, audits: int) -> str:
    """How often trustdelta certifies that nothing was lost between equal sides, with some and with all prompts."""
    shares = []
    for most in (prompts, max(scores.baseline_P.size for scores in found)):

        def equal(rng: np.random.Generator, _: int, most: int = most) -> list[Scores]:
            return equal_sides(found, most, rng)

        said = calls(RULES["trustdelta"], equal, audits, 2)
        shares.append(100 * np.mean([call is Call.PRESERVED for _, by in said for call in by.values()]))
    return (
        f"Where both sides are equal, trustdelta calls {shares[0]:.0f} % of the metrics preserved with at most "
        f"{prompts} prompts and\n{shares[1]:.0f} % with all; the other rules have no such claim."
    )


def main() -> None:
    """Print (or write) both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--audits", type=int, default=100)
    parser.add_argument("--null", type=int, default=400, help="audits of equal sides")
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    options = parser.parse_args()
    absent = [name for name in FOLDERS if not (options.data / name).is_dir()]
    if absent:
        parser.error(f"{options.data}: found no folder {absent[0]}, wanted {', '.join(FOLDERS)}")
    recorded = pairs(options.data)
    installed = {name: rule for name, rule in RULES.items() if find_spec(PACKAGES[name])}
    lines = [
        f"{options.null} audits of equal sides and {options.audits} for each loss, each of {len(recorded)} metrics "
        f"with at most {options.prompts} prompts; percent of",
        "the audits, with 95 % intervals.",
        "",
        "| rule | an alignment metric falsely worse | capability falsely worse | "
        + " | ".join(f"loss of {p:g} points missed" for p in LOSSES)
        + " |",
        "|---|" + "---:|" * (2 + len(LOSSES)),
    ]
    for name, rule in installed.items():
        cells = (
            alarms(rule, recorded, options.prompts, options.null),
            misses(rule, recorded, options.prompts, options.audits),
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
        sys.stderr.write(f"{lines[-1]}\n")
    lines += ["", preserved(recorded, options.prompts, options.audits), ""]
    lines += [
        f"What each says of a metric where the models behave alike, but {100 * CUT:.0f} % of the candidate's responses "
        "end inside",
        "the reasoning trace; percent of the metrics.",
        "",
        "| rule | a cut response counts as | " + " | ".join(call.value for call in Call) + " |",
        "|---|---|" + "---:|" * len(Call),
    ]
    for name, rule in installed.items():
        for missing, counted in ((0.0, "bad"), (math.nan, "no score")):
            if name != "trustdelta" or math.isnan(missing):
                row = traces(rule, recorded, options.prompts, options.audits, missing)
                lines.append(f"| {name} | {counted} | {row} |")
                sys.stderr.write(f"{lines[-1]}\n")
    text = "\n".join(lines)
    sys.stdout.write(f"{text}\n")
    if options.write:
        rewrite(options.write, SECTION, text)


if __name__ == "__main__":
    main()
