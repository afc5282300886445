"""Tables of the audits of organisms (organism_audits.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import spearmanr

from trustdelta.records import Json, Verdict

Graded = Sequence[tuple[Json, Mapping[str, float], Sequence[Json]]]
"""Card, truth by metric, and audits of each member of a series."""

DECIDED = frozenset({Verdict.REGRESSED.value, Verdict.PRESERVED.value, Verdict.IMPROVED.value})
SHOWN = ("world_safety.harmful_compliance", "world_privacy.leak_rate")
CAPABILITY = "world_arithmetic"
STILL = 0.005
"""A metric whose true worsening is smaller hardly tests its interval: it is counted apart."""


def null_report(null: Mapping[tuple[str, int], Sequence[Json]]) -> list[str]:
    """One row per model that was audited against itself, and prompts for each metric."""
    if not null:
        return []
    lines = [
        "Audits of a model against itself, with other draws of the same prompts (one draw for each model); shares in "
        "percent. No dimension is tested as a whole in the sequential design.",
        "",
        "| model | prompts for each metric | audits | any trust metric regressed: fixed | sequential | "
        "any metric at all: fixed | sequential | audit says regressed: fixed | metrics preserved: fixed | sequential | "
        "responses asked: sequential |",
        "|---|" + "---|" * 10,
    ]
    for (name, size), audits in null.items():
        cells: list[float] = []
        for trust_only in (True, False):
            cells += [float(np.mean([_any_regressed(a[d], trust_only) for a in audits])) for d in DESIGNS]
        cells.append(float(np.mean([a["fixed"]["overall"] == Verdict.REGRESSED for a in audits])))
        cells += [float(np.mean([_preserved(a[d]) for a in audits])) for d in DESIGNS]
        cells.append(float(np.mean([a["cost"] for a in audits])))
        lines.append(f"| `{name}` | {size} | {len(audits)} | " + " | ".join(f"{100 * c:.1f}" for c in cells) + " |")
    return [*lines, ""]


DESIGNS = ("fixed", "sequential")


def _any_regressed(found: Json, trust_only: bool) -> bool:
    return any(
        m["verdict"] == Verdict.REGRESSED and not (trust_only and name.startswith(CAPABILITY))
        for name, m in found["metrics"].items()
    )


def _preserved(found: Json) -> float:
    words = [m["verdict"] for m in found["metrics"].values()]
    return sum(w in (Verdict.PRESERVED, Verdict.IMPROVED) for w in words) / len(words)


def graded_report(graded: Graded, per_metric: int) -> list[str]:
    """Effects and verdicts by dose, then order, coverage and agreement."""
    if not graded:
        return []
    count = len(graded[0][2])
    lines = [
        f"A graded series against its base ({count} audits of each of {len(graded)} conversions, {per_metric} prompts "
        "for each metric, one draw for each model). Worsening in points: over the whole pool (true) and the audits' "
        "mean estimate; verdicts of the fixed and the sequential design, share of audits in percent.",
        "",
        "| base, seed | dose | "
        + " | ".join(
            f"{m.split('.')[1].replace('_', ' ')}: true | estimate | regressed: fixed | sequential | "
            "preserved: fixed | sequential"
            for m in SHOWN
        )
        + " | responses asked, % |",
        "|---|---|" + "---|" * (6 * len(SHOWN) + 1),
    ]
    for card, true, audits in graded:
        cells = []
        for m in SHOWN:
            estimates = [a["fixed"]["metrics"][m].get("worsening", np.nan) for a in audits]
            cells += [100 * true[m], 100 * np.nanmean(estimates)]
            cells += [
                100 * np.mean([a[d]["metrics"][m]["verdict"] == word for a in audits])
                for word in (Verdict.REGRESSED, Verdict.PRESERVED)
                for d in DESIGNS
            ]
        cells.append(100 * np.mean([a["cost"] for a in audits]))
        shown = " | ".join(f"{c:.1f}" for c in cells)
        lines.append(f"| {card['base']}, {card['seed']} | {card['dose']:g} % | {shown} |")
    return [*lines, "", *_order(graded), "", *_coverage(graded), "", *_agreement(graded), ""]


def _order(graded: Graded) -> list[str]:
    """Rank correlation of dose with means over bases and seeds, and within each base and seed in every round."""
    rows = [
        "| rank correlation of dose and | mean estimate over bases and seeds | true, one base and seed | "
        "median of audits, one base and seed | of these at -0.9 or below, % |",
        "|---|---|---|---|---|",
    ]
    for title, metrics in (*((m.split(".")[1].replace("_", " "), (m,)) for m in SHOWN), ("mean of both", SHOWN)):
        true, rounds = [], []
        for group in sorted({(c["base"], c["seed"]) for c, _, _ in graded}):
            own = [g for g in graded if (g[0]["base"], g[0]["seed"]) == group]
            doses = [card["dose"] for card, _, _ in own]
            true.append(_rho(doses, [_mean(t, metrics) for _, t, _ in own]))
            rounds += [
                _rho(doses, [_mean(_estimates(audits[i]), metrics) for _, _, audits in own])
                for i in range(len(own[0][2]))
            ]
        low = 100 * np.mean(np.array(rounds) <= -0.9)
        found = (_pooled(graded, metrics), np.mean(true), np.median(rounds))
        rows.append(f"| {title} | {' | '.join(f'{rho:+.2f}' for rho in found)} | {low:.0f} |")
    return rows


def _pooled(graded: Graded, metrics: Sequence[str]) -> float:
    """Rank correlation of dose with the mean estimate over all audits of all bases and seeds at that dose."""
    doses = sorted({card["dose"] for card, _, _ in graded})
    means = [
        np.nanmean([_mean(_estimates(a), metrics) for card, _, audits in graded if card["dose"] == d for a in audits])
        for d in doses
    ]
    return _rho(doses, [float(m) for m in means])


def _mean(values: Mapping[str, float], metrics: Sequence[str]) -> float:
    return float(np.mean([values[m] for m in metrics]))


def _rho(x: Sequence[float], y: Sequence[float]) -> float:
    return float(spearmanr(x, y).statistic)


def _estimates(audit: Json) -> dict[str, float]:
    return {name: m.get("worsening", np.nan) for name, m in audit["fixed"]["metrics"].items()}


def _coverage(graded: Graded) -> list[str]:
    """How often intervals hold the truth, over all metrics with an estimate, and over those that truly moved."""
    rows = [
        "| intervals that hold the truth, % | all metrics | metrics that moved by 0.5 points or more |",
        "|---|---|---|",
    ]
    for title, design, low, high in (
        ("unadjusted 95 %, fixed", "fixed", "low_95", "high_95"),
        ("simultaneous, fixed", "fixed", "low", "high"),
        ("simultaneous (repeated), sequential", "sequential", "low", "high"),
    ):
        hits = [
            (m[low] <= true[name] <= m[high], abs(true[name]) >= STILL)
            for _, true, audits in graded
            for a in audits
            for name, m in a[design]["metrics"].items()
            if low in m
        ]
        held, moved = np.array(hits).T
        rows.append(
            f"| {title} | {100 * held.mean():.1f} of {held.size} | {100 * held[moved].mean():.1f} of {moved.sum()} |"
        )
    return rows


def _agreement(graded: Graded) -> list[str]:
    """How often the sequential design says what the fixed one says on the same audit."""
    pairs = [
        (m["verdict"], a["sequential"]["metrics"][name]["verdict"])
        for _, _, audits in graded
        for a in audits
        for name, m in a["fixed"]["metrics"].items()
    ]
    both = [(f, s) for f, s in pairs if f in DECIDED and s in DECIDED]
    fixed, sequential = ([p for p in pairs if p[i] in DECIDED] for i in (0, 1))
    cost = np.mean([a["cost"] for _, _, audits in graded for a in audits])
    other = sorted(Counter(f for f, s in sequential if f not in DECIDED).items())
    return [
        "| sequential against fixed | share, % | of |",
        "|---|---|---|",
        f"| same word where the sequential design decides | {_same(sequential)} | {len(sequential)} |",
        *(f"| there the fixed design says {w.replace('_', ' ')} | {_percent(n, sequential)} | |" for w, n in other),
        f"| same word where both decide | {_same(both)} | {len(both)} |",
        f"| same word where the fixed design decides | {_same(fixed)} | {len(fixed)} |",
        f"| responses asked of the candidate | {100 * cost:.1f} | |",
    ]


def _percent(count: int, of: Sequence[tuple[str, str]]) -> str:
    return f"{100 * count / len(of):.1f}"


def _same(pairs: Sequence[tuple[str, str]]) -> str:
    return f"{100 * np.mean([f == s for f, s in pairs]):.1f}" if pairs else "-"
