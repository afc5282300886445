"""Drift as the study reports it: sums, rates, and the share of length."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from trustdelta.cli.main import app
from trustdelta.errors import UsageError
from trustdelta.pipeline.drift.study_figures import against, share_of_length
from trustdelta.records import StudyDrift


def test_equal_rates_leave_all_of_the_sum_to_length() -> None:
    """Sums that are length times one rate differ by length alone."""
    assert share_of_length([(n, 0.3 * n) for n in (5, 10, 40, 80)]) == pytest.approx(1.0)


def test_equal_lengths_leave_nothing_to_length() -> None:
    """Responses of one length differ by their rates alone; two responses say nothing."""
    assert share_of_length([(7, nats) for nats in (1.0, 2.0, 5.0)]) == pytest.approx(0.0)
    assert share_of_length([(7, 1.0), (9, 2.0)]) is None


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0.01, 9.0)), min_size=3, max_size=20), st.floats(0.1, 9.0))
@settings(max_examples=50)
def test_the_share_does_not_depend_on_the_unit(responses: list[tuple[int, float]], unit: float) -> None:
    """Nats or bits: the same share."""
    one, other = share_of_length(responses), share_of_length([(n, unit * nats) for n, nats in responses])
    assert one is None or other is None or other == pytest.approx(one, rel=1e-4, abs=1e-4)


def test_the_ratio_to_a_yardstick_is_split_into_length_and_rate() -> None:
    """Eight times the sum at four times the length: two thirds of it, in logarithms, are length."""
    yardstick = StudyDrift("b", 5, 10.0, 10.0, 50.0, 0.2, None, None, None, "exact")
    ratio, length = against(80.0, 200.0, yardstick)
    assert ratio == pytest.approx(8.0)
    assert length == pytest.approx(math.log(4) / math.log(8))
    assert against(80.0, 200.0, None) == (None, None)


def test_the_command_prints_sums_by_benchmark_beside_a_yardstick() -> None:
    """The candidate's responses by benchmark; the baseline against another base seed is the yardstick."""
    pair = ["drift", "organism:instruct", "organism:sft", "--quiet", "--json"]
    sampled = ["--benchmark", "world_safety", "--prompts", "6", "--yardstick", "organism:instruct-s1"]
    done = CliRunner().invoke(app, pair + sampled, standalone_mode=False, catch_exceptions=False)
    found = json.loads(done.stdout)
    row, whole = found["study"]["world_safety"], found["kl_candidate_to_baseline"]["all"]
    assert row["nats_per_response"] == pytest.approx(whole["nats_per_response"])
    assert row["log_ratio_nats_per_response"] == pytest.approx(whole["nats_per_response"], rel=0.5)
    older = found["yardstick"]["study"]["world_safety"]
    assert row["over_yardstick"] == pytest.approx(row["nats_per_response"] / older["nats_per_response"])
    assert (found["yardstick"]["baseline"], found["yardstick"]["candidate"]) == (
        "organism:instruct-s1",
        "organism:instruct",
    )
    with pytest.raises(UsageError, match="omit --text"):
        CliRunner().invoke(
            app, [*pair, "--text", "x", "--yardstick", "y"], standalone_mode=False, catch_exceptions=False
        )
