"""How wrong the judge would have to be to overturn a verdict. Needs no labels; printed beside every claim.

Everything is a share of the metric's bound; positive bias makes the candidate look worse than it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from trustdelta.records import Tipping, Verdict

DEFAULT_BIAS = 0.03
"""Plausible size of a judge's net differential bias where nothing is known of it."""

FEW_LABELS = 5
POINT = 0.01
SENSITIVITY, FALSE_POSITIVE = 0.90, 0.10
"""Of an unlabelled judge: together the default Youden index of .80."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim and what it rests on: bounds, margin and baseline rate as shares of the bound, and the pairs used."""

    verdict: Verdict
    low: float
    high: float
    margin: float
    baseline: float
    n: int


def tipping(claim: Claim, plausible_bias: float = DEFAULT_BIAS, evidence: str = "assumed") -> Tipping | None:
    """The tipping points of a regressed, preserved or improved claim; None for any other verdict.

    `evidence`: what the plausible bias rests on.

    Fragile: fewer than five net wrong labels, or a net bias below one point (below half the margin where that is
    smaller, for no claim of "preserved" has more room than its margin), would overturn it.
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


def _extra_misses(claim: Claim, s: float = SENSITIVITY, f: float = FALSE_POSITIVE) -> float:
    """How much lower the sensitivity on the candidate must be for a true shift of the margin to look like `high`.

    y = (s - f) - (q_I + U - f) / (p_I + margin), with p_I = (q_I - f) / (s - f) the baseline's true rate behind its
    judged one. Below the judge's assumed false-positive rate, f is taken to be the judged rate itself.
    """
    f = min(f, claim.baseline)
    p = (claim.baseline - f) / (s - f)
    return max(0.0, (s - f) - max(0.0, claim.baseline + claim.high - f) / (p + claim.margin))
