"""Boundaries against published constants, their level by simulation, and the rules of stopping."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from trustdelta.errors import ConfigError
from trustdelta.records import Better, Dimension, Estimate, Metric, MetricVerdict, Missing, Verdict
from trustdelta.stats.sequential import (
    Look,
    Schedule,
    boundaries,
    claim_probability,
    conditional_power,
    hsd,
    hsd_late,
    look_sizes,
    predictive_power,
    prompt_order,
    standard_looks,
)
from trustdelta.verdict import VerdictPlan
from verdict_tables import decide_one, shares


def obrien_fleming(t: float, alpha: float) -> float:
    """Lan-DeMets spending like O'Brien & Fleming's: 2 (1 - Phi(z_{alpha/2} / sqrt t))."""
    return 2 * float(ndtr(ndtri(alpha / 2) / np.sqrt(t)))


def pocock(t: float, alpha: float) -> float:
    """Lan-DeMets spending like Pocock's: alpha ln(1 + (e - 1) t)."""
    return float(alpha * np.log(1 + (np.e - 1) * t))


FIFTHS = (0.2, 0.4, 0.6, 0.8, 1.0)


@pytest.mark.parametrize(
    ("times", "alpha", "spending", "published"),
    [
        (FIFTHS, 0.05, hsd, (2.665, 2.460, 2.243, 2.019, 1.787)),
        (FIFTHS, 0.05 / 30, hsd, (3.656, 3.527, 3.386, 3.242, 3.096)),
        (FIFTHS, 0.05, obrien_fleming, (4.229, 2.888, 2.298, 1.962, 1.740)),
        ((0.25, 0.5, 0.75, 1.0), 0.05, obrien_fleming, (3.7496, 2.5399, 2.0160, 1.7201)),
    ],
)
def test_boundaries_match_published_constants(
    times: tuple[float, ...], alpha: float, spending: object, published: tuple[float, ...]
) -> None:
    """Boundaries to 2e-3; the last row is the published example of SeqBounds.jl (Lan-DeMets, O'Brien-Fleming)."""
    assert callable(spending)
    assert boundaries(times, alpha, spending) == pytest.approx(published, abs=2e-3)


def test_one_look_is_the_fixed_design() -> None:
    """A single look at full information has the usual critical value."""
    assert boundaries((1.0,), 0.025)[0] == pytest.approx(1.959964, abs=1e-6)


def test_boundaries_depend_on_the_past_only() -> None:
    """What has been spent does not change with later looks."""
    assert boundaries((0.3, 0.5, 1.0), 0.01)[:2] == pytest.approx(boundaries((0.3, 0.5, 0.7), 0.01)[:2])


@pytest.mark.parametrize("spending", [hsd, hsd_late, pocock, obrien_fleming])
def test_level_by_simulation(spending: object) -> None:
    """Brownian motion crosses the ten-look standard design's boundaries with probability alpha (100,000 paths)."""
    assert callable(spending)
    times = np.array(Schedule(standard_looks()).times())
    rng = np.random.default_rng(0)
    steps = rng.normal(0, np.sqrt(np.diff(np.r_[0, times])), (100_000, times.size))
    z = np.cumsum(steps, axis=1) / np.sqrt(times)
    crossed = (z > np.array(boundaries(tuple(times), 0.05, spending))).any(axis=1).mean()
    assert crossed == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 1e5))


def test_information_times_of_the_default_plan() -> None:
    """With a quarter of the variance between prompts the full pool is half of a three-draw plan, two draws .8."""
    times = Schedule(standard_looks(3)).times()
    assert times[7:] == pytest.approx((0.5, 0.8, 1.0))
    assert times[0] == pytest.approx(0.025)


def test_bad_times_are_refused() -> None:
    """Times that repeat or exceed one are a mistake of the plan."""
    for times in ((), (0.5, 0.5), (0.5, 1.2)):
        with pytest.raises(ConfigError, match="information times"):
            boundaries(times, 0.05)


def found(p_regressed: float, p_preserved: float, verdict: Verdict = Verdict.INCONCLUSIVE) -> MetricVerdict:
    """A metric's verdict at a look, with the two p-values that stopping reads."""
    e = Estimate(
        0.1, 0.1, 0, -0.1, 0.1, -0.1, 0.1, 0.01, 50, 50, 1, 1, 1, 49, 0.1, p_regressed, p_preserved, 0.5, *4 * (0.0,)
    )
    metric = Metric("m", "b", Dimension.SAFETY, "s", "t", Better.LOWER)
    return MetricVerdict(metric, e, Missing(100, 0, 0, 0, 0, 0, 0, 0), 0.03, verdict)


def test_steps_after_a_look() -> None:
    """A claim decides, a hopeless trend at enough information is futile, the last look is final."""
    plan = Schedule(standard_looks(1))
    assert plan.step(found(1e-9, 1, Verdict.REGRESSED), 3, 0.01) == "decided"
    assert plan.step(found(0.5, 0.5), 5, 0.01) == "futile"
    assert plan.step(found(0.5, 0.5), 0, 0.01) == "continue"
    assert plan.step(found(0.02, 0.9), 5, 0.01) == "continue"
    assert plan.step(found(0.5, 0.5), 7, 0.01) == "final"
    assert replace(plan, futility=0.0).step(found(0.5, 0.5), 5, 0.01) == "continue"


def equal_so_far(prompts: int, differ: int = 0) -> MetricVerdict:
    """The verdict at the fourth of eight looks on responses of which `differ` in each direction do."""
    plan = VerdictPlan(schedule=Schedule(standard_looks(1)), look={"harm": 3})
    return decide_one(*shares(prompts, up=differ, down=differ, bad=prompts // 10), plan)


def test_equal_responses_are_futile_where_the_whole_pool_could_not_show_equality() -> None:
    """26 % of 120 prompts, none different: all 120 equal would not exclude the margin of 5 points. Of 200 they would.

    Where responses differ, the score interval's variance is the observed one, and the usual conditional power holds.
    """
    plan = Schedule(standard_looks(1))
    small, large = equal_so_far(31), equal_so_far(52)
    assert small.estimate is not None
    assert plan._power((small.estimate.p_preserved,), 3, 0.0036) > 0.3, "by z alone it would go on"
    assert plan.step(small, 3, 0.0036) == "futile"
    assert plan.step(large, 3, 0.0036) == "continue"


def test_a_stop_for_futility_names_the_rare_floor_where_the_pool_lies_below_it() -> None:
    """26 % of the pool, all equal: of 120 prompts the floor is the reason, of 200 it is futility."""
    for sent, reason in ((31, "rare-floor"), (52, "futility")):
        looks = {"look": {"harm": 3}, "stopped": {"harm": "futility"}}
        plan = VerdictPlan(schedule=Schedule(standard_looks(1)), **looks)  # type: ignore[arg-type]
        assert decide_one(*shares(sent, bad=sent // 10), plan).reason == reason


def test_equality_that_may_hide_a_doubling_is_futile_where_the_whole_pool_could_not_exclude_it() -> None:
    """Of 200 prompts without a harmful answer a doubling stays possible, of 900 not; with 25 of 52 it is excluded."""
    schedule = Schedule(standard_looks(1))
    plan = VerdictPlan(schedule=schedule, look={"harm": 3})
    rare, enough, common = (decide_one(*shares(sent, bad=bad), plan) for sent, bad in ((52, 0), (234, 0), (52, 25)))
    assert schedule._power_against_doubling(rare, 3, 0.0036) < schedule.futility
    assert schedule._power_against_doubling(enough, 3, 0.0036) > 0.9
    assert schedule.step(rare, 3, 0.0036) == "futile"
    assert schedule.step(replace(enough, verdict=Verdict.INCONCLUSIVE), 3, 0.0036) == "continue"
    assert schedule._power_against_doubling(common, 3, 0.0036) > 0.9
    assert schedule._power_against_doubling(replace(rare, doubling_high=None), 3, 0.0036) == 1.0, "not tested"


def test_power_to_preserve_is_conditional_power_where_the_observed_spread_is_the_score_intervals() -> None:
    """Both formulas agree when many responses differ."""
    plan = Schedule(standard_looks(1))
    verdict = equal_so_far(2000, differ=400)
    e = verdict.estimate
    assert e is not None
    expected = plan._power((e.p_preserved,), 3, 0.01)
    assert plan._power_to_preserve(verdict, e, 3, 0.01) == pytest.approx(expected, abs=0.01)


def test_a_preserved_capability_goes_on_while_it_may_turn_out_improved() -> None:
    """No early look hides a gain behind preserved; without a trend, or at the last look, preserved is the end."""
    plan = Schedule(standard_looks(1))

    def capability(p_improved: float) -> MetricVerdict:
        verdict = found(1, 1e-9, Verdict.PRESERVED)
        assert verdict.estimate is not None
        metric = replace(verdict.metric, dimension=Dimension.CAPABILITY)
        return replace(verdict, metric=metric, estimate=replace(verdict.estimate, p_improved=p_improved))

    assert plan.step(capability(0.02), 3, 0.01) == "continue"
    assert plan.step(capability(0.5), 3, 0.01) == "decided"
    assert plan.step(capability(0.02), 7, 0.01) == "decided"
    assert plan.step(found(1, 1e-9, Verdict.PRESERVED), 3, 0.01) == "decided"


def test_look_level_is_the_boundarys_tail() -> None:
    """The repeated interval at the last of several looks is a little wider than the fixed one, early far wider."""
    plan = Schedule(standard_looks(1))
    levels = [plan.look_alpha(i, 0.01) for i in range(8)]
    assert levels[0] < 0.002
    assert 0.005 < levels[-1] < 0.01


def test_power_forecasts() -> None:
    """Conditional and predictive power are one half where the trend ends on the boundary, and 0 or 1 when over."""
    assert conditional_power(2.0 * np.sqrt(0.5), 0.5, 2.0) == pytest.approx(0.5)
    assert predictive_power(2.0 * np.sqrt(0.5), 0.5, 2.0) == pytest.approx(0.5)
    assert conditional_power(2.1, 1.0, 2.0) == predictive_power(2.1, 1.0, 2.0) == 1.0
    assert predictive_power(0.0, 0.25, 2.0) > conditional_power(0.0, 0.25, 2.0)


def test_budget_goes_where_a_claim_is_near() -> None:
    """Of undecided metrics the one nearest to a claim counts; a decided one has nothing to gain."""
    plan, level = Schedule(standard_looks(1)), {"m": 0.01}
    far, near = (claim_probability([found(p, 0.99)], plan, 4, level) for p in (0.4, 0.004))
    assert 0 < far < near < 1
    assert claim_probability([found(0.4, 0.4), found(0.004, 0.99)], plan, 4, level) == near
    assert claim_probability([found(1e-9, 1, Verdict.REGRESSED)], plan, 4, level) == 0.0


def test_order_keeps_clusters_whole_and_strata_even() -> None:
    """Every cluster is contiguous, any beginning of the order has each stratum's share, and the seed decides."""
    cluster = np.repeat(np.arange(100), 5)
    stratum = (cluster % 4 == 0).astype(int)
    order = prompt_order(cluster, stratum, np.random.default_rng(1))
    ordered = cluster[order]
    assert np.flatnonzero(ordered[1:] != ordered[:-1]).size == 99
    assert sorted(order.tolist()) == list(range(500))
    assert abs(stratum[order[:100]].mean() - 0.25) <= 0.06
    assert order.tolist() == prompt_order(cluster, stratum, np.random.default_rng(1)).tolist()
    assert order.tolist() != prompt_order(cluster, stratum, np.random.default_rng(2)).tolist()


def test_looks_never_split_a_cluster() -> None:
    """Look sizes end on cluster borders, never shrink, start with ten clusters and end with the pool."""
    cluster = np.repeat(np.arange(100), 5)
    sizes = look_sizes(cluster, standard_looks(1))
    assert sizes[0] == 50
    assert sizes[-1] == 500
    assert all(s % 5 == 0 for s in sizes)
    assert sizes == sorted(sizes)
    assert look_sizes(np.arange(8), (Look(0.1), Look(1.0))) == [8, 8]
