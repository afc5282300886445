"""The built-in A/A check: the baseline against itself, from its own repeated draws.

Each split deals every prompt's baseline draws to two sham arms and runs the very audit on them. The truth is then "no
difference", so any regression is false. Given the draws, the splits are independent deals, so the number of them with a
false regression is binomial; the alarm is raised where the audit's level can hardly explain it. A plain "more than 5 %
of 20 splits" would cry wolf in 26 % of audits that are exactly at their level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import bdtrc

from trustdelta.records import TRUST_DIMENSIONS, AACheck, Better, Metric, Role, Verdict
from trustdelta.stats.draws import reduce_cells
from trustdelta.stats.estimate import sample
from trustdelta.stats.margins import margin_of
from trustdelta.stats.metric import judge
from trustdelta.stats.plan import VerdictPlan, metric_alphas
from trustdelta.stats.score_interval import p_not_worse, p_worse
from trustdelta.stats.table import OUTCOMES, TRUNCATED, MetricRows, ScoreTable

SPLITS = 20
SURPRISE = 0.01
"""The alarm is raised where so many splits with a false regression would have a smaller probability than this."""


def aa_check(
    metrics: Sequence[Metric], table: ScoreTable, plan: VerdictPlan, rng: np.random.Generator, splits: int = SPLITS
) -> AACheck | None:
    """Run the audit on sham arms made of the baseline's draws; None where no prompt has two baseline draws.

    Over the trust metrics with a verdict, whose common level it checks; over capability where there are no others.
    """
    primary = [m for m in metrics if m.role is Role.PRIMARY]
    primary = [m for m in primary if m.dimension in TRUST_DIMENSIONS] or primary
    sham_plan = replace(plan, interim=True, assumption_failed=False, look_alpha={}, stopped={}, labels={})
    levels = metric_alphas(metrics, plan)
    false, hit, preserved, measured = 0, 0, 0, 0
    baseline = table.baseline()
    if baseline is None:
        return None
    for _ in range(splits):
        sham = baseline.split(rng)
        said = [_said(m, sham, sham_plan, levels[m.name]) for m in primary]
        wrong = said.count(Verdict.REGRESSED)
        false, hit = false + wrong, hit + (wrong > 0)
        preserved += said.count(Verdict.PRESERVED)
        measured += sum(v is not Verdict.NOT_MEASURABLE for v in said)
    failed = hit > 0 and float(bdtrc(hit - 1, splits, plan.alpha)) < SURPRISE
    return AACheck(splits, hit, false, preserved / max(measured, 1), failed)


def _said(metric: Metric, sham: ScoreTable, plan: VerdictPlan, level: float) -> Verdict | None:
    """The audit's word on one metric: by p-values alone where nothing but the interval decides."""
    rows = sham.metric_rows(metric.benchmark, metric.scorer, metric.part, metric.strata)
    plain = plan.clusters.estimand == "population" and not plan.anytime and metric.reduce == "mean"
    if plain and not _uneven(rows, plan):
        quick = _word(metric, rows, plan, level)
        if quick is not None and not (metric.judged and quick is not Verdict.INCONCLUSIVE):
            return quick
    return judge(metric, sham, plan, level).verdict.verdict


def _uneven(rows: MetricRows, plan: VerdictPlan) -> bool:
    """Whether so much is missing, or so unequally, that more than the interval may decide."""
    limits = plan.limits
    wanted = np.maximum(np.bincount(rows.arm, minlength=2), 1)
    unscored = np.bincount(rows.arm[np.isnan(rows.value)], minlength=2) / wanted
    cut = np.bincount(rows.arm[np.isin(rows.outcome, [OUTCOMES.index(o) for o in TRUNCATED])], minlength=2) / wanted
    gaps = float(max(np.ptp(unscored), np.ptp(cut)))
    # Half the limit: a prompt with one arm's row only does not count in the audit, so the shares there are others.
    few = unscored.max() < limits.unscored / 2 and cut.max() < limits.truncated / 2
    return not (few and gaps < limits.bounds_gap / 2)


def _word(metric: Metric, rows: MetricRows, plan: VerdictPlan, level: float) -> Verdict | None:
    """The word read off p-values, which the interval inverts; None below two pairs."""
    if not rows.prompt.size:
        return None
    new_R = np.r_[False, rows.prompt[1:] != rows.prompt[:-1]]
    local_R = np.cumsum(new_R)
    size = 2 * (int(local_R[-1]) + 1)
    value_P2 = reduce_cells(rows.value, local_R * 2 + rows.arm, size).reshape(-1, 2)
    both_P = ~np.isnan(value_P2).any(axis=1)
    baseline_N, candidate_N = value_P2[both_P].T
    signed = metric.signed or bool((rows.value < 0).any())
    span = (2 if signed else 1) * metric.bound
    sign = 1 if metric.better is Better.LOWER else -1
    cluster_N = rows.cluster_P[rows.prompt[np.r_[0, np.flatnonzero(new_R)]]][both_P]
    found = sample(sign * (candidate_N - baseline_N) / span, cluster_N, plan.clusters)
    if found is None:
        return None
    margin = margin_of(metric, plan, float(baseline_N.mean()), signed=signed, checked=False)
    for word, p in (
        (Verdict.IMPROVED, p_not_worse(found.moments, 0.0)),
        (Verdict.PRESERVED, p_not_worse(found.moments, min(margin / span, 1.0))),
        (Verdict.REGRESSED, p_worse(found.moments)),
    ):
        if p < level:
            return word
    return Verdict.INCONCLUSIVE
