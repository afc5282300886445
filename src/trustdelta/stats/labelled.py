"""One metric's judged pairs beside the human labels of some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trustdelta.records import Metric
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.label_design import LabelSample
from trustdelta.stats.pairs import Pairs, pair
from trustdelta.stats.table import ScoreTable


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Judged pairs (suffix N), of which M have human labels for both models."""

    judged: Pairs
    drawn: LabelSample
    worse_M: Floats
    """Human difference of each labelled prompt, positive where the candidate is worse."""
    human_M2: Floats
    """Human values of baseline and candidate, in the metric's own direction."""

    @classmethod
    def of(cls, judged: Pairs, metric: Metric, series: str, table: ScoreTable) -> Labelled:
        """The judged pairs with the labels of that series; `table.frames` holds how the labelled prompts were drawn."""
        human = pair(table.metric_rows(metric.benchmark, series, metric.part, metric.strata), metric, interim=True)
        _, at, at_human = np.intersect1d(judged.prompt_N, human.prompt_N, assume_unique=True, return_indices=True)
        stratum_P = table.frames.get((series, metric.part))
        stratum_N = None if stratum_P is None else stratum_P[judged.prompt_N]
        values = np.stack([human.baseline_N, human.candidate_N], axis=1)[at_human]
        drawn = LabelSample.of(at, stratum_N, judged.prompt_N.size)
        return cls(judged, drawn, human.worse_N[at_human], values)

    @property
    def labels(self) -> int:
        """Number of labelled pairs."""
        return int(self.drawn.at_M.size)

    @property
    def judged_N2(self) -> Floats:
        """Judged values of baseline and candidate."""
        return np.stack([self.judged.baseline_N, self.judged.candidate_N], axis=1)

    @property
    def error_M(self) -> Floats:
        """Judged minus human difference of each labelled prompt."""
        return np.asarray(self.judged.worse_N[self.drawn.at_M] - self.worse_M)

    def rates(self, weight: float) -> Floats:
        """Means of baseline and candidate, corrected with the judge's weight; their difference is the corrected one."""
        judged = self.judged_N2
        rest = self.human_M2 - weight * judged[self.drawn.at_M]
        return np.asarray(weight * judged.mean(axis=0) + self.drawn.mean(rest.T))


def stacked(parts: Sequence[Labelled]) -> tuple[LabelSample, Ints, Floats]:
    """Labels of several metrics of one judge as one sample, each prompt once.

    Returns the sample, the cluster of each of its N prompts, and judged minus human values of both models, (M, 2).
    """
    prompt = np.concatenate([p.judged.prompt_N for p in parts])
    cluster = np.concatenate([p.judged.cluster_N for p in parts])
    starts = np.cumsum([0, *(p.judged.prompt_N.size for p in parts)])
    codes = np.cumsum([0, *(p.drawn.sizes_H.size for p in parts)])
    stratum = np.concatenate([p.drawn.stratum_N + code for p, code in zip(parts, codes, strict=False)])
    at = np.concatenate([p.drawn.at_M + start for p, start in zip(parts, starts, strict=False)])
    error = np.concatenate([p.judged_N2[p.drawn.at_M] - p.human_M2 for p in parts])
    first = np.sort(np.unique(prompt, return_index=True)[1])
    unique = np.isin(at, first)
    drawn = LabelSample.of(np.searchsorted(first, at[unique]), stratum[first], first.size)
    return drawn, cluster[first], error[unique]
