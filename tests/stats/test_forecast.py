"""Forecasts of sequential designs agree with theory: level, power, and stopping sooner where the answer is clear."""

from __future__ import annotations

import numpy as np
import pytest

from trustdelta.stats.forecast import Signal, standard_error, stopping_looks
from trustdelta.stats.planning import detectable_effect
from trustdelta.stats.sequential import Look, Schedule, standard_looks

ONE_LOOK = Schedule((Look(1.0),), futility=0.0)


def test_power_of_one_look_is_the_formulas() -> None:
    """A worsening of the detectable size is found in 80 % of simulated audits."""
    effect = detectable_effect(0.1, 500, 0.01)
    signal = Signal(effect, 1.0, standard_error(0.1, 500), 0.01)
    _, claims = stopping_looks([signal], ONE_LOOK, 20_000, np.random.default_rng(0))
    assert claims[0] == pytest.approx(1.0), "far below so wide a margin everything is preserved"
    signal = Signal(effect, effect, standard_error(0.1, 500), 0.01)
    _, claims = stopping_looks([signal], ONE_LOOK, 20_000, np.random.default_rng(0))
    assert claims[0] == pytest.approx(0.81, abs=0.015)


def test_clear_answers_stop_sooner_and_groups_wait_for_the_last() -> None:
    """The mean stopping look falls with the effect; a group stops no sooner than any of its metrics."""
    plan = Schedule(standard_looks(3))
    error = standard_error(0.1, 500)
    small, large = (Signal(e, 0.05, error, 0.005) for e in (0.05, 0.2))
    rng = np.random.default_rng(1)
    alone = [stopping_looks([s], plan, 2000, rng)[0].mean() for s in (small, large)]
    together = stopping_looks([small, large], plan, 2000, rng)[0].mean()
    assert alone[1] < alone[0] <= together + 0.2
