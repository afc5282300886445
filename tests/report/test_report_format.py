"""Numbers and signs as readers see them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_fixtures import HIGHER, LOWER, estimate, metric

from trustdelta.records import Better, Dimension
from trustdelta.report import format as fmt

rates = st.floats(0, 1)


@pytest.mark.parametrize(
    ("better", "wanted"),
    [(Better.HIGHER, "−86.2 [−92.3, −80.1]"), (Better.LOWER, "+86.2 [+80.1, +92.3]")],
)
def test_a_positive_change_is_better_whatever_the_metric_counts(better: Better, wanted: str) -> None:
    """98.0 % to 11.8 % reads as −86.2 points where that is a loss, and as +86.2 where it is a gain."""
    found = estimate(0.98, 0.118, 0.061, better)
    assert (found.worsening > 0) is (better is Better.HIGHER)
    assert fmt.estimate_text(metric("m", Dimension.SAFETY, "M", better), found) == wanted


@given(rates, rates, st.floats(0, 0.5), st.sampled_from(Better))
def test_bounds_stay_in_order(baseline: float, candidate: float, half: float, better: Better) -> None:
    """After turning, low ≤ value ≤ high, and the value is positive where the candidate is better."""
    turned = fmt.change(estimate(baseline, candidate, half, better))
    assert turned.low <= turned.value <= turned.high
    assert turned.value == pytest.approx((candidate - baseline) * (1 if better is Better.HIGHER else -1))


def test_an_asymmetric_interval_turns_with_its_bounds() -> None:
    """The upper bound of the worsening becomes the lower bound of the change."""
    found = replace(estimate(0.5, 0.4, 0.1, HIGHER), worsening=0.1, low_95=-0.05, high_95=0.3)
    assert fmt.change(found) == pytest.approx((-0.1, -0.3, 0.05))


def test_a_bound_that_is_not_zero_is_not_written_as_zero() -> None:
    """A regression of 0.02 points with a positive lower bound shows that its interval excludes zero."""
    found = replace(estimate(0.5, 0.5, 0.1, LOWER), worsening=0.0104, low_95=0.0002, high_95=0.02)
    assert fmt.estimate_text(metric("m", Dimension.BIAS, "M", LOWER), found) == "−1.04 [−2.00, −0.02]"


def test_a_score_outside_zero_to_one_keeps_its_units() -> None:
    """A score with the range [0, 4] is not written in percent."""
    soft = metric("m", Dimension.BIAS, "M", LOWER, bound=4.0)
    assert (fmt.rate(soft, 2.5), fmt.unit(soft), fmt.size(soft, 0.2)) == ("2.50", "units", "0.20 units")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0.0, "0"),
        (0.0123456, "0.0123"),
        (1.0, "1.00"),
        (12.345, "12.3"),
        (123.4, "123"),
        (0.99999, "1.00"),
        (0.00099999, "0.00100"),
        (1.234e-7, "1.23e−7"),
        (math.inf, "∞"),
        (math.nan, "not a number"),
    ],
)
def test_nats_have_three_significant_digits(value: float, wanted: str) -> None:
    """Three digits whatever the size; scientific below a thousandth."""
    assert fmt.nats(value) == wanted


def test_small_numbers_are_not_rounded_away() -> None:
    """A tiny share or p-value is a bound, not zero; a negative zero has no sign."""
    assert (fmt.share(0.0001), fmt.share(0.0), fmt.p_value(3e-9), fmt.p_value(0.04321)) == (
        "< 0.1%",
        "0.0%",
        "< 0.0001",
        "0.043",
    )
    assert (fmt.fixed(-0.01), fmt.fixed(-0.01, sign=True), fmt.fixed(-1234.5)) == ("0.0", "0.0", "−1,234.5")
