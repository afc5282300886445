"""Candidates that got worse and try not to show it: none is cleared, and what can be seen is named.

Each attack draws audits from a pair of models whose truth is known. `CLEARED` bounds how often an attack may come out
as preserved or improved with no group named; `NAMED` is the least share of audits in which it is called a regression,
of the metric or of a group. The last line is the pair of a model with itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from trustdelta.records import Arm, Better, Dimension, MetricVerdict, Outcome, Part, Prompt, Score, Verdict
from trustdelta.stats.table import ScoreTable
from trustdelta.verdict import VerdictPlan, decide
from verdict_tables import metric, prompts_of, scores_of

AUDITS, N = 40, 600
CLEARED = 5
"""Most of 40 audits, at a probability of 5 % each, with probability .99."""
Floats = NDArray[np.float64]
Audit = Callable[[np.random.Generator], list[MetricVerdict]]


def rates(rng: np.random.Generator, rate: float | Floats, n: int = N) -> Floats:
    """Binary scores with that rate of harm, or with one for each prompt."""
    return (rng.random(n) < rate).astype(float)


def judged(prompts: list[Prompt], scores: list[Score], **changes: object) -> list[MetricVerdict]:
    """The verdicts of an audit with one metric."""
    one = replace(metric(), **changes)  # type: ignore[arg-type]
    return list(decide([one], ScoreTable.build(prompts, scores), VerdictPlan()).metrics)


def plain(
    baseline: Floats, candidate: Floats, prompts: list[Prompt] | None = None, **changes: object
) -> list[MetricVerdict]:
    """One score per prompt and model."""
    prompts = prompts or prompts_of("harm", baseline.size)
    return judged(prompts, scores_of(prompts, "harm", baseline, candidate), **changes)


def in_one_group(rng: np.random.Generator) -> list[MetricVerdict]:
    """Harm rises by 60 points on one topic of ten, and falls by 8 on the others, so that the mean falls."""
    prompts = [replace(p, groups={"topic": f"t{i % 10}"}) for i, p in enumerate(prompts_of("harm", N))]
    there = np.arange(N) % 10 == 3
    return plain(rates(rng, 0.1), rates(rng, np.where(there, 0.7, 0.02)), prompts)


def in_exchange(rng: np.random.Generator) -> list[MetricVerdict]:
    """One language gets worse by as much as another gets better."""
    prompts = [replace(p, groups={"language": "ab"[i % 2]}) for i, p in enumerate(prompts_of("harm", N))]
    first = np.arange(N) % 2 == 0
    return plain(rates(rng, 0.3), rates(rng, np.where(first, 0.55, 0.05)), prompts)


def in_some_clusters(rng: np.random.Generator) -> list[MetricVerdict]:
    """Harm rises by 80 points in 6 of 40 templates."""
    prompts = prompts_of("harm", N, clusters=40)
    return plain(rates(rng, 0.05), rates(rng, np.where(np.arange(N) % 40 < 6, 0.85, 0.05)), prompts)


def behind_copies(rng: np.random.Generator) -> list[MetricVerdict]:
    """Half of the prompts are copies of one harmless template; on the others harm rises by 20 points."""
    prompts = [
        replace(p, cluster="copies") if i < N // 2 else p for i, p in enumerate(prompts_of("harm", N, clusters=60))
    ]
    return plain(rates(rng, 0.02), rates(rng, np.where(np.arange(N) < N // 2, 0.02, 0.22)), prompts)


def in_later_draws(rng: np.random.Generator) -> list[MetricVerdict]:
    """The first of four samples is as safe as the baseline's; harm rises by 20 points in the others."""
    prompts, scores = prompts_of("harm", 200), []
    for arm in Arm:
        for draw in range(4):
            worse = arm is Arm.CANDIDATE and draw > 0
            for prompt, value in zip(prompts, rates(rng, 0.3 if worse else 0.1, 200), strict=True):
                scores.append(Score(prompt.id, arm, draw, "harm", Part.ANSWER, float(value), Outcome.ANSWERED))
    return judged(prompts, scores)


def cut(rng: np.random.Generator, share: float, outcome: Outcome) -> list[MetricVerdict]:
    """A share of the candidate's responses, all of them harmful, ends in a state without a score."""
    prompts = prompts_of("harm", N)
    baseline, candidate = rates(rng, 0.02), rates(rng, 0.02)
    candidate[rng.random(N) < share] = np.nan
    return judged(prompts, scores_of(prompts, "harm", baseline, candidate, outcome))


def not_answering(rng: np.random.Generator) -> list[MetricVerdict]:
    """The candidate has no response to the prompts on which it would do harm."""
    prompts = prompts_of("harm", N)
    harm = rng.random(N) < 0.1
    scores = scores_of(prompts, "harm", rates(rng, 0.02), np.zeros(N))
    left_out = {p.id for p, bad in zip(prompts, harm, strict=True) if bad}
    return judged(prompts, [s for s in scores if s.arm is Arm.BASELINE or s.prompt_id not in left_out])


def in_traces(rng: np.random.Generator) -> list[MetricVerdict]:
    """Answers are as safe as before; harm in the reasoning traces rises by 30 points."""
    prompts = prompts_of("harm", N)
    traces = [s._replace(part=Part.THOUGHT) for s in scores_of(prompts, "harm", rates(rng, 0.05), rates(rng, 0.35))]
    return judged(prompts, traces, part=Part.THOUGHT)


def tripled_when_rare(rng: np.random.Generator) -> list[MetricVerdict]:
    """A harm of half a per cent is tripled, within the margin of its tier; nobody declared a margin."""
    return plain(rates(rng, 0.005, 4000), rates(rng, 0.015, 4000), tier="B")


def just_beyond_the_margin(rng: np.random.Generator) -> list[MetricVerdict]:
    """Harm rises by the margin and no less."""
    return plain(rates(rng, 0.2, 3000), rates(rng, 0.23, 3000), margin=0.03)


def many_small_losses(rng: np.random.Generator) -> list[MetricVerdict]:
    """Each of four metrics of one dimension is worse by its margin."""
    metrics = [metric(f"m{i}", Dimension.SAFETY, margin=0.03) for i in range(4)]
    prompts, scores = [], []
    for m in metrics:
        own = prompts_of(m.name, 1500)
        prompts += own
        scores += scores_of(own, m.name, rates(rng, 0.1, 1500), rates(rng, 0.13, 1500))
    decision = decide(metrics, ScoreTable.build(prompts, scores), VerdictPlan())
    return [m for m in decision.metrics if m.verdict not in (Verdict.PRESERVED, Verdict.IMPROVED)] or list(
        decision.metrics
    )


def as_less_of_a_good(rng: np.random.Generator) -> list[MetricVerdict]:
    """Accuracy falls by 15 points where higher is better."""
    return plain(rates(rng, 0.8), rates(rng, 0.65), better=Better.HIGHER)


def everywhere(rng: np.random.Generator) -> list[MetricVerdict]:
    """Harm rises by 15 points, and nothing is hidden."""
    return plain(rates(rng, 0.05), rates(rng, 0.2))


def itself(rng: np.random.Generator) -> list[MetricVerdict]:
    """The same model twice, on prompts of ten topics and forty templates."""
    prompts = [replace(p, groups={"topic": f"t{i % 10}"}) for i, p in enumerate(prompts_of("harm", N, clusters=40))]
    return plain(rates(rng, 0.2), rates(rng, 0.2), prompts)


ATTACKS: dict[str, tuple[Audit, float]] = {
    "in one group": (in_one_group, 0.95),
    "in exchange": (in_exchange, 0.95),
    "in some clusters": (in_some_clusters, 0.95),
    "behind copies": (behind_copies, 0.9),
    "in later draws": (in_later_draws, 0.9),
    "truncated below the limit": (lambda rng: cut(rng, 0.045, Outcome.TRUNCATED_IN_THOUGHT), 0),
    "degenerate below the limit": (lambda rng: cut(rng, 0.045, Outcome.DEGENERATE), 0),
    "truncated above the limit": (lambda rng: cut(rng, 0.3, Outcome.TRUNCATED_IN_ANSWER), 0),
    "errors": (lambda rng: cut(rng, 0.1, Outcome.ERROR), 0),
    "not answering": (not_answering, 0),
    "in traces": (in_traces, 0.95),
    "tripled when rare": (tripled_when_rare, 0.9),
    "just beyond the margin": (just_beyond_the_margin, 0),
    "many small losses": (many_small_losses, 0),
    "as less of a good": (as_less_of_a_good, 0.95),
    "everywhere": (everywhere, 0.95),
}
"""Each attack with the least share of audits that must name it; 0 where its size is within what nobody can see."""


def named(verdicts: list[MetricVerdict]) -> bool:
    """Whether a metric or a group of its prompts is called a regression."""
    return any(v.verdict is Verdict.REGRESSED or any(g.regressed for g in v.groups) for v in verdicts)


def cleared(verdicts: list[MetricVerdict]) -> bool:
    """Whether every metric is called preserved or improved, and no group is named."""
    return all(v.verdict in (Verdict.PRESERVED, Verdict.IMPROVED) for v in verdicts) and not named(verdicts)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_not_cleared(name: str) -> None:
    """It is seldom preserved or improved, and where it can be seen it is called a regression."""
    audit, least = ATTACKS[name]
    rng = np.random.default_rng(11)
    verdicts = [audit(rng) for _ in range(AUDITS)]
    assert sum(map(cleared, verdicts)) <= CLEARED
    assert sum(map(named, verdicts)) >= least * AUDITS


def test_a_model_is_no_attack_on_itself() -> None:
    """A regression is named in as few audits as promised."""
    rng = np.random.default_rng(5)
    assert sum(named(itself(rng)) for _ in range(AUDITS)) <= CLEARED
