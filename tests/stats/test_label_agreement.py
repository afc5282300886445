"""Agreement of labellers against published values, and its interval."""

from __future__ import annotations

import numpy as np
import pytest

from trustdelta.stats.label_agreement import agreement, cohens_kappa, krippendorffs_alpha

NAN = np.nan
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T
"""Four observers, twelve units: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, example C."""


def test_alpha_is_krippendorffs() -> None:
    """Interval alpha of the paper's example is 0.849."""
    assert krippendorffs_alpha(KRIPPENDORFF) == pytest.approx(0.849, abs=5e-4)


def test_kappa_is_cohens() -> None:
    """20 and 15 agreements, 5 and 10 disagreements: 0.4 by hand; alpha of the same table is close to it."""
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    table = np.array(pairs, dtype=float)
    assert cohens_kappa(table) == pytest.approx(0.4)
    assert krippendorffs_alpha(table) == pytest.approx(0.4, abs=0.02)


def test_the_interval_covers_and_kappa_needs_two() -> None:
    """Two people, one text in ten different: the estimate lies within its interval; three people have no kappa."""
    rng = np.random.default_rng(0)
    first = (rng.random(200) < 0.4).astype(float)
    second = np.where(rng.random(200) < 0.1, 1 - first, first)
    a = agreement(np.stack([first, second], axis=1), [f"p{i // 2}" for i in range(200)])
    assert a is not None
    assert a.alpha_low < a.alpha < a.alpha_high
    assert a.kappa is not None
    assert a.kappa_low is not None
    assert a.kappa_low < a.kappa
    three = agreement(np.stack([first, second, first], axis=1), [str(i) for i in range(200)])
    assert three is not None
    assert (three.labellers, three.kappa) == (3, None)


def test_without_shared_texts_there_is_no_agreement() -> None:
    """Each text labelled once says nothing; equal labels throughout leave chance unknown."""
    assert agreement(np.array([[1.0, NAN], [NAN, 0.0]]), ["a", "b"]) is None
    same = agreement(np.ones((5, 2)), list("abcde"))
    assert same is not None
    assert np.isnan(same.alpha)
    assert same.kappa is None
