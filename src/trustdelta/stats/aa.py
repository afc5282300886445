"""The built-in A/A check: the baseline against itself, from its own repeated draws.

Each split deals every prompt's baseline draws to two sham arms and runs the very audit on them. The truth is then "no
difference", so any regression is false. The splits reuse the same draws and are correlated: a smoke alarm, no p-value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trustdelta.records import AACheck, Metric, Role, Verdict
from trustdelta.stats.metric import judge
from trustdelta.stats.plan import VerdictPlan, metric_alphas
from trustdelta.stats.table import ScoreTable

SPLITS = 20


def aa_check(
    metrics: Sequence[Metric], table: ScoreTable, plan: VerdictPlan, rng: np.random.Generator, splits: int = SPLITS
) -> AACheck | None:
    """Run the audit on sham arms made of the baseline's draws; None where no prompt has two baseline draws."""
    primary = [m for m in metrics if m.role is Role.PRIMARY]
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
    return AACheck(splits, hit, false, preserved / max(measured, 1), hit / splits > plan.alpha)
