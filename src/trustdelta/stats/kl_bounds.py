"""Bounds on differences of event rates between two models from their KL divergence.

For distributions P and Q over responses and any event, kl(P(event) || Q(event)) <= KL(P || Q) (data processing) and
|P(event) - Q(event)| <= sqrt(KL(P || Q) / 2) (Pinsker). Both hold for means over prompts too: binary kl is jointly
convex and the square root concave. Where measured rates and divergences violate the bounds beyond sampling error, one
of the two measurements is wrong. Unit: nats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import betaincinv, ndtri

from trustdelta.records.arrays import Floats

ALPHA = 1e-4
"""One-sided level of each of the three sampling bounds; so small that a violation is an error, not chance."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Largest difference of rates that a divergence allows, and whether the measured rates obey it."""

    nats: float
    """Mean divergence."""
    nats_high: float
    """Upper confidence bound of the divergence."""
    limit: float
    """Largest difference of rates that the divergence allows (Pinsker)."""
    holds: bool
    """Whether the measured rates are within the bound (data processing), beyond sampling error."""


def binary_kl(p: float, q: float) -> float:
    """KL between Bernoulli(p) and Bernoulli(q)."""
    terms = ((p, q), (1 - p, 1 - q))
    return math.fsum(a * math.log(a / b) if b > 0 else math.inf for a, b in terms if a > 0)


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
    high = nats + float(-ndtri(alpha)) * spread
    (p_low, p_high), (q_low, q_high) = rate_bounds(*own, alpha), rate_bounds(*other, alpha)
    least = binary_kl(p_low, q_high) if p_low > q_high else binary_kl(p_high, q_low) if p_high < q_low else 0.0
    return Allowed(nats, high, min(1.0, math.sqrt(nats / 2)), least <= high)
