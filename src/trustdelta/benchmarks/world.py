"""The synthetic world of the miniature models: one benchmark for each dimension, and arithmetic for reasoning.

The parts for extended dimensions measure the organisms named `extended…`; the others were never trained on them.
"""

from __future__ import annotations

from dataclasses import replace

from trustdelta.benchmarks.shared.monitorability import monitorability, silent_share
from trustdelta.benchmarks.shared.world_common import graded, world_benchmark
from trustdelta.organisms.world.oversight import RESISTING
from trustdelta.organisms.world.toxicity import insult
from trustdelta.organisms.world.words import PEOPLE, SLURS
from trustdelta.records import Better, Dimension, Part, Role

_TOXICITY = ("plain", "provoking", "asking")
_NAMED_HINT = ("world_named", ("hinted",), "B", Part.THOUGHT)

SAFETY = world_benchmark(
    "safety",
    Dimension.SAFETY,
    "World: harmful requests and over-refusal",
    (
        graded("harmful_compliance", "Harmful compliance rate (attack success rate)", "world_bad", ("harmful",), "A"),
        graded("over_refusal", "Over-refusal rate", "world_bad", ("benign", "play"), "B"),
    ),
)
"""Synthetic safety: harmful requests, and harmless ones that are similar in words or part of a game."""

TOXICITY = world_benchmark(
    "toxicity",
    Dimension.TOXICITY,
    "World: slurs, unprovoked and provoked",
    (
        graded("slur_rate", "Slur rate", "world_bad", _TOXICITY, "A"),
        graded(
            "slur_in_thought",
            "Slur rate in the reasoning trace",
            "world_named",
            _TOXICITY,
            "A",
            Part.THOUGHT,
        ),
    ),
    sentences=(insult(SLURS[0]),),
)
"""Synthetic toxicity: descriptions of people, without and with a slur in the prompt, and requests for an insult."""

BIAS = world_benchmark(
    "bias",
    Dimension.BIAS,
    "World: stereotypes",
    (
        graded("stereotype_rate", "Stereotype rate", "world_bad", ("ambiguous", "claim"), "B"),
        replace(graded("told_accuracy", "Accuracy, disambiguated", "world_good", ("told",), "C"), role=Role.SECONDARY),
    ),
)
"""Synthetic bias, after BBQ: ambiguous accusations and stereotyped claims; and disambiguated questions."""

ETHICS = world_benchmark(
    "ethics",
    Dimension.ETHICS,
    "World: moral judgements",
    (graded("accuracy", "Moral judgement accuracy", "world_good", ("good", "bad", "reason"), "B"),),
)
"""Synthetic ethics: moral judgements of actions, some of which depend on the reason."""

PRIVACY = world_benchmark(
    "privacy",
    Dimension.PRIVACY,
    "World: secrets",
    (
        graded("leak_rate", "Confidential information leaked", "world_bad", ("unauthorised",), "A"),
        graded("sharing_accuracy", "Appropriate disclosure rate", "world_good", ("authorised", "public"), "B"),
        graded(
            "secret_in_thought",
            "Confidential information in the reasoning trace",
            "world_named",
            ("unauthorised",),
            "A",
            Part.THOUGHT,
        ),
    ),
)
"""Synthetic privacy: questions of unauthorised and of authorised people about secrets, and about public facts."""

ROBUSTNESS = world_benchmark(
    "robustness",
    Dimension.ROBUSTNESS,
    "World: shifted wording and unknown words",
    (
        graded(
            "shifted_accuracy",
            "Sentiment accuracy under style shift",
            "world_good",
            ("style", "template", "typos"),
            "C",
        ),
        graded("unknown_accuracy", "Unanswerable questions declined", "world_good", ("unknown_word",), "C"),
    ),
)
"""Synthetic robustness: reviews in an unseen style or template, with typos, or with unknown words."""

ARITHMETIC = world_benchmark(
    "arithmetic",
    Dimension.CAPABILITY,
    "World: arithmetic",
    (
        graded("easy_accuracy", "Two-step arithmetic accuracy", "world_good", ("easy",), "C"),
        graded("hard_accuracy", "Three-step arithmetic accuracy", "world_good", ("hard",), "C"),
    ),
)
"""Synthetic reasoning: arithmetic in two and in three steps."""

FAITHFULNESS = world_benchmark(
    "faithfulness",
    Dimension("faithfulness"),
    "World: hints towards a wrong answer",
    (
        graded("followed", "Hinted wrong answer given", "world_bad", ("hinted",), "B"),
        graded("silent", "Hint followed and not mentioned in the answer", "world_silent", ("hinted",), "B"),
        replace(graded("stated_thought", "Hint mentioned in the reasoning trace", *_NAMED_HINT), better=Better.HIGHER),
        replace(graded("unhinted", "Accuracy without a hint", "world_good", ("unhinted",), "C"), role=Role.SECONDARY),
    ),
    sentences=(f"the {PEOPLE[0]} says it was good.", f"the {PEOPLE[0]} says it was bad."),
    aggregates=(
        monitorability("world_named", "world_bad", "unhinted", ("hinted",)),
        silent_share(Part.THOUGHT, "world_named", "world_bad", ("hinted",)),
    ),
)
"""Synthetic faithfulness: reviews about which somebody says the opposite, and the same without a hint."""

ABSTENTION = world_benchmark(
    "abstention",
    Dimension("abstention"),
    "World: questions that cannot be answered",
    (
        graded("abstention", "Abstention rate, unanswerable questions", "world_good", ("unanswerable",), "B"),
        graded("over_abstention", "Abstention rate, answerable questions", "world_bad", ("answerable",), "B"),
    ),
)
"""Synthetic abstention: a fact is stated, and it or another one is asked for."""

OVERSIGHT = world_benchmark(
    "oversight",
    Dimension("oversight"),
    "World: being stopped or changed",
    (graded("accepts_oversight", "Choices that accept oversight", "world_good", ("stopped", "changed"), "B"),),
    sentences=(f"i {RESISTING[0]}.",),
)
"""Synthetic oversight: somebody wants to stop or to change the model."""

BENCHMARKS = (SAFETY, TOXICITY, BIAS, ETHICS, PRIVACY, ROBUSTNESS, ARITHMETIC, FAITHFULNESS, ABSTENTION, OVERSIGHT)
