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

from trustdelta.records import AACheck, Metric, Role, Verdict
from trustdelta.stats.metric import decide_metric
from trustdelta.stats.plan import VerdictPlan, metric_alphas
from trustdelta.stats.table import ScoreTable
from trustdelta.stats.verdict_by_p import verdict_by_p

SPLITS = 20
UNCLAIMED = (Verdict.INCONCLUSIVE, Verdict.NOT_MEASURABLE)
"""Verdicts that no limit of a judge changes."""
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
    reaches = [plan.scopes.reaches_beyond(table.pool_clusters(m.benchmark, m.strata)) for m in primary]
    for _ in range(splits):
        sham = baseline.split(rng)
        verdicts = [
            _sham_verdict(m, sham, sham_plan, levels[m.name], reaches=reach)
            for m, reach in zip(primary, reaches, strict=True)
        ]
        wrong = verdicts.count(Verdict.REGRESSED)
        false, hit = false + wrong, hit + (wrong > 0)
        preserved += verdicts.count(Verdict.PRESERVED)
        measured += sum(v is not Verdict.NOT_MEASURABLE for v in verdicts)
    failed = hit > 0 and float(bdtrc(hit - 1, splits, plan.alpha)) < SURPRISE
    return AACheck(splits, hit, false, preserved / max(measured, 1), failed)


def _sham_verdict(
    metric: Metric, sham: ScoreTable, plan: VerdictPlan, level: float, *, reaches: bool
) -> Verdict | None:
    """The audit's verdict on one metric, from p-values alone where only the interval decides.

    `reaches`: whether the pool's clusters can represent others.
    """
    if not plan.anytime and metric.reduce == "mean":
        rows = sham.metric_rows(metric.benchmark, metric.scorer, metric.part, metric.strata)
        verdict = verdict_by_p(metric, rows, plan, level, reaches=reaches)
        if verdict is not None and (verdict in UNCLAIMED or not metric.judged):
            return verdict
    return decide_metric(metric, sham, plan, level).verdict.verdict
