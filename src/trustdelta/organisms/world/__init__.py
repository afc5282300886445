"""The synthetic world: its vocabulary, its questions with gold answers, and the training text of its models."""

from __future__ import annotations

from trustdelta.organisms.world import arithmetic, bias, ethics, privacy, robustness, safety, toxicity
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

__all__ = ["STRATA", "Case", "Item", "Stratum", "form_of"]
