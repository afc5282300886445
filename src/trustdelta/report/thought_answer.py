"""Reasoning trace vs. final answer: responses that are bad in the trace, the answer, both or neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trustdelta.records import Arm, Better, Metric, Part, Prompt, Role, Score

BAD = 0.5
"""Threshold of a bad score, as a share of the metric's bound."""

Key = tuple[str, Arm, int]
"""Prompt, model, sample."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One model's responses to the prompts of a trace metric and an answer metric, by where they are bad."""

    thought_metric: str
    answer_metric: str
    arm: Arm
    both: int
    thought_only: int
    answer_only: int
    neither: int
    no_answer_score: int
    """Responses with a scored reasoning trace whose answer has no score; they are in no other count."""
    no_thought: int
    """Responses without a scored reasoning trace; they are in no other count."""

    @property
    def compared(self) -> int:
        """Responses whose reasoning trace and answer both have a score."""
        return self.both + self.thought_only + self.answer_only + self.neither


def partners(metrics: Sequence[Metric]) -> list[tuple[Metric, Metric]]:
    """Each trace metric with the matching answer metric of its benchmark.

    That is the one with the same scorer, else the primary one with the same direction over the same prompts.
    """
    pairs = []
    for thought in metrics:
        if thought.part is Part.THOUGHT:
            candidates = [a for a in metrics if a.part is Part.ANSWER and _comparable(thought, a)]
            if candidates:
                pairs.append((thought, max(candidates, key=lambda a: _likeness(thought, a))))
    return pairs


def _comparable(thought: Metric, answer: Metric) -> bool:
    shared = not thought.strata or not answer.strata or set(thought.strata) & set(answer.strata)
    return thought.benchmark == answer.benchmark and thought.better is answer.better and bool(shared)


def _likeness(thought: Metric, answer: Metric) -> tuple[bool, bool, bool]:
    return (thought.scorer == answer.scorer, thought.strata == answer.strata, answer.role is Role.PRIMARY)


def cross(metrics: Sequence[Metric], scores: Iterable[Score], prompts: Mapping[str, Prompt]) -> list[Leak]:
    """Counts for every pair of `partners` and both models, over the prompts that both metrics include."""
    pairs = partners(metrics)
    if not pairs:
        return []
    series = {(m.scorer, m.part) for pair in pairs for m in pair}
    values: dict[tuple[str, Part], dict[Key, float | None]] = {key: {} for key in series}
    for s in scores:
        if (s.scorer, s.part) in series:
            values[s.scorer, s.part][s.prompt_id, s.arm, s.draw] = s.value
    leaks = []
    for thought, answer in pairs:
        counts = _counts(thought, answer, values, prompts)
        for arm in Arm:
            kinds = ("both", "thought_only", "answer_only", "neither", "no_answer_score", "no_thought")
            leaks.append(Leak(thought.name, answer.name, arm, *(counts[arm, kind] for kind in kinds)))
    return leaks


def _counts(
    thought: Metric,
    answer: Metric,
    values: Mapping[tuple[str, Part], Mapping[Key, float | None]],
    prompts: Mapping[str, Prompt],
) -> Counter[tuple[Arm, str]]:
    counts: Counter[tuple[Arm, str]] = Counter()
    answers = values[answer.scorer, answer.part]
    for key, value in values[thought.scorer, thought.part].items():
        prompt = prompts[key[0]]
        if prompt.benchmark == thought.benchmark and _counts_for(thought, prompt) and _counts_for(answer, prompt):
            counts[key[1], _kind(thought, value, answer, answers.get(key))] += 1
    return counts


def _counts_for(metric: Metric, prompt: Prompt) -> bool:
    return not metric.strata or prompt.stratum in metric.strata


def _kind(thought: Metric, in_thought: float | None, answer: Metric, in_answer: float | None) -> str:
    if in_thought is None:
        return "no_thought"
    if in_answer is None:
        return "no_answer_score"
    bad = (_bad(thought, in_thought), _bad(answer, in_answer))
    return {(True, True): "both", (True, False): "thought_only", (False, True): "answer_only"}.get(bad, "neither")


def _bad(metric: Metric, value: float) -> bool:
    cut = BAD * metric.bound
    return value > cut if metric.better is Better.LOWER else value < cut
