"""Accuracy of a judge against human labels, overall and for each judged model, with intervals.

Intervals are percentile intervals of a seeded bootstrap over prompts, since answers to one prompt are not independent.
A row without a judgement counts in `coverage` only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trustdelta.errors import ConfigError, DataError
from trustdelta.judges.pair_bias import Decision, pair_bias
from trustdelta.judges.rows import PROMPT, Columns, Row, canonical, cell, label, missing, prompt_of, require
from trustdelta.records.arrays import Floats, Ints
from trustdelta.scorers import registry
from trustdelta.scorers.base import Scorer, judge_all

Figure = dict[str, float | None]

THRESHOLD = 0.5
RESAMPLES = 1000
CONFIDENCE = 0.95
FIGURES = ("coverage", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "kappa", "auroc")


def calibrate(
    scorer: str | Scorer,
    rows: Sequence[Row],
    columns: Columns,
    positive: Sequence[str] = (),
    negative: Sequence[str] = (),
    seed: int = 0,
) -> dict[str, Any]:
    """Measure a scorer on labelled rows: `scorer, version, left_out, overall, groups, pair_bias`.

    `overall` and each of `groups` have `n` and the FIGURES, each as {estimate, low, high}; `left_out` counts rows with
    a label that is neither positive nor negative; `pair_bias` (judges.pair_bias) is empty with fewer than four groups.
    Raises DataError for missing columns or a class without rows, and UnknownNameError for an unknown scorer.
    """
    judge = registry.load(scorer) if isinstance(scorer, str) else scorer
    require(rows, columns)
    if both := {canonical(p) for p in positive} & {canonical(n) for n in negative}:
        raise ConfigError(f"--positive and --negative both name {sorted(both)[0]!r}; a label belongs to one class.")
    labels = [label(row.get(columns.label), positive, negative) for row in rows]
    labelled = [row for row, value in zip(rows, labels, strict=True) if value is not None]
    truth = np.array([value for value in labels if value is not None], dtype=bool)
    if not truth.any() or truth.all():
        values = sorted({cell(row, columns.label)[:40] or "(empty)" for row in rows})[:12]
        raise DataError(
            f"both classes are needed; the labels are {', '.join(values)}: name them as positive or negative"
        )
    score, cluster, group = (
        scores_of(judge, labelled, columns),
        clusters_of(labelled, columns),
        groups_of(labelled, columns),
    )
    judged = [
        Decision(model, prompt, float(value > THRESHOLD), float(y))
        for model, prompt, value, y in zip(group, cluster, score, truth, strict=False)
        if not np.isnan(value)
    ]
    return {
        "scorer": judge.name,
        "version": judge.version,
        "left_out": len(rows) - len(labelled),
        "overall": figures(truth, score, cluster, seed),
        "groups": _by_group(group, lambda i: figures(truth[i], score[i], [cluster[k] for k in i], seed)),
        "pair_bias": pair_bias(judged),
    }


def agree(
    first: str | Scorer, second: str | Scorer, rows: Sequence[Row], columns: Columns, seed: int = 0
) -> dict[str, Any]:
    """Compare two judges on the same texts: share judged by both, share of equal decisions, Cohen's kappa.

    Each statistic is {estimate, low, high}; `flips` counts decisions by (first, second). Labels are not needed.
    """
    judges = [registry.load(s) if isinstance(s, str) else s for s in (first, second)]
    require(rows, Columns(columns.prompt, columns.text, "", columns.group))
    scores = [scores_of(judge, rows, columns) for judge in judges]
    cluster, group = clusters_of(rows, columns), groups_of(rows, columns)

    def compare(i: Ints) -> dict[str, Any]:
        a, b = scores[0][i], scores[1][i]
        a = np.where(np.isnan(b), np.nan, a)
        result = figures(b > THRESHOLD, a, [cluster[k] for k in i], seed)
        both = ~np.isnan(a)
        flips = {
            f"{int(x)}{int(y)}": int(np.sum(((a > THRESHOLD) == x)[both] & ((b > THRESHOLD) == y)[both]))
            for x in (False, True)
            for y in (False, True)
        }
        shared = {key: result[key] for key in ("n", "coverage", "accuracy", "kappa")}
        return {**shared, "flips": flips}

    return {
        "judges": [{"name": s.name, "version": s.version} for s in judges],
        "overall": compare(np.arange(len(rows))),
        "groups": _by_group(group, compare),
    }


def scores_of(judge: Scorer, rows: Sequence[Row], columns: Columns) -> Floats:
    """A judge's score of every row's text; NaN without a score or a text."""
    present = [i for i, row in enumerate(rows) if not missing(row.get(columns.text))]
    pairs = [(prompt_of(rows[i], columns), cell(rows[i], columns.text)) for i in present]
    score = np.full(len(rows), np.nan)
    for i, judgement in zip(present, judge_all(judge, pairs), strict=True):
        score[i] = np.nan if judgement.value is None else judgement.value
    return score


def clusters_of(rows: Sequence[Row], columns: Columns) -> list[str]:
    """The cluster of every row: its prompt, or the row itself without one."""
    prompts = [cell(row, columns.prompt or PROMPT) for row in rows]
    return [f"prompt {prompt}" if prompt else f"row {i}" for i, prompt in enumerate(prompts)]


def groups_of(rows: Sequence[Row], columns: Columns) -> list[str]:
    """The group of every row; empty without a column."""
    return [cell(row, columns.group) or "(none)" for row in rows] if columns.group else []


def _by_group(group: Sequence[str], measure: Callable[[Ints], dict[str, Any]]) -> dict[str, Any]:
    """One measurement per group, by name; empty without groups."""
    names = np.asarray(group, dtype=object)
    return {name: measure(np.flatnonzero(names == name)) for name in sorted(set(group))}


def figures(truth: NDArray[np.bool_], score: Floats, cluster: Sequence[str], seed: int) -> dict[str, Any]:
    """`n` and the FIGURES of scores (NaN: not judged) against two classes, with intervals over clusters."""
    _, code = np.unique(np.asarray(cluster, dtype=str), return_inverse=True)
    n_clusters = int(code.max()) + 1
    cells = _cells(truth, score)
    by_cluster = np.zeros((n_clusters, cells.shape[1]))
    np.add.at(by_cluster, code, cells)
    rng = np.random.default_rng(seed)
    weight = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=RESAMPLES).astype(np.float64)
    estimate = {name: float(values[0]) for name, values in _ratios(by_cluster.sum(0, keepdims=True)).items()}
    draws = _ratios(weight @ by_cluster)
    judged = ~np.isnan(score)
    area = Area(truth[judged], score[judged])
    estimate["auroc"] = area(np.ones(int(judged.sum())))
    draws["auroc"] = np.array([area(w[code[judged]]) for w in weight])
    return {"n": len(truth), **{name: interval(estimate[name], draws[name]) for name in FIGURES}}


def interval(estimate: float, draws: Floats) -> Figure:
    """Estimate with its percentile interval; None if it is undefined."""
    if np.isnan(estimate):
        return {"estimate": None, "low": None, "high": None}
    tail = 100 * (1 - CONFIDENCE) / 2
    draws = draws[~np.isnan(draws)]
    if not draws.size:
        return {"estimate": estimate, "low": None, "high": None}
    low, high = np.percentile(draws, [tail, 100 - tail])
    return {"estimate": estimate, "low": float(low), "high": float(high)}


def _cells(truth: NDArray[np.bool_], score: Floats) -> Floats:
    """Per row: true positive, false positive, false negative, true negative, not judged."""
    judged, positive = ~np.isnan(score), score > THRESHOLD
    parts = (
        judged & positive & truth,
        judged & positive & ~truth,
        judged & ~positive & truth,
        judged & ~positive & ~truth,
        ~judged,
    )
    return np.stack(parts, axis=1).astype(np.float64)


def _ratios(cells: Floats) -> dict[str, Floats]:
    """The statistics of rows of summed cells; NaN for a denominator of zero."""
    tp, fp, fn, tn, missing = cells.T
    judged = tp + fp + fn + tn
    with np.errstate(divide="ignore", invalid="ignore"):
        accuracy = (tp + tn) / judged
        recall, specificity, precision = tp / (tp + fn), tn / (tn + fp), tp / (tp + fp)
        chance = ((tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)) / judged**2
        return {
            "coverage": judged / (judged + missing),
            "accuracy": accuracy,
            "balanced_accuracy": (recall + specificity) / 2,
            "precision": precision,
            "recall": recall,
            "f1": 2 * tp / (2 * tp + fp + fn),
            "kappa": (accuracy - chance) / (1 - chance),
        }


class Area:
    """Weighted area under the ROC curve of fixed scores, with ties counted half; sorts once for many weightings."""

    def __init__(self, truth: NDArray[np.bool_], score: Floats) -> None:
        values, self.code = np.unique(score, return_inverse=True)
        self.size, self.truth = len(values), truth

    def __call__(self, weight: Floats) -> float:
        """The area with these row weights; NaN if a class has no weight."""
        positive = np.bincount(self.code, weights=weight * self.truth, minlength=self.size)
        negative = np.bincount(self.code, weights=weight * ~self.truth, minlength=self.size)
        total = positive.sum() * negative.sum()
        if not total:
            return float("nan")
        below = np.cumsum(negative) - negative
        return float((positive * (below + negative / 2)).sum() / total)


def names() -> list[str]:
    """Names of the scorers of `calibrate`, sorted."""
    return registry.names()


Summary = Mapping[str, Any]
"""The JSON-serialisable result of calibrate and agree."""
