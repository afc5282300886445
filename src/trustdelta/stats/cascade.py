"""A cascade of judges: the cheap one on every prompt, the strong one on a part, combined by PPI.

With N prompts, n of them judged by both, a correlation rho of the two judges' differences, and a cheap judge at a cost
of c per strong one, the variance is proportional to (1 - rho^2) / n + rho^2 / N and the cost to n + c N. Their product
is least at n / N = sqrt(c (1 - rho^2) / rho^2): double sampling (Neyman 1938, JASA 33:101-116; Cochran 1977, 12.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from trustdelta.records.arrays import Floats
from trustdelta.stats.label_design import LabelSample
from trustdelta.stats.ppi import MIN_LABELS, ppi_moments


@dataclass(frozen=True, slots=True)
class Saving:
    """What a cascade spent, and what the strong judge alone would have spent for the same variance; in its calls."""

    prompts: int
    pairs: int
    """Prompts that the strong judge saw."""
    correlation: float
    """Of both judges' differences."""
    spent: float
    """Prompts judged by the strong judge, and the cheap judge's cost."""
    alone: float
    """Prompts that the strong judge alone would need."""
    unread: int = 0
    """Prompts of which the strong judge could not label both answers."""

    @property
    def least(self) -> int:
        """Labelled prompts from which on they correct the cheap judge."""
        return min(MIN_LABELS, self.prompts)

    @property
    def share(self) -> float:
        """Share of the cost that was saved; negative where the cheap judge was not worth its cost."""
        return 1 - self.spent / self.alone


def correlation(judged_N: Floats, strong_M: Floats, drawn: LabelSample) -> float:
    """Correlation of both judges' differences over all prompts, by weights; 0 where either never varies."""
    cheap_M = judged_N[drawn.at_M]
    a, b = cheap_M - drawn.mean(cheap_M), strong_M - drawn.mean(strong_M)
    spread = float(drawn.mean(a**2) * drawn.mean(b**2))
    return 0.0 if spread <= 0 else float(np.clip(drawn.mean(a * b) / sqrt(spread), -1, 1))


def optimal_pairs(rho: float, cost: float, prompts: int) -> int:
    """Prompts for the strong judge at the least cost for a given variance; between `MIN_LABELS` and all.

    `cost`: of one call of the cheap judge, in calls of the strong one.
    """
    if rho <= 0:
        return prompts
    share = sqrt(cost * (1 - rho**2) / rho**2)
    return min(max(ceil(share * prompts), MIN_LABELS), prompts)


def saving(judged_N: Floats, strong_M: Floats, drawn: LabelSample, cost: float) -> Saving:
    """The saving of one metric, from both judges' differences."""
    n, m = judged_N.size, strong_M.size
    strong = float(drawn.mean((strong_M - drawn.mean(strong_M)) ** 2))
    variance = float(ppi_moments(judged_N, strong_M, drawn).variance)
    alone = strong / variance if variance > 0 else float(m)
    return Saving(n, m, correlation(judged_N, strong_M, drawn), m + cost * n, max(alone, 1.0))
