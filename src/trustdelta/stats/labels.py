"""A judge's net bias between the models from human labels, for one metric or pooled over those it scores.

A metric with enough labels and no interim analysis gets the SII-PPI interval (`stats.ppi`). Elsewhere the judged
interval is shifted by the bias: [L - U_b, U - L_b], with four fifths of the level for the judged interval and one fifth
for the bias (union bound). This is valid although stopping depended on the judge, and for pooled labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from trustdelta.records import Better, Metric, Part
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.pairs import pair
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.ppi import MIN_LABELS, net_bias
from trustdelta.stats.score_interval import Moments, bounds
from trustdelta.stats.table import ScoreTable

Interval = tuple[float, float]
Bounds = Callable[[float], Interval]

JUDGED_SHARE = 0.8
"""Share of the level that the judged interval gets; the bias gets the rest."""

HETEROGENEITY_P = 0.10
"""Labels of several metrics are pooled only where their biases do not differ at this level."""


@dataclass(frozen=True, slots=True, eq=False)
class Bias:
    """A judge's net bias b on one metric's worsening."""

    moments: Moments
    """Moments of b / 2 in units of the metric's span."""
    pairs: int
    """Number of labelled pairs."""
    own: bool
    """Whether the labels are the metric's own; otherwise they are pooled over all metrics that the judge scores."""
    span: float
    """Largest possible difference in the metric's units."""

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Bounds of b, each missed with probability `alpha`."""
        low, high = bounds(self.moments, alpha)
        return 2 * float(low), 2 * float(high)

    def shifted(self, judged: Bounds, judged_level: float, level: float) -> Bounds:
        """The judged bounds shifted by those of the bias (union bound), in the metric's units; valid after any stop.

        `judged_level` and `level`: the per-tail levels of the judged bounds and of the bias. The returned function
        takes a level, as all bounds do, and ignores it.
        """
        (low, high), (bias_low, bias_high) = judged(judged_level), self.bounds(level)
        bounds_shifted = (max(-self.span, low - bias_high * self.span), min(self.span, high - bias_low * self.span))
        return lambda _: bounds_shifted

    @property
    def plausible(self) -> float:
        """The largest size of b within its 95 % interval, in the metric's units."""
        return max(abs(b) for b in self.bounds(0.025)) * self.span


@dataclass(frozen=True, slots=True, eq=False)
class _Errors:
    """Judged minus human difference (candidate less baseline, in the score's own units) of labelled prompts."""

    prompt: Ints
    cluster: Ints
    value: Floats


def biases(metrics: Sequence[Metric], table: ScoreTable, plan: VerdictPlan) -> dict[str, Bias]:
    """The net bias of every judged metric with enough labels, of the metric or of its judge, by metric name."""
    errors = {m.name: _errors(m, table, plan.labels[m.name]) for m in metrics if m.judged and m.name in plan.labels}
    groups: dict[tuple[str, Part], list[Metric]] = defaultdict(list)
    for metric in metrics:
        if metric.name in errors:
            groups[metric.scorer, metric.part].append(metric)
    by_name = {}
    for members in groups.values():
        pooled = _pooled([errors[m.name] for m in members])
        for metric in members:
            own = errors[metric.name]
            chosen = own if own.value.size >= MIN_LABELS else pooled
            if chosen is not None:
                span = (2.0 if metric.signed else 1.0) * metric.bound
                by_name[metric.name] = Bias(
                    _oriented(chosen, metric, span), chosen.value.size, own=chosen is own, span=span
                )
    return by_name


def swap(metric: Metric, other: str, table: ScoreTable) -> Bias | None:
    """Effect of a change of judge on the metric's worsening: its judge's difference less that of series `other`.

    None below two prompts that both judges scored for both models. A bias that both judges share does not show.
    """
    contrast = _errors(metric, table, other)
    if contrast.value.size < 2:
        return None
    span = (2.0 if metric.signed else 1.0) * metric.bound
    return Bias(_oriented(contrast, metric, span), contrast.value.size, own=True, span=span)


def _errors(metric: Metric, table: ScoreTable, human: str) -> _Errors:
    """The judge's errors on the prompts with human labels for both models."""
    judged, labelled = (
        pair(table.metric_rows(metric.benchmark, scorer, metric.part, metric.strata), metric, interim=True)
        for scorer in (metric.scorer, human)
    )
    _, at, at_human = np.intersect1d(judged.prompt_N, labelled.prompt_N, assume_unique=True, return_indices=True)
    sign = 1.0 if metric.better is Better.LOWER else -1.0
    wrong = sign * (judged.worse_N[at] - labelled.worse_N[at_human])
    return _Errors(judged.prompt_N[at], judged.cluster_N[at], wrong)


def _pooled(parts: Sequence[_Errors]) -> _Errors | None:
    """The errors of all metrics, each prompt once; None where there are too few or the metrics differ."""
    prompt = np.concatenate([e.prompt for e in parts])
    _, first = np.unique(prompt, return_index=True)
    if len(parts) < 2 or first.size < MIN_LABELS or differ([e.value for e in parts]):
        return None
    cluster = np.concatenate([e.cluster for e in parts])
    value = np.concatenate([e.value for e in parts])
    return _Errors(prompt[first], cluster[first], value[first])


def differ(values: Sequence[Floats]) -> bool:
    """Whether group means differ: Welch's F test (1951, Biometrika 38:330-336) at `HETEROGENEITY_P`.

    Groups of one label or without variance cannot be tested: they count as different unless all values are equal.
    """
    if np.ptp(np.concatenate(values)) == 0:
        return False
    sizes = np.array([v.size for v in values], dtype=float)
    if sizes.min() < 2 or min(float(np.var(v)) for v in values) == 0:
        return True
    weight = sizes / np.array([np.var(v, ddof=1) for v in values])
    means = np.array([v.mean() for v in values])
    centre = float(np.sum(weight * means) / weight.sum())
    k = sizes.size
    tail = float(np.sum((1 - weight / weight.sum()) ** 2 / (sizes - 1)))
    f = float(np.sum(weight * (means - centre) ** 2)) / (k - 1) / (1 + 2 * (k - 2) / (k * k - 1) * tail)
    return bool(fdtrc(k - 1, (k * k - 1) / (3 * tail), f) < HETEROGENEITY_P)


def _oriented(errors: _Errors, metric: Metric, span: float) -> Moments:
    """Moments of b / 2 on the metric's worsening, in units of its span."""
    sign = 1.0 if metric.better is Better.LOWER else -1.0
    alone = np.unique(errors.cluster).size < 2
    return net_bias(sign * errors.value / span, np.zeros(errors.value.size), None if alone else errors.cluster)


def less_bias(judged: Moments, bias: Bias) -> Moments:
    """Moments of the judged difference less the bias, treated as independent; for forecasts and p-values."""
    b = bias.moments
    shift = -2 * b.mean
    return judged._replace(
        mean=judged.mean + shift,
        up=judged.up + np.maximum(shift, 0),
        down=judged.down + np.maximum(-shift, 0),
        variance=judged.variance + 4 * b.variance,
        variance_iid=judged.variance_iid + 4 * b.variance_iid,
        n_effective=np.minimum(judged.n_effective, b.n_effective),
        df=np.minimum(judged.df, b.df),
    )


def split(alpha: float) -> tuple[float, float]:
    """Shares of a level for the judged interval and for the bias."""
    return JUDGED_SHARE * alpha, (1 - JUDGED_SHARE) * alpha
