"""The plane of gain against regression on the first screen."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from report_fixtures import RESULT

from trustdelta.records import TRUST_DIMENSIONS, Dimension, Verdict
from trustdelta.report.html import render
from trustdelta.report.plane import Span, Spot, plane
from trustdelta.report.sections._common import largest

VALUES = st.floats(-100, 100)
SPANS = st.tuples(VALUES, VALUES, VALUES).map(lambda v: Span(sorted(v)[1], min(v), max(v)))


def test_first_screen_holds_gain_against_regression() -> None:
    """The picture is in the first section and names every dimension with an estimate, its change and the gain."""
    first = render(RESULT).split('<section id="verdicts"')[0]
    said = re.findall(r'id="overview-plane-d">([^<]*)<', first)
    assert len(said) == 1
    for dimension in TRUST_DIMENSIONS:
        assert (f"{dimension.value.capitalize()}: " in said[0]) == (largest(RESULT, dimension) is not None)
    assert said[0].startswith("Gain in capability +")


def test_no_plane_without_a_gain() -> None:
    """Where no capability was estimated there is no plane, and nothing else is missing."""
    bare = replace(RESULT, dimensions=tuple(d for d in RESULT.dimensions if d.dimension is not Dimension.CAPABILITY))
    assert "overview-plane" not in render(bare)


def test_largest_is_the_worst_of_its_dimension() -> None:
    """No primary metric of a dimension worsened more than the one that is drawn."""
    for dimension in Dimension:
        worst = largest(RESULT, dimension)
        own = [m for m in RESULT.metrics if m.metric.dimension is dimension and m.verdict is not None and m.estimate]
        assert (worst is None) == (not own)
        for other in own:
            assert worst
            assert worst.estimate
            assert other.estimate
            assert other.estimate.worsening / other.metric.bound <= worst.estimate.worsening / worst.metric.bound


@given(st.lists(st.tuples(SPANS, SPANS), min_size=1, max_size=12), st.booleans())
def test_names_never_lie_on_each_other(ends: list[tuple[Span, Span]], shared: bool) -> None:
    """Whatever the values, every name is drawn inside the picture, and two names are at least a line apart."""
    spots = [Spot(f"spot {i}", ends[0][0] if shared else g, c, Verdict.PRESERVED) for i, (g, c) in enumerate(ends)]
    drawn = plane("p", "title", spots)
    heights = sorted(float(y) for y in re.findall(r'y="([-\d.]+)" text-anchor="\w+">spot \d+<', drawn))
    assert len(heights) == len(spots)
    assert all(b - a > 14.9 for a, b in itertools.pairwise(heights))
    assert heights[0] > 15
    assert heights[-1] < 235
