"""Pairs the rows of one metric: one oriented difference per prompt, and its bounds over the missing responses.

Suffixes: R rows, P prompts sent, N prompts paired (scored for both models). Differences are in the metric's own units,
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
    """One metric's paired differences."""

    worse_N: Floats
    """Observed differences."""
    prompt_N: Ints
    cluster_N: Ints
    noise_N: Floats
    """Generation variance of each difference, NaN where a model has one draw."""
    best_P: Floats
    """Differences with unscored candidate responses imputed as good and unscored baseline responses as bad."""
    worst_P: Floats
    """Differences with unscored candidate responses imputed as bad and unscored baseline responses as good."""
    cluster_P: Ints
    prompt_P: Ints
    harm_N: Floats
    """The baseline's badness: its distance from the best value."""
    harm_best_P: Floats
    """The baseline's badness with its unscored responses imputed as good."""
    baseline_N: Floats
    """The baseline's values, in the metric's own direction."""
    candidate_N: Floats
    """The candidate's values, in the metric's own direction."""
    span: float
    """Largest possible difference (the B of the interval)."""
    signed: bool
    baseline: float
    """Mean of `baseline_N`."""
    candidate: float
    """Mean of `candidate_N`."""
    draws: tuple[float, float]
    """Mean number of scored draws per pair, of the baseline and of the candidate."""
    missing: Missing


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Prompt x model cells."""

    cell_R: Ints
    expected: Ints
    """Expected rows of each cell, shape (P, 2)."""
    scored: Ints
    """Scored rows of each cell, shape (P, 2)."""
    prompt_P: Ints

    @property
    def size(self) -> int:
        return int(self.expected.size)


def pair(rows: MetricRows, metric: Metric, *, interim: bool = False) -> Pairs:
    """Pair one metric's rows; raises DataError where a score lies outside the metric's declared range.

    `interim`: prompts that only one model has answered are pending and do not count. Otherwise the other model's
    responses are missing and count as unscored ("no_response").
    """
    signed = _check_range(rows.value, metric)
    cells = _cells(rows, interim=interim)
    if interim:
        rows, cells = _sent_to_both(rows, cells)
    k0 = _common_draws(cells) if metric.reduce == "max" else 1
    reduce = "mean" if metric.reduce.endswith("_share") else metric.reduce
    low, high = (-metric.bound if signed else 0.0), metric.bound
    good, bad = (high, low) if metric.better is Better.HIGHER else (low, high)
    sign = 1.0 if metric.better is Better.LOWER else -1.0
    observed_P2 = reduce_cells(rows.value, cells.cell_R, cells.size, reduce=reduce, k0=k0).reshape(-1, 2)
    both = np.asarray(~np.isnan(observed_P2).any(axis=1))
    worse_N = sign * (observed_P2[both, 1] - observed_P2[both, 0])
    worst_P2 = _imputed(rows, cells, reduce, k0, (good, bad))
    best_P2 = _imputed(rows, cells, reduce, k0, (bad, good))
    worst_P, best_P = (sign * (v[:, 1] - v[:, 0]) for v in (worst_P2, best_P2))
    counts = cells.scored[both].mean(axis=0) if both.any() else np.zeros(2)
    baseline, candidate = observed_P2[both].mean(axis=0) if both.any() else (np.nan, np.nan)
    missing = _missing(rows, cells, int((~both).sum()), best_P, worst_P)
    cluster_P = rows.cluster_P[cells.prompt_P]
    noise_P = difference_noise(rows.value, cells.cell_R, cells.size) if reduce == "mean" else np.full(both.size, np.nan)
    return Pairs(
        worse_N, cells.prompt_P[both], cluster_P[both], noise_P[both], best_P, worst_P, cluster_P, cells.prompt_P,
        np.abs(observed_P2[both, 0] - good), np.abs(worst_P2[:, 0] - good), observed_P2[both, 0], observed_P2[both, 1],
        high - low, signed,
        float(baseline), float(candidate), (float(counts[0]), float(counts[1])), missing,
    )  # fmt: skip


def _check_range(value_R: Floats, metric: Metric) -> bool:
    """Whether the score is signed; a negative score widens the declared range to [-bound, bound], never narrows it."""
    if metric.bound <= 0:
        raise DataError(f"metric {metric.name!r} declares bound {metric.bound}; declare a positive number.")
    observed = value_R[~np.isnan(value_R)]
    if observed.size == 0:
        return metric.signed
    low, high = float(observed.min()), float(observed.max())
    slack = 1e-9 * metric.bound
    if high > metric.bound + slack or low < -metric.bound - slack:
        raise DataError(
            f"metric {metric.name!r} declares bound {metric.bound}, but its scores run from {low:g} to {high:g}; "
            "declare the scale's true range (never the sample's)."
        )
    return metric.signed or low < 0


def _cells(rows: MetricRows, *, interim: bool) -> _Cells:
    """The prompt x model cells of the rows (already sorted by prompt)."""
    prompt_P, local_R = np.unique(rows.prompt, return_inverse=True)
    cell_R = local_R.astype(np.int64) * 2 + rows.arm
    n = prompt_P.size * 2
    scored = np.bincount(cell_R[~np.isnan(rows.value)], minlength=n).reshape(-1, 2)
    expected = np.bincount(cell_R, minlength=n).reshape(-1, 2)
    # A response that is missing from one model is expected, though it has no row.
    return _Cells(cell_R, expected if interim else np.maximum(expected, 1), scored, prompt_P)


def _sent_to_both(rows: MetricRows, cells: _Cells) -> tuple[MetricRows, _Cells]:
    """The rows and cells of prompts that were sent to both models."""
    sent_P = np.asarray((cells.expected > 0).all(axis=1))
    keep = sent_P[cells.cell_R // 2]
    due = MetricRows(
        rows.prompt[keep], rows.arm[keep], rows.value[keep], rows.outcome[keep], rows.reason[keep],
        rows.reasons, rows.cluster_P,
    )  # fmt: skip
    return due, _cells(due, interim=True)


def _common_draws(cells: _Cells) -> int:
    """Draws per prompt that both models have: the smaller of their median numbers."""
    if not cells.expected.size:
        return 1
    return max(1, int(min(np.median(cells.expected[:, arm]) for arm in (0, 1))))


def _imputed(rows: MetricRows, cells: _Cells, reduce: str, k0: int, fill: tuple[float, float]) -> Floats:
    """Values per prompt and model, with unscored responses of model a imputed as fill[a]."""
    fill_R = np.where(rows.arm == 1, fill[1], fill[0])
    value_R = np.where(np.isnan(rows.value), fill_R, rows.value)
    values_P2 = reduce_cells(value_R, cells.cell_R, cells.size, reduce=reduce, k0=k0).reshape(-1, 2)
    return np.where(np.isnan(values_P2), np.asarray(fill), values_P2)


def _missing(rows: MetricRows, cells: _Cells, left_out: int, best_P: Floats, worst_P: Floats) -> Missing:
    """Shares of unscored and truncated responses per model, with reasons."""
    expected = np.maximum(cells.expected.sum(axis=0), 1)
    unscored = (cells.expected - cells.scored).sum(axis=0) / expected
    cut = np.isin(rows.outcome, [OUTCOMES.index(o) for o in TRUNCATED])
    truncated = np.bincount(rows.arm[cut], minlength=2) / expected
    mean = (float(v.mean()) if v.size else 0.0 for v in (best_P, worst_P))
    best, worst = mean
    return Missing(
        int(cells.expected.sum()), float(unscored[0]), float(unscored[1]), float(truncated[0]), float(truncated[1]),
        left_out, best, worst, _reasons(rows, cells),
    )  # fmt: skip


def _reasons(rows: MetricRows, cells: _Cells) -> dict[str, dict[str, int]]:
    """Reasons for unscored responses per model: the outcome, or the scorer's reason where it is more specific."""
    owed = cells.expected.sum(axis=0) - np.bincount(rows.arm, minlength=2)
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
    """The most frequent reasons, the others summed."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = dict(ordered[:REASONS_SHOWN])
    rest = sum(n for _, n in ordered[REASONS_SHOWN:])
    return {**shown, "other": rest} if rest else shown
