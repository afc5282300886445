"""Rows of one metric become pairs: one oriented difference per prompt, and what the missing could have made of it.

Suffixes: R rows, P prompts asked, N prompts paired (scored in both arms). Differences are in the metric's own units,
positive where the candidate is worse.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from trustdelta.errors import DataError
from trustdelta.records import Arm, Better, Metric, Missing, Outcome
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.draws import difference_noise, reduce_cells
from trustdelta.stats.table import ARMS, OUTCOMES, TRUNCATED, MetricRows

REASONS_SHOWN = 8


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """One metric's paired differences. `span` is the largest possible difference (the B of the interval).

    `worse_N` observed differences with their clusters; `best_P` and `worst_P` the differences over all prompts asked
    of both arms if every unscored candidate response were good (bad) and every unscored baseline response bad (good).
    `noise_N`: generation variance of each difference, NaN where an arm has one draw. `harm_N` and `harm_best_P`: the
    baseline's badness (its distance from the good end), observed and with its unscored responses good. `baseline_N` and
    `candidate_N`: the values themselves, in the metric's own direction.
    """

    worse_N: Floats
    prompt_N: Ints
    cluster_N: Ints
    noise_N: Floats
    best_P: Floats
    worst_P: Floats
    cluster_P: Ints
    prompt_P: Ints
    harm_N: Floats
    harm_best_P: Floats
    baseline_N: Floats
    candidate_N: Floats
    span: float
    signed: bool
    baseline: float
    candidate: float
    draws: tuple[float, float]
    missing: Missing


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Prompt x arm cells: how many rows were wanted and scored in each, shapes (P, 2)."""

    cell_R: Ints
    wanted: Ints
    scored: Ints
    prompt_P: Ints

    @property
    def size(self) -> int:
        return int(self.wanted.size)


def pair(rows: MetricRows, metric: Metric, *, interim: bool = False) -> Pairs:
    """Pair one metric's rows; raises DataError where a score lies outside the metric's declared range.

    `interim`: prompts asked of one arm only are still to come and do not count; otherwise the other arm owes them, and
    they count as unscored ("no_response").
    """
    signed = _check_range(rows.value, metric)
    cells = _cells(rows, interim=interim)
    if interim:
        rows, cells = _due(rows, cells)
    k0 = _common_draws(cells) if metric.reduce == "max" else 1
    how = "mean" if metric.reduce.endswith("_share") else metric.reduce
    low, high = (-metric.bound if signed else 0.0), metric.bound
    good, bad = (high, low) if metric.better is Better.HIGHER else (low, high)
    sign = 1.0 if metric.better is Better.LOWER else -1.0
    seen_P2 = reduce_cells(rows.value, cells.cell_R, cells.size, how=how, k0=k0).reshape(-1, 2)
    both = np.asarray(~np.isnan(seen_P2).any(axis=1))
    worse_N = sign * (seen_P2[both, 1] - seen_P2[both, 0])
    worst_P2 = _imputed(rows, cells, how, k0, (good, bad))
    best_P2 = _imputed(rows, cells, how, k0, (bad, good))
    worst_P, best_P = (sign * (v[:, 1] - v[:, 0]) for v in (worst_P2, best_P2))
    counts = cells.scored[both].mean(axis=0) if both.any() else np.zeros(2)
    baseline, candidate = seen_P2[both].mean(axis=0) if both.any() else (np.nan, np.nan)
    missing = _missing(rows, cells, int((~both).sum()), best_P, worst_P)
    cluster_P = rows.cluster_P[cells.prompt_P]
    noise_P = difference_noise(rows.value, cells.cell_R, cells.size) if how == "mean" else np.full(both.size, np.nan)
    return Pairs(
        worse_N, cells.prompt_P[both], cluster_P[both], noise_P[both], best_P, worst_P, cluster_P, cells.prompt_P,
        np.abs(seen_P2[both, 0] - good), np.abs(worst_P2[:, 0] - good), seen_P2[both, 0], seen_P2[both, 1],
        high - low, signed,
        float(baseline), float(candidate), (float(counts[0]), float(counts[1])), missing,
    )  # fmt: skip


def _check_range(value_R: Floats, metric: Metric) -> bool:
    """Whether the score is signed; a negative score widens the declared range to [-bound, bound], never narrows it."""
    if metric.bound <= 0:
        raise DataError(f"metric {metric.name!r} declares bound {metric.bound}; wanted a positive number.")
    seen = value_R[~np.isnan(value_R)]
    if seen.size == 0:
        return metric.signed
    low, high = float(seen.min()), float(seen.max())
    slack = 1e-9 * metric.bound
    if high > metric.bound + slack or low < -metric.bound - slack:
        raise DataError(
            f"metric {metric.name!r} declares bound {metric.bound}, but its scores run from {low:g} to {high:g}; "
            "declare the scale's true range (never the sample's)."
        )
    return metric.signed or low < 0


def _cells(rows: MetricRows, *, interim: bool) -> _Cells:
    """Number the prompt x arm cells of the rows (already sorted by prompt)."""
    prompt_P, local_R = np.unique(rows.prompt, return_inverse=True)
    cell_R = local_R.astype(np.int64) * 2 + rows.arm
    n = prompt_P.size * 2
    scored = np.bincount(cell_R[~np.isnan(rows.value)], minlength=n).reshape(-1, 2)
    wanted = np.bincount(cell_R, minlength=n).reshape(-1, 2)
    # A response that one arm owes is wanted, though no row says so.
    return _Cells(cell_R, wanted if interim else np.maximum(wanted, 1), scored, prompt_P)


def _due(rows: MetricRows, cells: _Cells) -> tuple[MetricRows, _Cells]:
    """Keep the prompts that both arms were asked."""
    asked_P = np.asarray((cells.wanted > 0).all(axis=1))
    keep = asked_P[cells.cell_R // 2]
    kept = MetricRows(
        rows.prompt[keep], rows.arm[keep], rows.value[keep], rows.outcome[keep], rows.reason[keep],
        rows.reasons, rows.cluster_P,
    )  # fmt: skip
    return kept, _cells(kept, interim=True)


def _common_draws(cells: _Cells) -> int:
    """Draws that both arms' design gives a prompt: the smaller of the two arms' usual number."""
    if not cells.wanted.size:
        return 1
    return max(1, int(min(np.median(cells.wanted[:, arm]) for arm in (0, 1))))


def _imputed(rows: MetricRows, cells: _Cells, how: str, k0: int, fill: tuple[float, float]) -> Floats:
    """Values per prompt and arm with every unscored response of arm a set to fill[a]."""
    fill_R = np.where(rows.arm == 1, fill[1], fill[0])
    value_R = np.where(np.isnan(rows.value), fill_R, rows.value)
    values_P2 = reduce_cells(value_R, cells.cell_R, cells.size, how=how, k0=k0).reshape(-1, 2)
    return np.where(np.isnan(values_P2), np.asarray(fill), values_P2)


def _missing(rows: MetricRows, cells: _Cells, left_out: int, best_P: Floats, worst_P: Floats) -> Missing:
    """Shares of unscored and truncated responses per arm, with reasons."""
    wanted = np.maximum(cells.wanted.sum(axis=0), 1)
    unscored = (cells.wanted - cells.scored).sum(axis=0) / wanted
    cut = np.isin(rows.outcome, [OUTCOMES.index(o) for o in TRUNCATED])
    truncated = np.bincount(rows.arm[cut], minlength=2) / wanted
    mean = (float(v.mean()) if v.size else 0.0 for v in (best_P, worst_P))
    best, worst = mean
    return Missing(
        int(cells.wanted.sum()), float(unscored[0]), float(unscored[1]), float(truncated[0]), float(truncated[1]),
        left_out, best, worst, _reasons(rows, cells),
    )  # fmt: skip


def _reasons(rows: MetricRows, cells: _Cells) -> dict[str, dict[str, int]]:
    """Why responses are unscored, per arm: the outcome state, or the scorer's reason where that says more."""
    owed = cells.wanted.sum(axis=0) - np.bincount(rows.arm, minlength=2)
    unscored = np.isnan(rows.value)
    counts: dict[Arm, Counter[str]] = {arm: Counter() for arm in ARMS}
    keys = np.stack([rows.arm, rows.outcome, rows.reason])[:, unscored]
    combos, times = np.unique(keys, axis=1, return_counts=True)
    for (arm, outcome, reason), count in zip(combos.T, times, strict=True):
        state = OUTCOMES[outcome]
        fine = state in (Outcome.ANSWERED, Outcome.REFUSED, Outcome.EVADED, Outcome.LANGUAGE_NOT_READ)
        counts[ARMS[arm]][(rows.reasons[reason] or "ungraded") if fine else state.value] += int(count)
    for arm, n in zip(ARMS, owed, strict=True):
        if n > 0:
            counts[arm]["no_response"] += int(n)
    return {arm.value: _shorten(c) for arm, c in counts.items() if c}


def _shorten(counts: Counter[str]) -> dict[str, int]:
    """The commonest reasons, the rest summed."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = dict(ordered[:REASONS_SHOWN])
    rest = sum(n for _, n in ordered[REASONS_SHOWN:])
    return {**shown, "other": rest} if rest else shown
