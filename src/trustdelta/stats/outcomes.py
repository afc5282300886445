"""How often the two models end in each outcome state, compared as any metric is: paired, with an interval.

A reasoning model that runs out of tokens, or refuses more, changes which responses are scored at all; that is a finding
of its own and never a footnote.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trustdelta.records import Outcome
from trustdelta.stats.draws import reduce_cells
from trustdelta.stats.estimate import ClusterRule, sample
from trustdelta.stats.multiplicity import holm
from trustdelta.stats.score_interval import bounds, p_not_worse, p_worse
from trustdelta.stats.table import OUTCOMES, MetricRows


@dataclass(frozen=True, slots=True)
class OutcomeShift:
    """One outcome state's share of responses in each arm, and the candidate's share minus the baseline's.

    `low_95`, `high_95` bound the difference two-sided; `p` is the two-sided p-value that the arms do not differ, Holm
    adjusted over the states of the comparison.
    """

    outcome: Outcome
    baseline: float
    candidate: float
    difference: float
    low_95: float
    high_95: float
    p: float
    n_pairs: int


def compare_outcomes(rows: MetricRows, rule: ClusterRule | None = None) -> tuple[OutcomeShift, ...]:
    """Every outcome state that occurs in `rows`, compared over the prompts asked of both arms.

    Empty where fewer than two prompts were asked of both.
    """
    states = [OUTCOMES[i] for i in np.unique(rows.outcome)]
    shifts = [s for s in (_compare(rows, state, rule or ClusterRule()) for state in states) if s is not None]
    adjusted = holm([s[1] for s in shifts])
    return tuple(
        OutcomeShift(state, base, cand, diff, low, high, p, n)
        for ((state, base, cand, diff, low, high, n), _), p in zip(shifts, adjusted, strict=True)
    )


_Row = tuple[Outcome, float, float, float, float, float, int]


def _compare(rows: MetricRows, state: Outcome, rule: ClusterRule) -> tuple[_Row, float] | None:
    """One state's row and its unadjusted two-sided p-value."""
    prompt_P, local_R = np.unique(rows.prompt, return_inverse=True)
    hit_R = (rows.outcome == OUTCOMES.index(state)).astype(float)
    share_P2 = reduce_cells(hit_R, local_R.astype(np.int64) * 2 + rows.arm, prompt_P.size * 2).reshape(-1, 2)
    both = np.asarray(~np.isnan(share_P2).any(axis=1))
    found = sample(share_P2[both, 1] - share_P2[both, 0], rows.cluster_P[prompt_P[both]], rule)
    if found is None:
        return None
    m = found.moments
    low, high = bounds(m, 0.025)
    p = min(1.0, 2 * min(float(p_worse(m)), float(p_not_worse(m, 0.0))))
    baseline, candidate = (float(v) for v in share_P2[both].mean(axis=0))
    return (state, baseline, candidate, float(m.mean), float(low), float(high), found.n), p
