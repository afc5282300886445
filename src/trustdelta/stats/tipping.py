"""Sensitivity to judge error (tipping point): the judge error that would overturn a verdict. It needs no labels.

All values are shares of the metric's bound; positive bias makes the candidate look worse than it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from trustdelta.records import MetricVerdict, Tipping, Verdict

DEFAULT_BIAS = 0.03
"""Plausible size of the net differential bias of a rule, or of labels too few to show one."""

PAIRS, CALIBRATED, OTHER_JUDGES = "pair-bias", "calibrated", "other-judges"
"""Evidence of a plausible bias: the bound in a built-in judge's card, a bound that the configuration states, or, for a
judge that was never measured, the largest bound in any card."""
FEW_LABELS = 5
POINT = 0.01
SENSITIVITY, FALSE_POSITIVE = 0.90, 0.10
"""Assumed for a judge without labels: a Youden index of 0.80."""


WITHIN_BIAS = {PAIRS: "judge-pair-bias", CALIBRATED: "judge-pair-bias", OTHER_JUDGES: "judge-unmeasured"}
"""Flag of a claim within the plausible bias of its judge, by the evidence for that bias."""


class JudgeBias(NamedTuple):
    """95 % bound of a judge's bias on the difference between two models: its pair bias."""

    bound: float
    """As a share of the metric's bound."""
    evidence: str
    """PAIRS, CALIBRATED or OTHER_JUDGES."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with its bounds, margin and baseline rate as shares of the metric's bound."""

    verdict: Verdict
    low: float
    high: float
    margin: float
    baseline: float
    n: int
    """Number of scored pairs."""


def tipping(claim: Claim, plausible_bias: float = DEFAULT_BIAS, evidence: str = "assumed") -> Tipping | None:
    """The tipping points of a regressed, preserved or improved claim; None for any other verdict.

    `evidence`: the source of the plausible bias.

    Fragile: fewer than five net wrong labels, or a net bias below one percentage point (or half the margin where that
    is smaller, since the room of "preserved" is at most its margin), would overturn it.
    """
    room = {
        Verdict.REGRESSED: claim.low,
        Verdict.PRESERVED: claim.margin - claim.high,
        Verdict.IMPROVED: -claim.high,
    }.get(claim.verdict)
    if room is None:
        return None
    labels = ceil(claim.n * room)
    fragile = room < min(POINT, claim.margin / 2) or labels < FEW_LABELS
    grade = "fragile" if fragile else "robust" if room > plausible_bias else "sensitive"
    regressed, preserved = claim.verdict is Verdict.REGRESSED, claim.verdict is Verdict.PRESERVED
    return Tipping(
        net_bias=room,
        wrong_labels=labels,
        plausible_bias=plausible_bias,
        grade=grade,
        extra_false_positives=claim.low / (1 - claim.baseline) if regressed and claim.baseline < 1 else None,
        extra_misses=_extra_misses(claim) if preserved else None,
        evidence=evidence,
    )


def may_exceed_bias(verdict: MetricVerdict) -> bool:
    """Whether more responses could carry the claim of a judge-limited metric beyond its judge's plausible bias.

    The room of a claim tends to the difference itself ("regressed") or to its distance from the margin.
    """
    if verdict.tipping is None or verdict.estimate is None:
        return True
    worsening = verdict.estimate.worsening
    return max(worsening, verdict.margin - worsening) > verdict.tipping.plausible_bias * verdict.metric.bound


def _extra_misses(claim: Claim, s: float = SENSITIVITY, f: float = FALSE_POSITIVE) -> float:
    """Loss of sensitivity on the candidate that makes a true shift of the margin look like `high`.

    y = (s - f) - (q_I + U - f) / (p_I + margin), with p_I = (q_I - f) / (s - f) the baseline's true rate behind its
    judged one. Below the judge's assumed false-positive rate, f is taken to be the judged rate itself.
    """
    f = min(f, claim.baseline)
    p = (claim.baseline - f) / (s - f)
    return max(0.0, (s - f) - max(0.0, claim.baseline + claim.high - f) / (p + claim.margin))
