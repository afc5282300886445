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
from trustdelta.stats.draws import difference_noise, reduce_cells
from trustdelta.stats.margins import DOUBLING_FLOOR, guards_doubling, margin_of
from trustdelta.stats.metric import judge
from trustdelta.stats.plan import VerdictPlan, metric_alphas
from trustdelta.stats.scopes import sample
from trustdelta.stats.score_interval import p_not_worse, p_worse
from trustdelta.stats.table import MetricRows, ScoreTable

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
    sham_plan = replace(plan, interim=True, assumption_failed=False, unreadable="", look={}, stopped={}, labels={})
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
    plain = not plan.anytime and metric.reduce == "mean" and not np.isnan(rows.value).any()
    if plain:
        pool = sham.pool_clusters(metric.benchmark, metric.strata)
        quick = _word(metric, rows, plan, level, reaches=plan.scopes.reaches_beyond(pool))
        if quick is not None and not (metric.judged and quick is not Verdict.INCONCLUSIVE):
            return quick
    return judge(metric, sham, plan, level).verdict.verdict


def _word(metric: Metric, rows: MetricRows, plan: VerdictPlan, level: float, *, reaches: bool) -> Verdict | None:
    """The word read off p-values, which the interval inverts; None below two pairs."""
    if not rows.prompt.size:
        return None
    new_R = np.r_[False, rows.prompt[1:] != rows.prompt[:-1]]
    cell_R = np.cumsum(new_R) * 2 + rows.arm
    size = 2 * (int(cell_R[-1]) // 2 + 1)
    value_P2 = reduce_cells(rows.value, cell_R, size).reshape(-1, 2)
    both_P = ~np.isnan(value_P2).any(axis=1)
    signed = metric.signed or bool((rows.value < 0).any())
    span, lower = (2 if signed else 1) * metric.bound, metric.better is Better.LOWER
    baseline_N, candidate_N = (value_P2[both_P] if lower else -value_P2[both_P]).T
    cluster_N = rows.cluster_P[rows.prompt[np.r_[0, np.flatnonzero(new_R)]]][both_P]
    noise_N = difference_noise(rows.value, cell_R, size)[both_P] / span**2
    seen = sample((candidate_N - baseline_N) / span, cluster_N, reaches=reaches, noise_N=noise_N)
    if seen is None:
        return None
    margin = min(margin_of(metric, plan, checked=False) / span, 1.0)
    doubled = False
    if guards_doubling(metric, plan, signed=signed):
        harm_N = baseline_N if lower else baseline_N + metric.bound
        twice = sample(np.maximum((candidate_N - baseline_N - harm_N) / span, -1.0), cluster_N, reaches=reaches)
        doubled = twice is not None and float(p_not_worse(twice.claim, DOUBLING_FLOOR)) >= level
    if p_not_worse(seen.claim, 0.0) < level:
        return Verdict.IMPROVED
    if p_not_worse(seen.claim, margin) < level and not doubled:
        return Verdict.PRESERVED
    return Verdict.REGRESSED if p_worse(seen.here) < level else Verdict.INCONCLUSIVE
