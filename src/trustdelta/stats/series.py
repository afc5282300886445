"""Claims over a graded series of audits: bands for all doses together, and where a verdict turns.

Each audit holds its error rate alone. Over a series, verdicts are tested in an order that is fixed beforehand, each at
the full level, ending at the first that does not hold (fixed-sequence procedure: Maurer, Hothorn & Lehmacher 1995;
Westfall & Krishen 2001): a false claim needs the first true null hypothesis of the order to be rejected, so that the
chance of any is that of one audit, however many doses there are.
"""

from __future__ import annotations

from collections.abc import Sequence

from scipy.special import stdtrit

LEVEL = 0.05


def widened(middle: float, low_95: float, high_95: float, df: float, doses: int) -> tuple[float, float]:
    """A two-sided 95 % interval made to hold for `doses` curves' points together (Bonferroni, Student's t).

    Both sides are stretched alike, so that a score interval keeps its asymmetry.
    """
    df = max(df, 1.0)
    stretch = float(stdtrit(df, LEVEL / (2 * max(doses, 1))) / stdtrit(df, LEVEL / 2))
    return middle - stretch * (middle - low_95), middle + stretch * (high_95 - middle)


def run_length(claims: Sequence[bool]) -> int:
    """How many claims hold from the first on, before the first that does not: those of a fixed-sequence test."""
    return next((i for i, holds in enumerate(claims) if not holds), len(claims))
