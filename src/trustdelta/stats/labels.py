"""A judge's net bias between the models from human labels, for one metric or pooled over those it scores.

A metric with enough labels and no interim analysis gets the SII-PPI interval (`stats.ppi`). Elsewhere the judged
interval is shifted by the bias: [L - U_b, U - L_b], with four fifths of the level for the judged interval and one fifth
for the bias (union bound). This is valid although stopping depended on the judge, and for pooled labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import fdtrc

from trustdelta.records import Better, Metric, Part
from trustdelta.records.arrays import Floats
from trustdelta.stats.labelled import Labelled, stacked
from trustdelta.stats.pairs import pair
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.ppi import MIN_LABELS, net_bias
from trustdelta.stats.score_interval import Moments, bounds, critical
from trustdelta.stats.table import ScoreTable

Interval = tuple[float, float]
Bounds = Callable[[float], Interval]

JUDGED_SHARE = 0.8
"""Share of the level that the judged interval gets; the bias gets the rest."""

POOLED_LABELS = 100
"""Labelled pairs of all metrics of a judge below which they are not pooled: fewer cannot show that they differ."""

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
    shift: tuple[float, float] = (0.0, 0.0)
    """Mean of judged minus human values of baseline and candidate, in the metric's units."""

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Bounds of b, each missed with probability `alpha`: the wider of score-increment and Student-t bounds.

        The tail of the former towards zero is too light where the bias is not zero.
        """
        (low, high), m = bounds(self.moments, alpha), self.moments
        wald = critical(alpha, m.df) * np.sqrt(m.variance)
        return 2 * min(float(low), float(m.mean - wald)), 2 * max(float(high), float(m.mean + wald))

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


def biases(metrics: Sequence[Metric], table: ScoreTable, plan: VerdictPlan) -> dict[str, Bias]:
    """The net bias of every judged metric with enough labels, of the metric or of its judge, by metric name."""
    labels = {m.name: _labelled(m, table, plan.labels[m.name]) for m in metrics if m.judged and m.name in plan.labels}
    groups: dict[tuple[str, Part], list[Metric]] = defaultdict(list)
    for metric in metrics:
        if metric.name in labels:
            groups[metric.scorer, metric.part].append(metric)
    by_name = {}
    for members in groups.values():
        enough = {m.name for m in members if labels[m.name].labels >= MIN_LABELS}
        pooled = _pooled(members, labels) if len(enough) < len(members) else None
        for metric in members:
            bias = _of([metric], [labels[metric.name]], own=True) if metric.name in enough else pooled
            if bias is not None:
                by_name[metric.name] = replace(_turned(bias, metric), span=_span(metric))
    return by_name


def swap(metric: Metric, other: str, table: ScoreTable) -> Bias | None:
    """Effect of a change of judge on the metric's worsening: its judge's difference less that of series `other`.

    None below two prompts that both judges scored for both models. A bias that both judges share does not show.
    """
    contrast = _labelled(metric, table, other)
    if contrast.labels < 2:
        return None
    return replace(_turned(_of([metric], [contrast], own=True), metric), span=_span(metric))


def _labelled(metric: Metric, table: ScoreTable, series: str) -> Labelled:
    judged = table.metric_rows(metric.benchmark, metric.scorer, metric.part, metric.strata)
    return Labelled.of(pair(judged, metric, interim=True), metric, series, table)


def _span(metric: Metric) -> float:
    return (2.0 if metric.signed else 1.0) * metric.bound


def _of(metrics: Sequence[Metric], labels: Sequence[Labelled], *, own: bool) -> Bias:
    """The bias of candidate minus baseline, in units of the score, over the prompts of all metrics."""
    drawn, cluster_N, error_M2 = stacked(labels)
    error_M = error_M2[:, 1] - error_M2[:, 0]
    span = _span(metrics[0])
    several = np.unique(cluster_N[drawn.at_M]).size > 1
    clustered = cluster_N if several and np.unique(cluster_N).size < cluster_N.size else None
    moments = net_bias(error_M / span, drawn, clustered)
    shift = drawn.mean(error_M2.T)
    return Bias(moments, int(error_M.size), own=own, span=span, shift=(float(shift[0]), float(shift[1])))


def _sign(metric: Metric) -> float:
    return 1.0 if metric.better is Better.LOWER else -1.0


def _turned(bias: Bias, metric: Metric) -> Bias:
    """A bias of candidate minus baseline as one of the metric's worsening."""
    m = bias.moments
    if metric.better is Better.LOWER:
        return bias
    return replace(bias, moments=m._replace(mean=-m.mean, up=m.down, down=m.up))


def _pooled(metrics: Sequence[Metric], labels: Mapping[str, Labelled]) -> Bias | None:
    """The bias over all metrics of a judge, each prompt once; None with too few labels or where the metrics differ."""
    parts = [(m, labels[m.name]) for m in metrics if labels[m.name].labels]
    if len(parts) < 2 or sum(label.labels for _, label in parts) < POOLED_LABELS:
        return None
    if differ([_sign(m) * label.error_M for m, label in parts]):
        return None
    bias = _of([m for m, _ in parts], [label for _, label in parts], own=False)
    return bias if bias.pairs >= POOLED_LABELS else None


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
