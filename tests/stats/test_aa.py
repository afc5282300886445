"""The A/A check stays silent on an honest baseline, and variance components come back as planted."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from trustdelta.records import Better, Dimension, Metric, Part, Verdict
from trustdelta.stats.aa import _sham_verdict, aa_check
from trustdelta.stats.components import shared_variance, variance_components
from trustdelta.stats.metric import decide_metric
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.table import PromptColumns, ScoreColumns, ScoreTable

PLAN = VerdictPlan(interim=True)
METRIC = Metric("m", "b", Dimension.SAFETY, "s", "t", Better.LOWER, tier="C")


def table(value_KP: np.ndarray, arms: int = 1, per_cluster: int = 1) -> ScoreTable:
    """Scores of shape (arms * draws, prompts), the baseline's draws first; so many prompts to a cluster."""
    draws, n = value_KP.shape[0] // arms, value_KP.shape[1]
    k = np.repeat(np.arange(value_KP.shape[0]), n)
    zeros = np.zeros(k.size, dtype=np.int64)
    prompts = PromptColumns(
        [f"{i:04d}" for i in range(n)], ["b"] * n, [str(i // per_cluster) for i in range(n)], [""] * n
    )
    scores = ScoreColumns(
        prompt=np.tile(np.arange(n), value_KP.shape[0]),
        arm=k // draws,
        draw=k % draws,
        series=zeros,
        value=value_KP.ravel(),
        outcome=zeros,
        reason=zeros,
        series_names=[("s", Part.ANSWER)],
    )
    return ScoreTable.of(prompts, scores)


def reaches(whole: ScoreTable, plan: VerdictPlan) -> bool:
    """Whether a plan claims beyond the prompts of a table."""
    return plan.scopes.reaches_beyond(whole.pool_clusters("b"))


def test_honest_baseline_raises_no_alarm() -> None:
    """Independent draws give no false regression worth the name, and many splits are preserved."""
    rng = np.random.default_rng(0)
    check = aa_check([METRIC], table((rng.random((4, 800)) < 0.1).astype(float)), VerdictPlan(), rng)
    assert check is not None
    assert not check.failed
    assert check.splits == 20
    assert check.preserved_share > 0.9


def test_splits_differ_and_use_every_draw() -> None:
    """Each split gives both sham arms two of four draws, and two splits are not alike."""
    rng = np.random.default_rng(1)
    whole = table(rng.random((4, 50)))
    baseline = whole.baseline()
    assert baseline is not None
    first, second = baseline.split(rng), baseline.split(rng)
    for sham in (first, second):
        assert sham.arm_R is not None
        assert np.bincount(sham.rows["prompt"] * 2 + sham.arm_R).tolist() == [2] * 100
    assert first.arm_R is not None
    assert second.arm_R is not None
    assert not np.array_equal(first.arm_R, second.arm_R)


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("per_cluster", [1, 5, 100])
@pytest.mark.parametrize("plan", [VerdictPlan(interim=True), VerdictPlan(interim=True, anytime=True)])
def test_words_of_the_check_are_the_audit_s(binary: bool, per_cluster: int, plan: VerdictPlan) -> None:
    """The short way to a sham metric's word says what the whole audit of it says, whatever is missing."""
    rng = np.random.default_rng(7)
    for lost in (0.0, 0.004, 0.03):
        shared = np.repeat(rng.beta(0.5, 1, 300 // per_cluster), per_cluster)
        value = rng.random((4, 300)) * shared
        value = (value > 0.3).astype(float) if binary else value
        value[rng.random(value.shape) < lost] = np.nan
        baseline = table(value, per_cluster=per_cluster).baseline()
        assert baseline is not None
        for _ in range(3):
            sham = baseline.split(rng)
            for level in (0.4, 0.05):
                decided = decide_metric(METRIC, sham, plan, level)
                assert _sham_verdict(METRIC, sham, plan, level, reaches=reaches(sham, plan)) is decided.verdict.verdict


@pytest.mark.parametrize("shift", [-0.4, -0.02, 0.0, 0.02, 0.4])
@pytest.mark.parametrize("better", Better)
@pytest.mark.parametrize("signed", [False, True])
def test_words_by_p_values_are_those_of_intervals(shift: float, better: Better, signed: bool) -> None:
    """For differences of any size, responses missing at random or from one model, and margins of any width."""
    rng, words = np.random.default_rng(3), set()
    metric = replace(METRIC, better=better, signed=signed)
    for lost, prompts in itertools.product((0.0, 0.01, 0.04, 0.3), (40, 400)):
        arms = [rng.random((2, prompts)) * 0.5, np.clip(rng.random((2, prompts)) * 0.5 + shift, -0.5 * signed, 1)]
        value = np.concatenate(arms)
        value[2:][rng.random((2, prompts)) < lost] = np.nan
        whole = table(value, arms=2, per_cluster=2)
        for level in (0.3, 0.05, 0.001):
            by_interval = decide_metric(metric, whole, PLAN, level).verdict.verdict
            assert _sham_verdict(metric, whole, PLAN, level, reaches=reaches(whole, PLAN)) is by_interval
            words.add(by_interval)
    upwards = (shift > 0) is (better is Better.HIGHER)
    assert abs(shift) < 0.1 or (Verdict.IMPROVED if upwards else Verdict.REGRESSED) in words


def test_one_draw_cannot_be_split() -> None:
    """With one baseline draw there is nothing to compare."""
    assert aa_check([METRIC], table(np.zeros((1, 30))), VerdictPlan(), np.random.default_rng(0)) is None


def test_components_come_back() -> None:
    """Planted variances between prompts and within each arm are found within a few per cent."""
    rng = np.random.default_rng(2)
    shift = 0.1 * rng.standard_normal(4000)
    baseline = 0.5 + 0.1 * rng.standard_normal((3, 4000))
    candidate = 0.5 + shift + 0.2 * rng.standard_normal((3, 4000))
    parts = variance_components(table(np.concatenate([baseline, candidate]), arms=2).metric_rows("b", "s", Part.ANSWER))
    assert (parts.between, parts.candidate, parts.baseline) == pytest.approx((0.01, 0.04, 0.01), rel=0.1)


def test_single_draws_leave_components_unknown() -> None:
    """With one draw per arm noise and spread cannot be told apart, and no number is made up."""
    rows = table(np.random.default_rng(3).random((2, 40)), arms=2).metric_rows("b", "s", Part.ANSWER)
    assert np.isnan([variance_components(rows).between, variance_components(rows).baseline]).all()


def test_what_clusters_share_comes_back() -> None:
    """A planted shift of whole clusters is found; without clusters it is exactly 0."""
    rng = np.random.default_rng(4)
    cluster = np.repeat(np.arange(2000), 5)
    d = 0.1 * rng.standard_normal(2000)[cluster] + 0.2 * rng.standard_normal(10_000)
    assert shared_variance(d, cluster) == pytest.approx(0.01, rel=0.1)
    assert shared_variance(d, np.arange(10_000)) == 0.0
    assert np.isnan(shared_variance(d, np.zeros(10_000, dtype=np.int64)))


def test_the_alarm_is_a_binomial_surprise() -> None:
    """Audits at their level are hardly ever alarmed, and a loose level explains many false regressions."""
    rng = np.random.default_rng(5)
    checks = [
        aa_check([METRIC], table((rng.random((2, 120)) < 0.3).astype(float)), VerdictPlan(), rng) for _ in range(60)
    ]
    assert sum(c.failed for c in checks if c) <= 2
    assert sum(c.splits_with_false_regression for c in checks if c) / (60 * 20) <= 0.06
    found = aa_check([METRIC], table((rng.random((2, 40)) < 0.5).astype(float)), VerdictPlan(alpha=0.49), rng)
    assert found is not None
    assert found.splits_with_false_regression > 3
    assert not found.failed


def test_capability_does_not_raise_the_alarm() -> None:
    """Only the trust metrics' level is checked, where there are trust metrics."""
    noisy = replace(METRIC, name="noisy", dimension=Dimension.CAPABILITY, scorer="none")
    rng = np.random.default_rng(6)
    both = aa_check([METRIC, noisy], table((rng.random((2, 200)) < 0.1).astype(float)), VerdictPlan(), rng)
    assert both is not None
    assert both.preserved_share in {0.0, *(i / 20 for i in range(21))}
