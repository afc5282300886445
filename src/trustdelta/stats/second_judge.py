"""Two judges on one metric: the first decides, and where the second comes to another end the verdict says so.

A claim that does not survive a change of judge is no claim: it becomes inconclusive. That can only take claims away, so
the chance of a false one stays bounded.
"""

from __future__ import annotations

from dataclasses import replace

from trustdelta.records import MetricVerdict, SecondOpinion, Verdict
from trustdelta.stats.labels import Bias
from trustdelta.stats.metric import Judged

CODE = "judges-disagree"
CLAIMS = (Verdict.PRESERVED, Verdict.IMPROVED, Verdict.REGRESSED)


def agreed(first: Judged, second: Judged, swap: Bias | None) -> Judged:
    """The first judge's decision with the second's beside it.

    `swap`: what the change of judge does to the worsening; where nobody labelled, it grades the claim.
    """
    verdict, other = first.verdict, second.verdict
    opinion = SecondOpinion(other.metric.scorer, other.verdict, other.estimate, other.reason)
    return replace(first, verdict=_said(_graded(replace(verdict, second=opinion), swap), other.verdict))


def _graded(found: MetricVerdict, swap: Bias | None) -> MetricVerdict:
    """The claim graded against the change of judge; a fragile one, or one that labels graded, stays as it is."""
    tip = found.tipping
    if tip is None or swap is None or tip.evidence == "labels":
        return found
    plausible = swap.plausible / found.metric.bound
    grade = tip.grade if tip.grade == "fragile" else "robust" if tip.net_bias > plausible else "sensitive"
    return replace(found, tipping=replace(tip, plausible_bias=plausible, grade=grade, evidence="judge-swap"))


def _said(found: MetricVerdict, other: Verdict | None) -> MetricVerdict:
    """The word: a claim is withdrawn where the other judge lands on another side of a gate."""
    if found.verdict is other:
        return found
    found = replace(found, flags=(*found.flags, CODE))
    both_pass = found.verdict is not None and found.verdict.holds and other is not None and other.holds
    if found.verdict not in CLAIMS or both_pass:
        return found
    return replace(found, verdict=Verdict.INCONCLUSIVE, severity="", reason=CODE, tipping=None, scope=None)
