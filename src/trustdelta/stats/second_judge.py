"""Two judges on one metric: the first decides, and the verdict reports where the second disagrees.

A claim that a change of judge reverses becomes inconclusive. This only removes claims, so the chance of a false one
stays bounded.
"""

from __future__ import annotations

from dataclasses import replace

from trustdelta.records import MetricVerdict, SecondOpinion, Verdict
from trustdelta.stats.labels import Bias
from trustdelta.stats.metric import Decided

CODE = "judges-disagree"
CLAIMS = (Verdict.PRESERVED, Verdict.IMPROVED, Verdict.REGRESSED)


def with_second_judge(first: Decided, second: Decided, swap: Bias | None) -> Decided:
    """The first judge's decision with the second judge's result attached.

    `swap`: the effect of the change of judge on the worsening; without human labels it grades the claim.
    """
    verdict, second_verdict = first.verdict, second.verdict
    opinion = SecondOpinion(
        second_verdict.metric.scorer, second_verdict.verdict, second_verdict.estimate, second_verdict.reason
    )
    return replace(first, verdict=_reconciled(_graded(replace(verdict, second=opinion), swap), second_verdict.verdict))


def _graded(first: MetricVerdict, swap: Bias | None) -> MetricVerdict:
    """The claim graded by the change of judge; a fragile claim, or one graded by labels, is unchanged."""
    tip = first.tipping
    if tip is None or swap is None or tip.evidence == "labels":
        return first
    plausible = swap.plausible / first.metric.bound
    grade = tip.grade if tip.grade == "fragile" else "robust" if tip.net_bias > plausible else "sensitive"
    return replace(first, tipping=replace(tip, plausible_bias=plausible, grade=grade, evidence="judge-swap"))


def _reconciled(first: MetricVerdict, second: Verdict | None) -> MetricVerdict:
    """The verdict after a comparison: inconclusive where the second judge is on the other side of a gate."""
    if first.verdict is second:
        return first
    first = replace(first, flags=(*first.flags, CODE))
    both_pass = first.verdict is not None and first.verdict.holds and second is not None and second.holds
    if first.verdict not in CLAIMS or both_pass:
        return first
    return replace(first, verdict=Verdict.INCONCLUSIVE, severity="", reason=CODE, tipping=None, scope=None)
