"""The verdict on a metric whose scores are averaged, from p-values, without the intervals that a report shows.

The A/A check needs the words of hundreds of sham metrics. A bound lies beyond a limit exactly where the p-value at that
limit is below the level, so the word is that of `decide_metric`, which inverts the same test; a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trustdelta.records import Better, Metric, Missing, Verdict
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.draws import difference_noise, reduce_cells
from trustdelta.stats.margins import guards_doubling, margin_of
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.scopes import Sample, sample
from trustdelta.stats.score_interval import p_not_worse, p_worse
from trustdelta.stats.table import OUTCOMES, TRUNCATED, MetricRows
from trustdelta.stats.verdict_rule import DOUBLING_FLOOR

CUT = np.array([OUTCOMES.index(outcome) for outcome in TRUNCATED])


def verdict_by_p(metric: Metric, rows: MetricRows, plan: VerdictPlan, level: float, *, reaches: bool) -> Verdict | None:
    """The verdict at an interim analysis, without limits of a judge; None below two pairs.

    `level`: per tail. `reaches`: whether the pool's clusters can represent others.
    """
    cells = _Cells.of(rows)
    if cells is None:
        return None
    lower, signed = metric.better is Better.LOWER, metric.signed or bool((rows.value < 0).any())
    span = (2 if signed else 1) * metric.bound
    least, most = (-metric.bound if signed else 0.0), metric.bound
    views = _Views(
        cells,
        (cells.observed_P2 if lower else -cells.observed_P2) / span,
        ((least, most) if lower else (-most, -least)),
        span,
        reaches,
    )
    observed = views.observed()
    if observed is None:
        return None
    margin = min(margin_of(metric, plan, checked=False) / span, 1.0)
    doubling = guards_doubling(metric, plan, signed=signed)
    verdict = views.claim(observed, margin, level, doubling=doubling)
    if verdict is Verdict.INCONCLUSIVE and plan.limits.breach(cells.missing()):
        return Verdict.NOT_MEASURABLE
    return verdict


@dataclass(frozen=True, slots=True)
class _Views:
    """The differences of a metric as observed, and with the missing responses against either model."""

    cells: _Cells
    worse_P2: Floats
    """Mean badness of each prompt and model, divided by the span."""
    range: tuple[float, float]
    """Least and most badness, in the metric's units."""
    span: float
    reaches: bool

    def observed(self) -> Sample | None:
        """The observed differences; None below two pairs."""
        cells, worse_N2 = self.cells, self.worse_P2[self.cells.both_P]
        noise_N = cells.noise()
        noise_N = None if noise_N is None else noise_N / self.span**2
        d_N = worse_N2[:, 1] - worse_N2[:, 0]
        return sample(d_N, cells.cluster_P[cells.both_P], reaches=self.reaches, noise_N=noise_N)

    def claim(self, observed: Sample, margin: float, level: float, *, doubling: bool) -> Verdict:
        """The claim that holds for the observed differences and for any values of the missing responses."""
        if p_not_worse(observed.claim, margin) < level:
            worst = self._imputed(worst=True) if self.cells.incomplete else observed
            if max(p_not_worse(view.claim, 0.0) for view in (observed, worst)) < level:
                return Verdict.IMPROVED
            if p_not_worse(worst.claim, margin) < level and not (doubling and self._may_have_doubled(level)):
                return Verdict.PRESERVED
        if p_worse(observed.here) < level:
            best = self._imputed(worst=False) if self.cells.incomplete else observed
            if p_worse(best.here) < level:
                return Verdict.REGRESSED
        return Verdict.INCONCLUSIVE

    def _may_have_doubled(self, level: float) -> bool:
        """Whether the baseline's badness may have doubled, with missing responses against the candidate."""
        least = self.range[0] / self.span
        if self.cells.incomplete:
            filled_P2, cluster_N = self._filled(worst=True), self.cells.cluster_P
        else:
            filled_P2, cluster_N = self.worse_P2, self.cells.cluster_P
        twice = filled_P2[:, 1] - 2 * filled_P2[:, 0] + least
        view = sample(np.maximum(twice, -1.0), cluster_N, reaches=self.reaches)
        return view is not None and float(p_not_worse(view.claim, DOUBLING_FLOOR)) >= level

    def _imputed(self, *, worst: bool) -> Sample:
        """The differences with missing responses against the candidate, or in its favour."""
        filled_P2 = self._filled(worst=worst)
        view = sample(filled_P2[:, 1] - filled_P2[:, 0], self.cells.cluster_P, reaches=self.reaches)
        assert view is not None, "there are as many prompts as pairs, at least"
        return view

    def _filled(self, *, worst: bool) -> Floats:
        """Means over all expected responses, unscored ones at the end of the range."""
        cells, (least, most) = self.cells, self.range
        fill = np.asarray((least, most) if worst else (most, least)) / self.span
        filled_P2 = self.worse_P2.copy()
        gap_P2 = cells.scored_P2 < cells.expected_P2
        gaps = gap_P2[:, 0] | gap_P2[:, 1]
        scored, expected = cells.scored_P2[gaps], cells.expected_P2[gaps]
        total = np.where(scored > 0, filled_P2[gaps], 0.0) * scored
        filled_P2[gaps] = (total + (expected - scored) * fill) / expected
        return filled_P2


@dataclass(frozen=True, slots=True)
class _Cells:
    """Means of each prompt that was sent to both models, by prompt and model."""

    observed_P2: Floats
    """Mean of the scored responses, NaN where there is none."""
    scored_P2: Ints
    expected_P2: Ints
    both_P: NDArray[np.bool_]
    """Prompts that are scored for both models."""
    truncated_2: Ints
    """Truncated responses of each model."""
    cluster_P: Ints
    rows: tuple[Floats, Ints, NDArray[np.bool_]]
    """Value and cell of each row, and which prompts of the cells were sent to both models."""

    @classmethod
    def of(cls, rows: MetricRows) -> _Cells | None:
        """From rows that are sorted by prompt; None where there are none."""
        if not rows.prompt.size:
            return None
        new_R = np.r_[True, rows.prompt[1:] != rows.prompt[:-1]]
        cell_R = (np.cumsum(new_R) - 1) * 2 + rows.arm
        size = 2 * (int(cell_R[-1]) // 2 + 1)
        expected_P2 = np.bincount(cell_R, minlength=size).reshape(-1, 2)
        sent_P = (expected_P2[:, 0] > 0) & (expected_P2[:, 1] > 0)
        scored_P2 = np.bincount(cell_R[~np.isnan(rows.value)], minlength=size).reshape(-1, 2)
        observed_P2 = reduce_cells(rows.value, cell_R, size).reshape(-1, 2)
        cluster_P = rows.cluster_P[rows.prompt[np.flatnonzero(new_R)]]
        cut_R = np.isin(rows.outcome, CUT) & sent_P[cell_R // 2]
        truncated_2 = np.bincount(rows.arm[cut_R], minlength=2)
        if not sent_P.all():
            observed_P2, scored_P2 = observed_P2[sent_P], scored_P2[sent_P]
            expected_P2, cluster_P = expected_P2[sent_P], cluster_P[sent_P]
        both_P = (scored_P2[:, 0] > 0) & (scored_P2[:, 1] > 0)
        return cls(observed_P2, scored_P2, expected_P2, both_P, truncated_2, cluster_P, (rows.value, cell_R, sent_P))

    @property
    def incomplete(self) -> bool:
        """Whether any expected response is unscored."""
        return bool((self.scored_P2 < self.expected_P2).any())

    def noise(self) -> Floats | None:
        """Generation variance of each difference; None where it is unknown for some prompt."""
        if (self.scored_P2[self.both_P] < 2).any():
            return None
        value_R, cell_R, sent_P = self.rows
        return difference_noise(value_R, cell_R, 2 * sent_P.size)[sent_P][self.both_P]

    def missing(self) -> Missing:
        """Shares of unscored and truncated responses, for the limits."""
        expected_2 = np.maximum(self.expected_P2.sum(axis=0), 1)
        unscored_2 = (expected_2 - self.scored_P2.sum(axis=0)) / expected_2
        cut_2 = self.truncated_2 / expected_2
        return Missing(
            int(expected_2.sum()),
            float(unscored_2[0]),
            float(unscored_2[1]),
            float(cut_2[0]),
            float(cut_2[1]),
            0,
            0.0,
            0.0,
        )
