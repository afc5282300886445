"""Profiles of an audit: benchmarks, primary metrics, and numbers of prompts and samples per prompt.

At most two metrics of a dimension are primary in one profile, since every further one reduces the power of all others.
Other metrics are measured and reported with intervals. This file imports no benchmark and no configuration, so that the
command line can list the profiles in its help.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from trustdelta.errors import UnknownNameError

if TYPE_CHECKING:
    from trustdelta.records import Json

MOST_PRIMARY = 2
"""Most primary metrics of one dimension in one profile."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile. `benchmarks` and `primary` apply to real models; organisms have synthetic benchmarks."""

    name: str
    purpose: str
    prompts_per_metric: int | None
    """None: every prompt."""
    benchmarks: tuple[str, ...]
    primary: tuple[str, ...]
    """Full names of the metrics with verdicts."""
    draws: int = 1
    """Responses of the candidate per prompt."""
    baseline_draws: int = 2
    """Responses of the baseline per prompt; two or more allow the A/A check."""
    benchmark_draws: Mapping[str, int] = field(default_factory=dict)
    """Responses per prompt of both models for benchmarks that need more."""
    sampling: Literal["own", "common"] = "own"
    """Whether each real model uses its recommended sampling, or both use a common one."""
    settings: Mapping[str, Json] = field(default_factory=dict)
    """Further fields of the audit's configuration."""
    every: bool = False
    """Whether every other published benchmark is included."""


QUICK = (
    "xstest",
    "strongreject",
    "decodingtrust_toxicity_toxic",
    "bold",
    "decodingtrust_stereotype",
    "winobias",
    "ethics_commonsense",
    "decodingtrust_ethics_jailbreak",
    "confaide_tier3",
    "decodingtrust_pii",
    "decodingtrust_knowledge",
    "advglue",
    "gsm8k",
    "math500",
)
QUICK_PRIMARY = (
    "xstest.over_refusal",
    "strongreject.harmful_compliance",
    "decodingtrust_toxicity_toxic.maximum_benign",
    "bold.toxicity",
    "decodingtrust_stereotype.agreement_index",
    "winobias.bias",
    "ethics_commonsense.accuracy",
    "decodingtrust_ethics_jailbreak.false_positive",
    "confaide_tier3.leak",
    "decodingtrust_pii.leak",
    "decodingtrust_knowledge.accuracy",
    "advglue.accuracy",
    "gsm8k.accuracy",
    "math500.accuracy",
)
CHECKPOINT = (
    "xstest",
    "strongreject",
    "bold",
    "decodingtrust_stereotype",
    "ethics_commonsense",
    "confaide_tier3",
    "advglue",
    "gsm8k",
)
CHECKPOINT_PRIMARY = tuple(name for name in QUICK_PRIMARY if name.partition(".")[0] in CHECKPOINT)
STANDARD = (
    *QUICK,
    "harmbench",
    "or_bench",
    "jailbreakbench",
    "jailbreakbench_benign",
    "decodingtrust_toxicity_nontoxic",
    "toxigen",
    "bbq",
    "winogender",
    "crows_pairs",
    "ethics_justice",
    "decodingtrust_ethics_evasive",
    "moralchoice_low",
    "moralchoice_high",
    "confaide_tier2a",
    "confaide_tier2b",
    "confaide_tier4",
    "privacy_query",
    "privacylens",
    "privacylens_action",
    "decodingtrust_style",
    "aime24",
    "mmlu_stem",
)
STANDARD_PRIMARY = tuple("bbq.bias_ambiguous" if name == "winobias.bias" else name for name in QUICK_PRIMARY)
PAPER = (
    "strongreject",
    "xstest",
    "reasoningtrust_toxicity",
    "decodingtrust_stereotype",
    "reasoningtrust_ethics",
    "reasoningtrust_ethics_5shot",
    "reasoningtrust_pii",
    "reasoningtrust_pii_enron",
    "reasoningtrust_news_old",
    "reasoningtrust_news",
    "math500",
    "gsm8k",
    "aime24",
)
PAPER_PRIMARY = (
    "strongreject.harmful_compliance",
    "xstest.over_refusal",
    "reasoningtrust_toxicity.toxicity_benign",
    "reasoningtrust_toxicity.toxicity_adversarial",
    "decodingtrust_stereotype.agreement_index",
    "reasoningtrust_ethics.accuracy",
    "reasoningtrust_ethics.accuracy_jailbreak",
    "reasoningtrust_pii.leak",
    "reasoningtrust_news_old.accuracy",
    "math500.accuracy",
    "gsm8k.accuracy",
)
EXTENDED = (*STANDARD, "selfaware", "anthropic_evals", "multijail", "cot_faithfulness", "ifeval", "bipia")
EXTENDED_PRIMARY = (
    *STANDARD_PRIMARY,
    "selfaware.abstention",
    "selfaware.over_abstention",
    "anthropic_evals.accepts_oversight",
    "multijail.harmful_refusal",
    "cot_faithfulness.followed",
    "ifeval.strict",
    "bipia.attack_success",
)
ELSEWHERE = ("bbq_", "or_bench_", "reasoningtrust_")
"""Name prefixes that `full` excludes: parts of `bbq` and `or_bench`, and benchmarks of `paper`."""


PROFILES = (
    Profile(
        "checkpoint",
        "a checkpoint during training: large regressions only",
        100,
        CHECKPOINT,
        CHECKPOINT_PRIMARY,
        settings={"drift_prompts_per_benchmark": 25},
    ),
    Profile("quick", "a first look, minutes to an hour", 240, QUICK, QUICK_PRIMARY),
    Profile("standard", "release decisions", 900, STANDARD, STANDARD_PRIMARY, benchmark_draws={"aime24": 4}),
    Profile(
        "extended",
        "the standard profile, and beside it the extended dimensions",
        900,
        EXTENDED,
        EXTENDED_PRIMARY,
        benchmark_draws={"aime24": 4},
    ),
    Profile(
        "full",
        "every prompt of every benchmark of the six dimensions and capability",
        None,
        STANDARD,
        STANDARD_PRIMARY,
        benchmark_draws={"aime24": 8},
        every=True,
    ),
    Profile(
        "paper",
        "the design of the study on the cost of reasoning, with corrected scorings beside the published ones",
        None,
        PAPER,
        PAPER_PRIMARY,
        baseline_draws=1,
        benchmark_draws={"decodingtrust_stereotype": 5},
        sampling="common",
        settings={"design": "fixed", "thought_tokens": 3584, "answer_tokens": 512, "token_budgets": "together"},
    ),
)
NAMES = ", ".join(p.name for p in PROFILES)
"""The names of all profiles, for help texts."""


@cache
def table() -> dict[str, Profile]:
    """Every profile by name, with `every` expanded."""
    return {p.name: replace(p, benchmarks=_rest(p.benchmarks)) if p.every else p for p in PROFILES}


def _rest(first: Iterable[str]) -> tuple[str, ...]:
    """The named benchmarks, then every other published one with its own prompts, by name."""
    from trustdelta.benchmarks import registry
    from trustdelta.benchmarks.shared.rows import none_of_its_own

    known = [
        name
        for name, b in sorted(registry.built_in().items())
        if not (b.synthetic or b.dimension.extended) and b.load is not none_of_its_own
    ]
    return (*first, *(name for name in known if name not in first and not name.startswith(ELSEWHERE)))


def profile(name: str) -> Profile:
    """The profile of that name; raises UnknownNameError."""
    if name not in table():
        raise UnknownNameError.of("profile", name, table())
    return table()[name]


def choices(chosen: Profile, explicit: tuple[str, ...], *, organisms: bool) -> dict[str, Json]:
    """Benchmarks, primary metrics and samples per prompt of an audit with this profile.

    Explicit benchmarks have all their primary metrics; two organisms use the synthetic benchmarks, those of extended
    dimensions in a profile with such dimensions.
    """
    if explicit:
        return {"benchmarks": explicit}
    if organisms:
        from trustdelta.benchmarks import registry

        built_in = sorted(registry.built_in().items())
        extended = any(b.dimension.extended for name, b in built_in if name in chosen.benchmarks)
        synthetic = [n for n, b in built_in if b.synthetic and (extended or not b.dimension.extended)]
        return {"benchmarks": tuple(synthetic)}
    return {
        "benchmarks": chosen.benchmarks,
        "primary": chosen.primary,
        "benchmark_draws": dict(chosen.benchmark_draws),
        **chosen.settings,
    }
