"""A report with texts stays small, and says what it left out."""

from __future__ import annotations

from dataclasses import replace

from report_fixtures import EXTRAS, RESULT

from trustdelta.report.extras import SamplePair
from trustdelta.report.html import render
from trustdelta.report.sections.samples import MOST_CHARACTERS, cut

LIMIT = 5_000_000
"""Bytes of report.html."""


def long_pair(number: int) -> SamplePair:
    """A pair whose every text is long and made of characters that take the most room once they are escaped."""
    pair = EXTRAS.samples[0]
    long = "<\x1b&\u202e" * 50_000
    side = replace(pair.baseline, thought=long, answer=long)
    return replace(pair, prompt_id=f"p{number}", prompt=long, baseline=side, candidate=side)


def test_a_report_with_texts_is_below_the_limit() -> None:
    """Two hundred pairs of a million hostile characters each: below 5 MB, every pair named, the cuts said."""
    extras = replace(EXTRAS, include_text=True, samples=[long_pair(i) for i in range(200)])
    page = render(RESULT, extras)
    assert len(page.encode()) < LIMIT
    assert all(f"<code>p{i}</code>" in page for i in range(200))
    assert "more characters are in the run folder" in page
    assert "of 200 samples are shown by hash only" in page


def test_short_texts_are_whole() -> None:
    """What fits is neither cut nor remarked on."""
    assert cut("x" * MOST_CHARACTERS) == "x" * MOST_CHARACTERS
    page = render(RESULT, replace(EXTRAS, include_text=True))
    assert "cut here" not in page
    assert "hashes alone" not in page
