"""A second judge shows by how much a judge may be wrong, and the grade of a claim is set against that."""

from __future__ import annotations

import numpy as np

from trustdelta.records import Better, Dimension, Metric, Part
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.table import PromptColumns, ScoreColumns, ScoreTable
from trustdelta.verdict import decide

METRIC = Metric("m", "b", Dimension.SAFETY, "first", "t", Better.LOWER, tier="A", judged=True)


def table(noise: float) -> ScoreTable:
    """Two judges' scores of 400 prompts in both arms; the second overturns a share `noise` of the candidate's harms."""
    rng, n = np.random.default_rng(0), 400
    baseline, candidate = (rng.random(n) < 0.05).astype(float), (rng.random(n) < 0.30).astype(float)
    second = candidate * (rng.random(n) >= noise)
    zeros = np.zeros(4 * n, dtype=np.int64)
    scores = ScoreColumns(
        np.tile(np.arange(n), 4),
        np.repeat([0, 1, 0, 1], n),
        zeros,
        np.repeat([0, 0, 1, 1], n),
        np.concatenate([baseline, candidate, baseline, second]),
        zeros,
        zeros,
        [("first", Part.ANSWER), ("second", Part.ANSWER)],
    )
    return ScoreTable.of(PromptColumns([f"{i:04d}" for i in range(n)], ["b"] * n, [""] * n, [""] * n), scores)


def test_grade_rests_on_the_change_of_judge() -> None:
    """Alike judges leave the claim robust, a harsher first judge makes it sensitive, and the evidence is named."""
    grades = []
    for noise in (0.02, 0.4):
        (found,) = decide([METRIC], table(noise), VerdictPlan(second={"m": "second"})).metrics
        assert found.tipping is not None
        assert found.tipping.evidence == "judge-swap"
        assert "as-judged" in found.flags
        grades.append((found.tipping.grade, found.tipping.plausible_bias < 0.05))
    assert grades[0] == ("robust", True)
    assert grades[1][1] is False


def test_without_a_second_judge_the_bias_is_assumed() -> None:
    """One judge alone is held against the literature's 3 points."""
    (found,) = decide([METRIC], table(0.0), VerdictPlan()).metrics
    assert found.tipping is not None
    assert (found.tipping.evidence, found.tipping.plausible_bias) == ("assumed", 0.03)
