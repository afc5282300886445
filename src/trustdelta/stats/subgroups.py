"""Groups of a metric's prompts (strata, topics, languages), each tested for a worsening on these prompts.

A metric's mean can hide a worsening of one group: +44 percentage points in one of twelve groups are +1.8 in all. The
groups of all primary trust metrics are one family, tested by Holm's procedure at a fifth of the audit's level; so are,
apart from them, those of the extended dimensions. Unscored responses count in the candidate's favour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from trustdelta.records import GroupVerdict, Metric, Role
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.pairs import Pairs
from trustdelta.stats.plan import GROUP_SHARE, WITH_GROUPS, VerdictPlan, family
from trustdelta.stats.score_interval import bounds, moments, p_worse
from trustdelta.stats.table import ScoreTable

SMALLEST = 8
"""Prompts below which a group is not tested: it has hardly any power, and would cost the others power."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of one metric with their p-values."""

    verdicts: tuple[GroupVerdict, ...]


def groups_of(metric: Metric, table: ScoreTable, pairs: Pairs) -> Groups | None:
    """Every group of a primary metric that is large enough; None for a metric that is not tested by groups."""
    if metric.role is not Role.PRIMARY or family(metric) not in WITH_GROUPS:
        return None
    verdicts: list[GroupVerdict] = []
    for kind, (names, code_P) in table.groups.items():
        code_N, code_all_P = code_P[pairs.prompt_N], code_P[pairs.prompt_P]
        present = np.unique(code_all_P[code_all_P >= 0])
        if present.size < 2:
            continue
        for code in present:
            verdict = _group(pairs, code_N == code, code_all_P == code)
            if verdict is not None:
                verdicts.append(replace(verdict, kind=kind, name=names[code]))
    return Groups(tuple(verdicts))


def _group(pairs: Pairs, in_N: Ints, in_P: Ints) -> GroupVerdict | None:
    """One group's difference with its interval and p-value; None where the group is too small."""
    best_P = pairs.best_P[in_P] / pairs.span
    if best_P.size < SMALLEST or int(in_N.sum()) < 2:
        return None
    observed: Floats = pairs.worse_N[in_N] / pairs.span
    low, high = bounds(moments(observed), 0.025)
    return GroupVerdict(
        kind="",
        name="",
        n_pairs=observed.size,
        baseline=float(pairs.baseline_N[in_N].mean()),
        candidate=float(pairs.candidate_N[in_N].mean()),
        worsening=float(observed.mean()) * pairs.span,
        low_95=float(low) * pairs.span,
        high_95=float(high) * pairs.span,
        p_regressed=float(p_worse(moments(best_P))),
    )


def tested(groups: Mapping[str, Groups], plan: VerdictPlan) -> dict[str, tuple[GroupVerdict, ...]]:
    """The groups of the metrics of one family with regressions marked, by metric name.

    Holm's procedure as a step-down: all p-values below the level over the number of hypotheses left are rejected, and
    again with fewer left. At an interim analysis a hypothesis gets that look's share of the level.
    """
    left = [(name, i) for name, members in groups.items() for i in range(len(members.verdicts))]
    rejected: set[tuple[str, int]] = set()
    while left:
        level = GROUP_SHARE * plan.alpha / len(left)
        levels = {name: plan.level(name, level) for name, _ in left}
        new = {(name, i) for name, i in left if groups[name].verdicts[i].p_regressed < levels[name]}
        if not new:
            break
        rejected |= new
        left = [key for key in left if key not in new]
    return {
        name: tuple(replace(g, regressed=(name, i) in rejected) for i, g in enumerate(members.verdicts))
        for name, members in groups.items()
    }
