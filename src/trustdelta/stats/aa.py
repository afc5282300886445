"""The built-in A/A check: the baseline against itself, on its own repeated samples.

Each split assigns every prompt's baseline draws at random to two sham models and runs the same audit on them. The true
difference is zero, so any regression is a false alarm. Conditional on the draws, the splits are independent, so the
number of splits with a false regression is binomial. The check fails where the audit's level can hardly explain that
number. The plain rule "more than 5 % of 20 splits" would fail 26 % of audits that are exactly at their level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import bdtrc

from trustdelta.records import AACheck, Better, Metric, Role, Verdict
from trustdelta.stats.draws import difference_noise, reduce_cells
from trustdelta.stats.margins import DOUBLING_FLOOR, guards_doubling, margin_of
from trustdelta.stats.metric import decide_metric
from trustdelta.stats.plan import VerdictPlan, metric_alphas
from trustdelta.stats.scopes import sample
from trustdelta.stats.score_interval import p_not_worse, p_worse
from trustdelta.stats.table import MetricRows, ScoreTable

SPLITS = 20
SURPRISE = 0.01
"""The check fails where so many splits with a false regression have a smaller probability than this."""


def aa_check(
    metrics: Sequence[Metric], table: ScoreTable, plan: VerdictPlan, rng: np.random.Generator, splits: int = SPLITS
) -> AACheck | None:
    """Run the audit on two halves of the baseline's draws; None where no prompt has two baseline draws.

    Uses the trust metrics with a verdict, whose common level it checks; the capability metrics where there are none.
    """
    primary = [m for m in metrics if m.role is Role.PRIMARY]
    primary = [m for m in primary if m.dimension.trust] or primary
    sham_plan = replace(plan, interim=True, assumption_failed=False, unreadable="", look={}, stopped={}, labels={})
    levels = metric_alphas(metrics, plan)
    false, hit, preserved, measured = 0, 0, 0, 0
    baseline = table.baseline()
    if baseline is None:
        return None
    for _ in range(splits):
        sham = baseline.split(rng)
        verdicts = [_sham_verdict(m, sham, sham_plan, levels[m.name]) for m in primary]
        wrong = verdicts.count(Verdict.REGRESSED)
        false, hit = false + wrong, hit + (wrong > 0)
        preserved += verdicts.count(Verdict.PRESERVED)
        measured += sum(v is not Verdict.NOT_MEASURABLE for v in verdicts)
    failed = hit > 0 and float(bdtrc(hit - 1, splits, plan.alpha)) < SURPRISE
    return AACheck(splits, hit, false, preserved / max(measured, 1), failed)


def _sham_verdict(metric: Metric, sham: ScoreTable, plan: VerdictPlan, level: float) -> Verdict | None:
    """The audit's verdict on one metric, from p-values alone where only the interval decides."""
    rows = sham.metric_rows(metric.benchmark, metric.scorer, metric.part, metric.strata)
    plain = not plan.anytime and metric.reduce == "mean" and not np.isnan(rows.value).any()
    if plain:
        pool = sham.pool_clusters(metric.benchmark, metric.strata)
        quick = _quick_verdict(metric, rows, plan, level, reaches=plan.scopes.reaches_beyond(pool))
        if quick is not None and not (metric.judged and quick is not Verdict.INCONCLUSIVE):
            return quick
    return decide_metric(metric, sham, plan, level).verdict.verdict


def _quick_verdict(
    metric: Metric, rows: MetricRows, plan: VerdictPlan, level: float, *, reaches: bool
) -> Verdict | None:
    """The verdict from the p-values that the interval inverts; None below two pairs."""
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
    paired = sample((candidate_N - baseline_N) / span, cluster_N, reaches=reaches, noise_N=noise_N)
    if paired is None:
        return None
    margin = min(margin_of(metric, plan, checked=False) / span, 1.0)
    doubled = False
    if guards_doubling(metric, plan, signed=signed):
        harm_N = baseline_N if lower else baseline_N + metric.bound
        doubling = sample(np.maximum((candidate_N - baseline_N - harm_N) / span, -1.0), cluster_N, reaches=reaches)
        doubled = doubling is not None and float(p_not_worse(doubling.claim, DOUBLING_FLOOR)) >= level
    if p_not_worse(paired.claim, 0.0) < level:
        return Verdict.IMPROVED
    if p_not_worse(paired.claim, margin) < level and not doubled:
        return Verdict.PRESERVED
    return Verdict.REGRESSED if p_worse(paired.here) < level else Verdict.INCONCLUSIVE
