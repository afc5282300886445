"""Whole-audit error rates, power and cost of the verdicts, beside what is usually done. Seeded; minutes.

Run: python experiments/perf/calibrate.py [--audits 2000] [--seed 0] [--write docs/calibration.md]

An audit has 30 metrics (six dimensions of five), each on 100 clusters of 5 prompts, up to three candidate draws and
three cached baseline draws per prompt, and a margin of 5 points. Propensities are logit-normal (cluster and prompt
effects shared by the arms, a cluster effect of the difference), scores skewed like toxicity where named.
No file is read and no model runs: what is simulated is the world, what decides is the package's own code.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from pages import rewrite
from scipy.special import expit, ndtri, stdtr

from trustdelta.stats.score_interval import Moments, moments, p_not_worse, p_worse
from trustdelta.stats.sequential import Schedule, Spending, hsd, hsd_late, look_sizes, standard_looks

Floats = NDArray[np.float64]
Words = NDArray[np.int8]

CLUSTERS, PER_CLUSTER, DRAWS, METRICS = 100, 5, 3, 30
MARGIN, ALPHA = 0.05, 0.05
LEVEL = ALPHA / METRICS
CLUSTER_P = np.repeat(np.arange(CLUSTERS), PER_CLUSTER)
INCONCLUSIVE, REGRESSED, PRESERVED, IMPROVED = range(4)
SHARED_SD, PROMPT_SD = 0.7, 0.7


@dataclass(frozen=True, slots=True)
class Truth:
    """One simulated metric: the baseline's rate, the candidate's change, how that varies over clusters, the scale."""

    base: float
    effect: float
    tau: float = 0.4
    skewed: bool = False


def logit_location(rate: float, sd: float) -> float:
    """Location of a logit-normal with that mean."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    low, high = -20.0, 20.0
    for _ in range(80):
        middle = (low + high) / 2
        mean = np.sum(weights * expit(middle + sd * nodes)) / np.sqrt(2 * np.pi)
        low, high = (middle, high) if mean < rate else (low, middle)
    return low


def scores(truth: Truth, audits: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Baseline and candidate scores, each (audits, prompts, draws)."""
    shape = (audits, CLUSTER_P.size)
    if truth.skewed:
        return _skewed(truth, shape, rng)
    shared = rng.normal(0, SHARED_SD, (audits, CLUSTERS))[:, CLUSTER_P] + rng.normal(0, PROMPT_SD, shape)
    own = rng.normal(0, truth.tau, (audits, CLUSTERS))[:, CLUSTER_P]
    sd = np.hypot(SHARED_SD, PROMPT_SD)
    p_baseline = expit(logit_location(truth.base, sd) + shared)
    p_candidate = expit(logit_location(truth.base + truth.effect, np.hypot(sd, truth.tau)) + shared + own)
    draws = [(rng.random((*shape, DRAWS)) < p[..., None]).astype(float) for p in (p_baseline, p_candidate)]
    return draws[0], draws[1]


def _skewed(truth: Truth, shape: tuple[int, int], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Scores mostly near 0: beta means per prompt, beta draws; a worse candidate turns some prompts high (mean .75)."""
    mean = rng.beta(0.2, 0.2 * (1 - truth.base) / truth.base, shape)
    turned = rng.random(shape) < truth.effect / (0.75 - truth.base)
    means = (mean, np.where(turned, 0.75, mean))
    baseline, candidate = (
        rng.beta(np.maximum(3 * m, 1e-3)[..., None], np.maximum(3 * (1 - m), 1e-3)[..., None], (*shape, DRAWS))
        for m in means
    )
    return baseline, candidate


def words(m: Moments, level: float) -> Words:
    """Verdicts of the package's grammar, from the p-values that its interval inverts."""
    out = np.full(m.mean.shape, INCONCLUSIVE, dtype=np.int8)
    out[p_worse(m) < level] = REGRESSED
    out[p_not_worse(m, MARGIN) < level] = PRESERVED
    out[p_not_worse(m, 0.0) < level] = IMPROVED
    return out


def certify(baseline: Floats, candidate: Floats) -> tuple[Words, Floats]:
    """The fixed design: everything is generated, one look."""
    m = moments(candidate.mean(axis=2) - baseline.mean(axis=2), CLUSTER_P)
    return words(m, LEVEL), np.ones(len(baseline))


def sequential(spending: Spending, futility: float) -> Callable[[Floats, Floats], tuple[Words, Floats]]:
    """The group-sequential design with that spending and futility bound (0: none)."""
    plan = Schedule(standard_looks(DRAWS), spending=spending)
    sizes, times = look_sizes(CLUSTER_P, plan.looks), plan.times()
    last = plan.boundary(len(times) - 1, LEVEL)

    def run(baseline: Floats, candidate: Floats) -> tuple[Words, Floats]:
        word = np.full(len(baseline), INCONCLUSIVE, dtype=np.int8)
        cost, going = np.zeros(len(baseline)), np.ones(len(baseline), dtype=bool)
        for number, (look, n, t) in enumerate(zip(plan.looks, sizes, times, strict=True)):
            at = np.flatnonzero(going)
            d = candidate[at, :n, : look.draws].mean(axis=2) - baseline[at, :n].mean(axis=2)
            m = moments(d, CLUSTER_P[:n])
            word[at] = words(m, plan.look_alpha(number, LEVEL))
            cost[at] = n * look.draws / (CLUSTER_P.size * DRAWS)
            going[at] = word[at] == INCONCLUSIVE
            if futility and plan.futility_from <= t < 1:
                p = np.minimum(p_worse(m), p_not_worse(m, MARGIN))
                trend = -ndtri(np.clip(p, 1e-300, 1 - 1e-16)) / np.sqrt(t)
                going[at] &= (trend - last) / np.sqrt(1 - t) >= ndtri(futility)
        return word, cost

    return run


def peer(flag: Callable[[Floats, Floats], NDArray[np.bool_]]) -> Callable[[Floats, Floats], tuple[Words, Floats]]:
    """A usual practice: flagged or fine, never inconclusive, always everything generated."""

    def run(baseline: Floats, candidate: Floats) -> tuple[Words, Floats]:
        flagged = flag(baseline.mean(axis=2), candidate.mean(axis=2))
        return np.where(flagged, REGRESSED, PRESERVED).astype(np.int8), np.ones(len(baseline))

    return run


def _paired_t(baseline: Floats, candidate: Floats) -> NDArray[np.bool_]:
    d = candidate - baseline
    n = d.shape[1]
    se = np.maximum(d.std(axis=1, ddof=1) / np.sqrt(n), 1e-300)
    return np.asarray(stdtr(n - 1, -d.mean(axis=1) / se) < ALPHA)


def _unpaired_z(baseline: Floats, candidate: Floats) -> NDArray[np.bool_]:
    n = baseline.shape[1]
    se2 = (baseline.var(axis=1, ddof=1) + candidate.var(axis=1, ddof=1)) / n
    return np.asarray((candidate.mean(axis=1) - baseline.mean(axis=1)) > 1.959964 * np.sqrt(se2))


FIXED, DEFAULT = "fixed", "sequential, HSD(-4) + futility 5 % (default)"
SECTION = "simulated audits"

DESIGNS: dict[str, Callable[[Floats, Floats], tuple[Words, Floats]]] = {
    FIXED: certify,
    DEFAULT: sequential(hsd_late, 0.05),
    "sequential, HSD(-4)": sequential(hsd_late, 0.0),
    "sequential, HSD(-2) + futility 5 %": sequential(hsd, 0.05),
    "sequential, HSD(-2)": sequential(hsd, 0.0),
    "peers: point estimate worse": peer(lambda b, c: c.mean(axis=1) > b.mean(axis=1)),
    "peers: paired t at 5 %": peer(_paired_t),
    "peers: unpaired z at 1.96 (lm-eval)": peer(_unpaired_z),
}

BASES = (0.005, 0.02, 0.08, 0.17, 0.5)


def _spread(effect: float, tau: float) -> list[Truth]:
    """Thirty metrics over the base rates from rare to even."""
    return [Truth(BASES[i % 5], effect, tau) for i in range(METRICS)]


MIXED = [
    Truth((0.08, 0.17)[i % 2], e) for i, e in enumerate([0.0] * 16 + [-0.03] * 4 + [0.02] * 4 + [0.05] * 4 + [0.1] * 2)
]
SCENARIOS: dict[str, list[Truth]] = {
    "null: same model twice": _spread(0.0, 0.0),
    "null: clusters shift, mean does not": _spread(0.0, 0.4),
    "null: rare harm (.5 %)": [Truth(0.005, 0.0)] * METRICS,
    "null: skewed scores": [Truth(0.03, 0.0, skewed=True)] * METRICS,
    "at the margin: all rates": _spread(MARGIN, 0.4),
    "at the margin: rare harm": [Truth(0.005, MARGIN)] * METRICS,
    "at the margin: skewed scores": [Truth(0.03, MARGIN, skewed=True)] * METRICS,
    "mixed audit": MIXED,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Verdicts (metrics, audits) and cost shares (metrics, audits) of one design in one scenario."""

    words: Words
    cost: Floats


def simulate(truths: Sequence[Truth], audits: int, rng: np.random.Generator) -> dict[str, Outcome]:
    """All designs on the same simulated audits."""
    found: dict[str, list[tuple[Words, Floats]]] = {name: [] for name in DESIGNS}
    for truth in truths:
        baseline, candidate = scores(truth, audits, rng)
        for name, design in DESIGNS.items():
            found[name].append(design(baseline, candidate))
    return {
        name: Outcome(np.stack([w for w, _ in rows]), np.stack([c for _, c in rows])) for name, rows in found.items()
    }


def error_table(results: dict[str, dict[str, Outcome]]) -> list[str]:
    """Percent of audits with any false claim of the kind the scenario makes false."""
    names = [n for n in results if n != "mixed audit"]
    rows = ["| design | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for design in DESIGNS:
        cells = []
        for name in names:
            wrong = REGRESSED if name.startswith("null") else PRESERVED
            cells.append(f"{100 * (results[name][design].words == wrong).any(axis=0).mean():.1f}")
        rows.append(f"| {design} | " + " | ".join(cells) + " |")
    return rows


def power_table(mixed: dict[str, Outcome]) -> list[str]:
    """Percent of metrics decided rightly, any false claims, and cost, in the mixed audit."""
    effects = np.array([t.effect for t in MIXED])
    rows = [
        "| design | cost, % | regressed at +2 | at +5 | at +10 | preserved at -3 | at 0 | any false regressed | "
        "any false preserved |",
        "|---|" + "---|" * 8,
    ]
    for design, found in mixed.items():
        w = found.words
        fine = (w == PRESERVED) | (w == IMPROVED)
        cells = [found.cost.mean()] + [(w[effects == e] == REGRESSED).mean() for e in (0.02, 0.05, 0.1)]
        cells += [fine[effects == e].mean() for e in (-0.03, 0.0)]
        cells += [(w[effects <= 0] == REGRESSED).any(axis=0).mean(), fine[effects >= MARGIN].any(axis=0).mean()]
        rows.append(f"| {design} | " + " | ".join(f"{100 * c:.1f}" for c in cells) + " |")
    return rows


def summary(results: dict[str, dict[str, Outcome]]) -> list[str]:
    """The default design's figures that its targets are about."""
    false = {
        wrong: max(
            100 * (found[DEFAULT].words == word).any(axis=0).mean()
            for name, found in results.items()
            if name.startswith(scenario)
        )
        for wrong, word, scenario in (("regressed", REGRESSED, "null"), ("preserved", PRESERVED, "at the margin"))
    }
    mixed, effects = results["mixed audit"], np.array([t.effect for t in MIXED])
    power = {
        d: [(mixed[d].words[effects == e] == REGRESSED).mean() for e in (0.02, 0.05, 0.1)] for d in (FIXED, DEFAULT)
    }
    lost = 100 * (np.array(power[FIXED]) - np.array(power[DEFAULT]))
    return [
        f"Default design: any false *regressed* in at most {false['regressed']:.1f} % of audits of any null, any false "
        f"*preserved* in at most {false['preserved']:.1f} % at the margin. In the mixed audit it asks for "
        f"{100 * mixed[DEFAULT].cost.mean():.1f} % of the fixed design's responses, for {lost[0]:.1f}, {lost[1]:.1f} "
        f"and {lost[2]:.1f} points of power at +2, +5 and +10 points.",
    ]


def report(results: dict[str, dict[str, Outcome]], args: argparse.Namespace) -> str:
    """Both tables as Markdown."""
    error = 100 * np.sqrt(ALPHA * (1 - ALPHA) / args.audits)
    lines = [
        f"Written by `python experiments/perf/calibrate.py --audits {args.audits} --seed {args.seed} --write "
        f"docs/calibration.md`; {args.audits} simulated audits of {METRICS} metrics per scenario, {CLUSTERS} clusters "
        f"of {PER_CLUSTER} prompts, up to {DRAWS} draws, margin {100 * MARGIN:g} points, {100 * ALPHA:g} % per audit. "
        f"Monte Carlo standard error at {100 * ALPHA:g} %: {error:.1f}.",
        "",
        *summary(results),
        "",
        "### Audits with any false claim, %",
        "",
        "Under a null, any false *regressed*; at the margin, any false *preserved*. Peers have two words only: what "
        "they do not flag counts as fine.",
        "",
        *error_table(results),
        "",
        "### Power and cost in a mixed audit (16 metrics unchanged, 4 at -3, 4 at +2, 4 at +5, 2 at +10 points)",
        "",
        "Cost is candidate responses as a share of the whole pool with three draws.",
        "",
        *power_table(results["mixed audit"]),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Simulate every scenario and print (or write) the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    results = {}
    for i, (name, truths) in enumerate(SCENARIOS.items()):
        start = time.perf_counter()
        results[name] = simulate(truths, args.audits, np.random.default_rng([args.seed, i]))
        sys.stderr.write(f"{name}: {time.perf_counter() - start:.0f} s\n")
    text = report(results, args)
    sys.stdout.write(text)
    if args.write:
        rewrite(args.write, SECTION, text)


if __name__ == "__main__":
    main()
