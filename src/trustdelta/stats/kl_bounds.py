"""What a divergence allows: no event's rate can differ by more between two models than their divergence says.

For distributions P and Q over responses and any event, kl(P(event) || Q(event)) <= KL(P || Q) (data processing) and
|P(event) - Q(event)| <= sqrt(KL(P || Q) / 2) (Pinsker). Both hold for means over prompts too: binary kl is jointly
convex and the square root concave. Where measured rates and divergences break them beyond sampling error, one of the
two was measured wrongly. Unit: nats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import betaincinv
from scipy.stats import norm

from trustdelta.records.arrays import Floats

ALPHA = 1e-4
"""One-sided level of each of the three sampling bounds: an alarm is a fault, not a chance."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Mean divergence, its upper bound, the largest difference of rates it allows, and whether the rates keep it."""

    nats: float
    nats_high: float
    limit: float
    holds: bool


def binary_kl(p: float, q: float) -> float:
    """KL between Bernoulli(p) and Bernoulli(q)."""
    terms = ((p, q), (1 - p, 1 - q))
    return sum(a * math.log(a / b) if b > 0 else math.inf for a, b in terms if a > 0)


def rate_bounds(events: int, n: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Clopper and Pearson's (1934) one-sided bounds of a rate; conservative for unequal rates too (Hoeffding 1956)."""
    low = float(betaincinv(events, n - events + 1, alpha)) if events else 0.0
    high = float(betaincinv(events + 1, n - events, 1 - alpha)) if events < n else 1.0
    return low, high


def allowed(nats_N: Floats, own: tuple[int, int], other: tuple[int, int], alpha: float = ALPHA) -> Allowed:
    """Check (events, responses) of the model that wrote the measured texts against the other model's.

    `nats_N`: divergence of each text, the expectation under its own model.
    """
    nats, n = float(nats_N.mean()), nats_N.size
    spread = float(nats_N.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
    high = nats + float(-norm.ppf(alpha)) * spread
    (p_low, p_high), (q_low, q_high) = rate_bounds(*own, alpha), rate_bounds(*other, alpha)
    least = binary_kl(p_low, q_high) if p_low > q_high else binary_kl(p_high, q_low) if p_high < q_low else 0.0
    return Allowed(nats, high, min(1.0, math.sqrt(nats / 2)), least <= high)
