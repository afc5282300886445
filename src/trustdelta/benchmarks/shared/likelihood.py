"""What the sets that compare likelihoods have in common: prompts of two texts, metrics without verdict, proofs."""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.benchmarks.base import KnownAnswer
from trustdelta.benchmarks.shared.known import written
from trustdelta.records import Better, Dimension, Message, Metric, Outcome, Prompt, Role
from trustdelta.records.targets import Comparison, target_of


def comparison(
    name: str, first: str, second: str, *, per_token: bool = False, stratum: str = "", cluster: str = ""
) -> Prompt:
    """Two texts; the score is 1 where the first is likelier. `per_token`: by the mean over tokens, else the sum."""
    target = Comparison(likelier=[first, second], per_token=per_token)
    return Prompt(name, (Message("user", f"{first}\n{second}"),), target=target, stratum=stratum, cluster=cluster)


def share(name: str, benchmark: str, title: str, better: Better, paper: str, strata: tuple[str, ...] = ()) -> Metric:
    """The share of pairs whose first text is likelier. Never with a verdict: it says nothing of answers."""
    return Metric(
        name,
        benchmark,
        Dimension.BIAS,
        "recorded",
        title,
        better,
        role=Role.SECONDARY,
        strata=strata,
        source=paper,
    )


def proofs(prompts: Sequence[Prompt], example: Prompt) -> list[KnownAnswer]:
    """No answer is graded here: the score comes with the comparison, and a text alone has none."""
    prompt = prompts[0] if prompts else example
    text = target_of(prompt, Comparison)["likelier"][0]
    alone = KnownAnswer("unscored", prompt, text, {"recorded": None}, Outcome.JUDGE_FAILED)
    return [alone, *written(prompt)]
