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

from trustdelta.records import TRUST_DIMENSIONS, AACheck, Metric, Role, Verdict
from trustdelta.stats.metric import judge
from trustdelta.stats.plan import VerdictPlan, metric_alphas
from trustdelta.stats.table import ScoreTable

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
    for _ in range(splits):
        sham = table.split_baseline(rng)
        if sham is None:
            return None
        said = [judge(m, sham, sham_plan, levels[m.name]).verdict.verdict for m in primary]
        wrong = said.count(Verdict.REGRESSED)
        false, hit = false + wrong, hit + (wrong > 0)
        preserved += said.count(Verdict.PRESERVED)
        measured += sum(v is not Verdict.NOT_MEASURABLE for v in said)
    failed = hit > 0 and float(bdtrc(hit - 1, splits, plan.alpha)) < SURPRISE
    return AACheck(splits, hit, false, preserved / max(measured, 1), failed)
