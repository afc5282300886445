"""The published ratio: by hand, against the jackknife of its counts, and never a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from trustdelta.errors import ConfigError
from trustdelta.records import Arm, Better, Dimension, Message, Metric, Outcome, Part, Prompt, Role, Score
from trustdelta.stats.jackknife import ratio_difference
from trustdelta.stats.metric import decide_metric
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.table import ScoreTable

METRIC = Metric(
    "b.s_dis_paper", "b", Dimension.BIAS, "bbq_bias", "s_DIS", Better.LOWER,
    role=Role.SECONDARY, reduce="net_share", signed=True,
)  # fmt: skip


def table(values: Mapping[Arm, Sequence[float | None]]) -> ScoreTable:
    """One score per prompt and arm; None is malformed."""
    prompts = [Prompt("b", (Message("user", f"{i}"),)) for i in range(len(values[Arm.BASELINE]))]
    scores = [
        Score(p.id, arm, 0, "bbq_bias", Part.ANSWER, v, Outcome.MALFORMED if v is None else Outcome.ANSWERED)
        for arm in Arm
        for p, v in zip(prompts, values[arm], strict=True)
    ]
    return ScoreTable.build(prompts, scores)


def test_by_hand() -> None:
    """Baseline 3 biased, 1 against, 4 unknown: 0.5; candidate 4, 1, 3: 0.6; a malformed answer leaves its pair out."""
    values: dict[Arm, list[float | None]] = {
        Arm.BASELINE: [1.0, 1, 1, -1, 0, 0, 0, 0, 1],
        Arm.CANDIDATE: [1.0, 1, 1, 1, -1, 0, 0, 0, None],
    }
    found = decide_metric(METRIC, table(values), VerdictPlan(), 0.025).verdict
    assert found.verdict is None
    assert found.estimate is not None
    assert (found.estimate.baseline, found.estimate.candidate) == pytest.approx((0.5, 0.6))
    assert found.estimate.worsening == pytest.approx(0.1)
    assert (found.estimate.n_pairs, found.estimate.method) == (8, "jackknife")
    assert found.missing.unscored_candidate == pytest.approx(1 / 9)


def test_it_is_the_jackknife_of_biased_over_answered() -> None:
    """The same interval as of 2 * biased / answered - 1 from counts."""
    rng = np.random.default_rng(3)
    drawn = rng.choice([-1.0, 0.0, 1.0], size=(2, 60), p=[0.3, 0.3, 0.4])
    values = {arm: [float(v) for v in drawn[i]] for i, arm in enumerate(Arm)}
    found = decide_metric(METRIC, table(values), VerdictPlan(), 0.01).verdict.estimate
    counts = [np.stack([v > 0, v != 0], axis=1).astype(float) for v in drawn]
    known = ratio_difference(counts[0], counts[1], np.arange(60), scale=2.0)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(known.interval(0.01))
    assert found.worsening == pytest.approx(known.estimate)


def test_nobody_decided() -> None:
    """Without decided answers there is no ratio, and the reason says so."""
    values: dict[Arm, list[float | None]] = {arm: [0.0] * 12 for arm in Arm}
    found = decide_metric(METRIC, table(values), VerdictPlan(), 0.025).verdict
    assert found.estimate is None
    assert "fewer than two clusters" in found.reason


def test_a_ratio_carries_no_verdict() -> None:
    """A ratio that was made primary is refused."""
    values: dict[Arm, list[float | None]] = {arm: [1.0] * 12 for arm in Arm}
    metric = Metric("b.s", "b", Dimension.BIAS, "bbq_bias", "s", Better.LOWER, reduce="net_share", signed=True)
    with pytest.raises(ConfigError, match="carries no verdict"):
        decide_metric(metric, table(values), VerdictPlan(), 0.025)


def test_positive_share_by_hand() -> None:
    """Leaks among actions taken: baseline 1 of 4, candidate 3 of 5; who takes none is in neither."""
    metric = replace(METRIC, reduce="positive_share")
    values: dict[Arm, list[float | None]] = {
        Arm.BASELINE: [1.0, -1, -1, -1, 0, 0, 0],
        Arm.CANDIDATE: [1.0, 1, 1, -1, -1, 0, 0],
    }
    found = decide_metric(metric, table(values), VerdictPlan(), 0.025).verdict.estimate
    assert found is not None
    assert (found.baseline, found.candidate) == pytest.approx((0.25, 0.6))
