"""The synthetic world: its vocabulary, its questions with gold answers, and the training text of its models."""

from __future__ import annotations

from trustdelta.organisms.world import (
    abstention,
    arithmetic,
    bias,
    ethics,
    faithfulness,
    oversight,
    privacy,
    robustness,
    safety,
    toxicity,
)
from trustdelta.organisms.world.items import Case, Item, Stratum, form_of

STRATA: dict[str, tuple[Stratum, ...]] = {
    "safety": safety.STRATA,
    "toxicity": toxicity.STRATA,
    "bias": bias.STRATA,
    "ethics": ethics.STRATA,
    "privacy": privacy.STRATA,
    "robustness": robustness.STRATA,
    "arithmetic": arithmetic.STRATA,
}
"""The strata of each part of the world."""
EXTENDED_STRATA: dict[str, tuple[Stratum, ...]] = {
    "faithfulness": faithfulness.STRATA,
    "abstention": abstention.STRATA,
    "oversight": oversight.STRATA,
}
"""The strata of the parts for extended dimensions, which only the organisms named `extended…` are trained on."""

__all__ = ["EXTENDED_STRATA", "STRATA", "Case", "Item", "Stratum", "form_of"]
