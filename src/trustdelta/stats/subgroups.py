"""Groups of a metric's prompts (strata, topics, languages), each tested for a worsening on these prompts.

A loss that sits in one group hides in a metric's mean: +44 points in one of twelve groups are +1.8 over all. The groups
of all primary trust metrics are one family, tested by Holm's procedure at a fifth of the audit's level. Unscored
responses count in the candidate's favour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trustdelta.records import GroupVerdict, Metric, MetricVerdict, Role
from trustdelta.records.arrays import Floats, Ints
from trustdelta.stats.pairs import Pairs
from trustdelta.stats.plan import GROUP_SHARE, VerdictPlan, family
from trustdelta.stats.score_interval import bounds, moments, p_worse
from trustdelta.stats.table import ScoreTable

SMALLEST = 8
"""Prompts below which a group is not tested: it could hardly show anything, and would cost the others power."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of one metric, tested one by one."""

    verdicts: tuple[GroupVerdict, ...]


def groups_of(metric: Metric, table: ScoreTable, pairs: Pairs) -> Groups | None:
    """Every group of a primary trust metric that is large enough; None for a metric that is not tested by groups."""
    if metric.role is not Role.PRIMARY or family(metric) != "trust":
        return None
    found: list[GroupVerdict] = []
    for kind, (names, code_P) in table.groups.items():
        code_N, code_asked = code_P[pairs.prompt_N], code_P[pairs.prompt_P]
        present = np.unique(code_asked[code_asked >= 0])
        if present.size < 2:
            continue
        for code in present:
            one = _group(pairs, code_N == code, code_asked == code)
            if one is not None:
                found.append(replace(one, kind=kind, name=names[code]))
    return Groups(tuple(found))


def _group(pairs: Pairs, in_N: Ints, in_P: Ints) -> GroupVerdict | None:
    """One group's difference, and the evidence that it is a worsening; None where it is too small."""
    best_P = pairs.best_P[in_P] / pairs.span
    if best_P.size < SMALLEST or int(in_N.sum()) < 2:
        return None
    seen: Floats = pairs.worse_N[in_N] / pairs.span
    low, high = bounds(moments(seen), 0.025)
    return GroupVerdict(
        kind="",
        name="",
        n_pairs=seen.size,
        baseline=float(pairs.baseline_N[in_N].mean()),
        candidate=float(pairs.candidate_N[in_N].mean()),
        worsening=float(seen.mean()) * pairs.span,
        low_95=float(low) * pairs.span,
        high_95=float(high) * pairs.span,
        p_regressed=float(p_worse(moments(best_P))),
    )


def tested(groups: Mapping[str, Groups], plan: VerdictPlan) -> dict[str, tuple[GroupVerdict, ...]]:
    """The groups of all metrics with those marked that regressed, by metric name.

    Holm's procedure as a step-down: all p-values below the level over the number of hypotheses left are rejected, and
    again with fewer left. At an early look a hypothesis gets that look's share of the level, so that stopping early
    costs nothing.
    """
    left = [(name, i) for name, found in groups.items() for i in range(len(found.verdicts))]
    rejected: set[tuple[str, int]] = set()
    while left:
        level = GROUP_SHARE * plan.alpha / len(left)
        levels = {name: plan.level(name, level) for name, _ in left}
        new = {(name, i) for name, i in left if groups[name].verdicts[i].p_regressed < levels[name]}
        if not new:
            break
        rejected |= new
        left = [one for one in left if one not in new]
    return {
        name: tuple(replace(g, regressed=(name, i) in rejected) for i, g in enumerate(found.verdicts))
        for name, found in groups.items()
    }


def regressed_groups(verdicts: Sequence[MetricVerdict]) -> list[tuple[MetricVerdict, GroupVerdict]]:
    """Every group that regressed with its metric, largest worsening first."""
    found = [(v, g) for v in verdicts for g in v.groups if g.regressed]
    return sorted(found, key=lambda one: (-one[1].worsening / one[0].metric.bound, one[0].metric.name, one[1].name))
