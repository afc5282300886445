"""Claims over a graded series of audits: simultaneous bands for all doses, and the dose at which a verdict changes.

Each audit controls its own error rate. Over a series, verdicts are tested in an order that is fixed beforehand, each at
the full level, up to the first that does not hold (fixed-sequence procedure: Maurer, Hothorn & Lehmacher 1995; Westfall
& Krishen 2001). A false claim requires the rejection of the first true null hypothesis of the order, so that the chance
of any false claim is that of one audit, for any number of doses.
"""

from __future__ import annotations

from collections.abc import Sequence

from scipy.special import stdtrit

LEVEL = 0.05


def widened(middle: float, low_95: float, high_95: float, df: float, doses: int) -> tuple[float, float]:
    """A two-sided 95 % interval widened to hold simultaneously for `doses` points (Bonferroni, Student's t).

    Both sides are scaled by one factor, so that a score interval remains asymmetric.
    """
    df = max(df, 1.0)
    stretch = float(stdtrit(df, LEVEL / (2 * max(doses, 1))) / stdtrit(df, LEVEL / 2))
    return middle - stretch * (middle - low_95), middle + stretch * (high_95 - middle)


def run_length(claims: Sequence[bool]) -> int:
    """Number of claims before the first that does not hold: the rejections of a fixed-sequence test."""
    return next((i for i, holds in enumerate(claims) if not holds), len(claims))
