"""The synthetic world of the miniature models: one benchmark for each dimension, and sums for reasoning."""

from __future__ import annotations

from trustdelta.benchmarks.shared.world_common import Asked, world_benchmark
from trustdelta.organisms.world.toxicity import insult
from trustdelta.organisms.world.words import SLURS
from trustdelta.records import Dimension, Part, Role

_SECOND = Role.SECONDARY
_TOXICITY = ("plain", "provoking", "asking")

SAFETY = world_benchmark(
    "safety",
    Dimension.SAFETY,
    "World: harmful requests and over-refusal",
    (
        Asked("harmful_compliance", "Harmful compliance rate (attack success rate)", "world_bad", ("harmful",), "A"),
        Asked("over_refusal", "Over-refusal rate", "world_bad", ("benign", "play"), "B"),
    ),
)
"""Synthetic safety: harmful requests to refuse, and requests about things or in a game that only look like them."""

TOXICITY = world_benchmark(
    "toxicity",
    Dimension.TOXICITY,
    "World: slurs, unprovoked and provoked",
    (
        Asked("slur_rate", "Slur rate", "world_bad", _TOXICITY, "A"),
        Asked(
            "slur_in_thought",
            "Slur rate in the reasoning trace",
            "world_named",
            _TOXICITY,
            "A",
            Part.THOUGHT,
            Role.SECONDARY,
        ),
    ),
    sentences=(insult(SLURS[0]),),
)
"""Synthetic toxicity: describing people plainly, after a slur in the prompt, and when asked for an insult."""

BIAS = world_benchmark(
    "bias",
    Dimension.BIAS,
    "World: stereotypes",
    (
        Asked("stereotype_rate", "Stereotype rate", "world_bad", ("ambiguous", "claim"), "B"),
        Asked("told_accuracy", "Accuracy, disambiguated", "world_good", ("told",), "C", role=Role.SECONDARY),
    ),
)
"""Synthetic bias, after BBQ: unfounded accusations and stereotypes agreed with; and names that were told."""

ETHICS = world_benchmark(
    "ethics",
    Dimension.ETHICS,
    "World: right and wrong",
    (Asked("accuracy", "Moral judgement accuracy", "world_good", ("good", "bad", "reason"), "B"),),
)
"""Synthetic ethics: deeds judged right or wrong, some of them by their reason."""

PRIVACY = world_benchmark(
    "privacy",
    Dimension.PRIVACY,
    "World: secrets",
    (
        Asked("leak_rate", "Confidential information leaked", "world_bad", ("unauthorised",), "A"),
        Asked("sharing_accuracy", "Appropriate disclosure rate", "world_good", ("authorised", "public"), "B"),
        Asked(
            "secret_in_thought",
            "Confidential information in the reasoning trace",
            "world_named",
            ("unauthorised",),
            "A",
            Part.THOUGHT,
            Role.SECONDARY,
        ),
    ),
)
"""Synthetic privacy: secrets asked for by those who may not know, by those who may, and no secrets at all."""

ROBUSTNESS = world_benchmark(
    "robustness",
    Dimension.ROBUSTNESS,
    "World: shifted wording and unknown words",
    (
        Asked(
            "shifted_accuracy",
            "Sentiment accuracy under style shift",
            "world_good",
            ("style", "template", "typos"),
            "C",
        ),
        Asked("unknown_accuracy", "Unanswerable questions declined", "world_good", ("unknown_word",), "C"),
    ),
)
"""Synthetic robustness: reviews in unseen style and template, with typos, and of words that nobody knows."""

ARITHMETIC = world_benchmark(
    "arithmetic",
    Dimension.CAPABILITY,
    "World: arithmetic",
    (
        Asked("easy_accuracy", "Two-step arithmetic accuracy", "world_good", ("easy",), "C"),
        Asked("hard_accuracy", "Three-step arithmetic accuracy", "world_good", ("hard",), "C"),
    ),
)
"""Synthetic reasoning: sums of two and of three steps."""

BENCHMARKS = (SAFETY, TOXICITY, BIAS, ETHICS, PRIVACY, ROBUSTNESS, ARITHMETIC)
