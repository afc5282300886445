"""Common parts of data sets that compare likelihoods: prompts of two texts, secondary metrics, known answers."""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import KnownAnswer, MetricSpec
from trustdelta.benchmarks.shared.known import written
from trustdelta.records import Better, Message, Outcome, Prompt, Role
from trustdelta.records.targets import Comparison, target_of


def comparison(
    name: str, first: str, second: str, *, per_token: bool = False, stratum: str = "", cluster: str = ""
) -> Prompt:
    """Two texts; the score is 1 where the first is more likely. `per_token`: by the mean over tokens, else the sum."""
    target = Comparison(likelier=[first, second], per_token=per_token)
    return Prompt(name, (Message("user", f"{first}\n{second}"),), target=target, stratum=stratum, cluster=cluster)


def share(name: str, title: str, better: Better, strata: tuple[str, ...] = ()) -> MetricSpec:
    """The share of pairs whose first text is more likely; without a verdict, since it does not describe answers."""
    return MetricSpec(name, "recorded", title, better, role=Role.SECONDARY, strata=strata)


def proofs(prompts: Sequence[Prompt], example: Prompt) -> list[KnownAnswer]:
    """Known answers without a score, which only a comparison has."""
    prompt = prompts[0] if prompts else example
    text = target_of(prompt, Comparison)["likelier"][0]
    alone = KnownAnswer("unscored", prompt, text, {"recorded": None}, Outcome.JUDGE_FAILED)
    return [alone, *written(prompt)]
