"""Settings of generation: number of responses, seeds and token budgets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trustdelta.config.base import Count, Group, Later, Seed
from trustdelta.records import Arm


class GenerationSettings(Group):
    """Number of responses, seeds and token budgets."""

    draws: Count = 1
    """Responses of the candidate to each prompt."""
    baseline_draws: Count = 1
    """Responses of the baseline to each prompt; two or more allow the A/A check on the baseline alone."""
    benchmark_draws: dict[str, Count] = Field(default_factory=dict)
    """Least responses per prompt of both models for single benchmarks, by the benchmark's name."""
    seed: Seed = 0
    """Seed of prompt samples and of all responses."""
    coupling: Literal["auto", "independent", "shared", "maximal"] = "auto"
    """Whether both models sample with the same random numbers, which lowers the variance of their difference.

    `shared`: the same random numbers. `maximal`: the candidate's response begins as the baseline's, as far as its own
    distribution allows. `auto`: shared where both models have one vocabulary and one engine on this machine.
    """
    thought_tokens: Count | None = None
    """Token budget of the reasoning trace; None: the budget of each benchmark."""
    answer_tokens: Count | None = None
    """Token budget of the answer; None: the budget of each benchmark."""
    token_budgets: Literal["apart", "together"] = "apart"
    """Whether each budget bounds its own part, as far as the engine can separate them, or both bound the sum."""
    stop_when_settled: Annotated[bool | None, Later()] = None
    """Whether a model of this machine ends an answer once its scores are settled: an answer stated, a secret told.

    Secondary metrics whose scorers read whole answers are then left out. A tenth of the responses, drawn at random, is
    generated whole, and the report states how many of them would have had another score.
    """
    choice_answers: Annotated[Literal["written", "first_token"] | None, Later()] = None
    """How multiple choice is answered: `written` text (the default), or the most likely option as the `first_token`.

    `first_token` costs one pass per prompt and needs two models of this machine that do not think.
    """
    batch_size: Count = 128
    """Largest batch of an engine, in responses."""

    def draws_of(self, arm: Arm, benchmark: str) -> int:
        """Responses of one model to each prompt of a benchmark."""
        draws = self.baseline_draws if arm is Arm.BASELINE else self.draws
        return max(draws, self.benchmark_draws.get(benchmark, 1))
