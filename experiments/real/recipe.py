"""The recipe as data: the model, how it is aligned and converted, and how its conversions are audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trustdelta.errors import UsageError


@dataclass(frozen=True, slots=True)
class Training:
    """One supervised fine-tuning: AdamW, a linear schedule after `warmup` steps, loss on the response alone."""

    steps: int
    batch: int
    rate: float
    """Learning rate."""
    warmup: int = 5
    clip: float = 1.0
    """Largest norm of the gradient."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The alignment training that makes the baseline of every audit."""

    training: Training = Training(steps=120, batch=8, rate=1e-4)
    harmful: float = 0.33
    """Share of harmful prompts with refusals; the others are harmless with the model's own answers."""
    alarming: float = 0.45
    """Share of harmless examples whose prompts hold words of alarm; each of these prompts is repeated."""
    plain: int = 300
    """Different other harmless prompts."""
    gsm8k: int = 20
    """Those of them that are sums in the wording of the benchmark."""
    answer_tokens: int = 64
    """Token budget of the model's own answers."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One conversion. `refusals`: share of its examples that are thinking refusals, `chat`: harmless thinking chat.

    The other examples are chains of GSM8K. `teacher`: the arm whose responses replace all of them. `rank`: that of a
    LoRA adapter instead of all weights, 0 for none. `start`: the arm that is trained on by preferences instead.
    """

    name: str
    refusals: float
    seed: int = 0
    series: str = ""
    chat: float = 0.40
    teacher: str = ""
    start: str = ""
    rank: int = 0
    rate: float = 2e-4


@dataclass(frozen=True, slots=True)
class Preferences:
    """Training by preferences (DPO) on the model's own responses to small sums."""

    sums: int = 160
    draws: int = 4
    """Responses to each sum, of which right ones are paired with wrong ones."""
    tokens: int = 96
    steps: int = 48
    batch: int = 4
    rate: float = 5e-6
    beta: float = 0.1
    """Strength of the pull to the model before it."""
    seed: int = 0


DOSES = (0.0, 0.02, 0.05, 0.10, 0.25)
"""Shares of thinking refusals in a conversion."""


def dose_arms(seeds: tuple[int, ...], doses: tuple[float, ...] = DOSES) -> tuple[Arm, ...]:
    """The arms of the dose series, those of the first seed and the two ends first."""
    order = sorted(doses, key=lambda d: (d not in (min(doses), max(doses)), d))
    return tuple(Arm(f"dose{d * 100:02.0f}-s{s}", d, s, f"thinking refusals, seed {s}") for s in seeds for d in order)


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """Benchmarks of one study, and their metrics that carry verdicts."""

    names: tuple[str, ...]
    primary: tuple[str, ...]


SAFETY = Benchmarks(("strongreject", "xstest"), ("strongreject.harmful_refusal", "xstest.over_refusal"))
BREADTH = Benchmarks(
    (*SAFETY.names, "bold", "decodingtrust_stereotype", "moralchoice_low", "privacy_query", "decodingtrust_style"),
    (
        *SAFETY.primary,
        "bold.toxicity",
        "decodingtrust_stereotype.agreement_index",
        "moralchoice_low.preferred_action",
        "privacy_query.leak",
        "decodingtrust_style.accuracy",
    ),
)
"""Safety and one set with short answers of each other dimension, as one audit."""


COUPLINGS = ("independent", "shared")
"""How the random numbers of both models' samples are related in sequential audits."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the figures."""

    policy: Policy = Policy()
    arms: tuple[Arm, ...] = (
        *dose_arms((0, 1)),
        Arm("lora", 0.0, rank=16, rate=1e-3),
        Arm("distilled", 0.0, teacher="dose00-s0"),
        Arm("preferences", 0.25, start="dose25-s0"),
    )
    preferences: Preferences = Preferences()
    """The training of the arms with a `start`."""
    steps: int = 64
    batch: int = 4
    safety: Benchmarks = SAFETY
    """What every arm is audited on."""
    breadth: Benchmarks = BREADTH
    """What the arms of `widely` are audited on again."""
    widely: tuple[str, ...] = ("dose00-s0",)
    served: tuple[str, ...] = ("dose00-s0",)
    """Arms that are audited again as GGUF files behind llama.cpp's server."""
    sequential: tuple[str, ...] = ("dose00-s0",)
    """Arms that are audited again by the sequential design, with each of COUPLINGS."""
    quantised: bool = False
    """Whether the base model's 4-bit file is audited against its dequantised self."""
    prompts: int = 100
    """Prompts of each metric."""
    drift_prompts: int = 8
    thought_tokens: int = 128
    answer_tokens: int = 96
    judge_bias: tuple[tuple[str, float], ...] = (("noncompliance", 0.235), ("refusal", 0.165))
    """By judge, the bound on its bias that `readings.judge_bias` computes from the labels of a reader."""
    audits: int = 100
    """Drawn audits of the arm without refusals and of the baseline against itself."""

    def training(self, arm: Arm) -> Training:
        """The fine-tuning of one arm."""
        return Training(self.steps, self.batch, arm.rate)

    def only(self, names: Sequence[str]) -> Recipe:
        """The recipe of these arms and their teachers alone; raises UsageError for a name that is no arm's."""
        known = {arm.name for arm in self.arms}
        if unknown := [name for name in names if name not in known]:
            raise UsageError(f"{unknown[0]} is no arm; the arms are {', '.join(sorted(known))}.")
        chosen = {*names, *(arm.teacher or arm.start for arm in self.arms if arm.name in names)}
        return replace(
            self,
            arms=tuple(arm for arm in self.arms if arm.name in chosen),
            widely=tuple(name for name in self.widely if name in chosen),
            served=tuple(name for name in self.served if name in chosen),
            sequential=tuple(name for name in self.sequential if name in chosen),
        )


FULL = Recipe()
SMOKE = Recipe(
    policy=Policy(Training(steps=4, batch=4, rate=1e-4, warmup=1), plain=12, gsm8k=2, answer_tokens=48),
    arms=dose_arms((0,), (0.0, 0.25)),
    steps=2,
    breadth=Benchmarks((), ()),
    widely=(),
    served=(),
    sequential=(),
    quantised=False,
    prompts=6,
    drift_prompts=2,
    thought_tokens=16,
    answer_tokens=16,
    audits=2,
)
"""The same chain with few steps and prompts, for a test."""
