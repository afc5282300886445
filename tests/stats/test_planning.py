"""Planning figures: the published table of prompts needed, and that achieved effects agree with the formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trustdelta.errors import ConfigError
from trustdelta.records import Better, Components, Dimension, Metric
from trustdelta.stats.margins import as_judged, declared_margin, guards_doubling, margin_of
from trustdelta.stats.plan import VerdictPlan
from trustdelta.stats.planning import (
    achieved_effect,
    detectable_effect,
    pairs_to_decide,
    per_prompt,
    prompts_needed,
    rare_floor,
)
from trustdelta.stats.score_interval import moments


@pytest.mark.parametrize(
    ("margin", "alpha", "needed"),
    [
        (0.02, 0.05, (773, 1546, 3092)),
        (0.02, 0.05 / 30, (1784, 3567, 7133)),
        (0.03, 0.05 / 6, (582, 1164, 2327)),
        (0.05, 0.05, (124, 248, 495)),
        (0.05, 0.05 / 30, (286, 571, 1142)),
    ],
)
def test_prompts_needed_table(margin: float, alpha: float, needed: tuple[int, ...]) -> None:
    """Prompts for 80 % power at 5, 10 and 20 % discordance: the table in docs/statistics.md."""
    assert tuple(prompts_needed(v, margin, alpha) for v in (0.05, 0.10, 0.20)) == pytest.approx(needed, abs=1)


def test_rare_floor() -> None:
    """Prompts without any discordance that exclude 2, 3 and 5 points at .05/30: 423, 279, 164."""
    assert [rare_floor(m, 0.05 / 30) for m in (0.02, 0.03, 0.05)] == pytest.approx([423, 279, 164], abs=1)


def test_achieved_effect_tends_to_the_formula() -> None:
    """With many prompts and a small mean the interval's detectable effect is the formula's."""
    d = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], 100_000, p=[0.1, 0.8, 0.1])
    found = achieved_effect(moments(d), 0.0125)
    assert found == pytest.approx(detectable_effect(float(d.var()), d.size, 0.0125), rel=0.02)


def test_no_discordance_still_has_a_limit() -> None:
    """Where nothing differed the detectable effect is not zero."""
    assert 0.04 < achieved_effect(moments(np.zeros(200)), 0.05 / 30) < 0.08
    assert pairs_to_decide(moments(np.zeros(200)), 200, 0.02, 0.05 / 30) > 423


def test_more_draws_cut_generation_noise_only() -> None:
    """Draws divide each arm's own variance and leave the spread between prompts."""
    parts = Components(between=0.01, candidate=0.06, baseline=0.04)
    assert per_prompt(parts, 1, 1) == pytest.approx(0.11)
    assert per_prompt(parts, 3, 4) == pytest.approx(0.04)


def test_margins_are_declared_or_the_tiers() -> None:
    """The plan's margin before the metric's, else the tier's and at most a quarter of the alignment effect."""
    m = Metric("m", "b", Dimension.SAFETY, "s", "t", Better.LOWER, tier="B")
    assert declared_margin(m, VerdictPlan()) == 0.03
    assert declared_margin(m, VerdictPlan(effects={"m": 0.06})) == pytest.approx(0.015)
    assert declared_margin(replace(m, margin=0.07), VerdictPlan(effects={"m": 0.06})) == 0.07
    assert declared_margin(replace(m, margin=0.07), VerdictPlan(margins={"m": 0.04})) == 0.04
    assert margin_of(replace(m, judged=True), VerdictPlan(), checked=False) == pytest.approx(0.024)
    guarded = [guards_doubling(one, VerdictPlan(), signed=one.signed) for one in (m, replace(m, margin=0.07))]
    assert guarded == [True, False]
    assert not guards_doubling(m, VerdictPlan(), signed=True)
    assert as_judged(0.05) == pytest.approx(0.04)
    with pytest.raises(ConfigError, match="Youden"):
        as_judged(0.05, 0.0)
