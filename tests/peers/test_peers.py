"""The comparison with other tools' decision rules: what is drawn, and what each rule says of known rows."""

from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np
import pytest
from experiments.peers.__main__ import PACKAGES
from experiments.peers.audits import cut, equal_sides, with_loss
from experiments.peers.rules import RULES, Call, Scores
from numpy.typing import NDArray

from trustdelta.records import Dimension

N = 200


def scores(baseline_P: NDArray[np.float64], candidate_P: NDArray[np.float64], clusters: int = 0) -> Scores:
    """Scores of one metric, in clusters of equal size or without."""
    size = baseline_P.size
    cluster_P = [f"c{i * clusters // size}" for i in range(size)] if clusters else [""] * size
    return Scores("m", Dimension.SAFETY, "B", cluster_P, baseline_P, candidate_P)


def flipped(lost: int, won: int = 0) -> Scores:
    """200 pairs: half of them good; so many good ones lost, and so many bad ones won."""
    baseline_P = np.repeat([1.0, 0.0], N // 2)
    candidate_P = baseline_P.copy()
    candidate_P[:lost] = 0.0
    candidate_P[N - won :] = 1.0
    return scores(baseline_P, candidate_P)


def need(name: str) -> None:
    """Skip a rule whose package is not here."""
    if not find_spec(PACKAGES[name].partition(".")[0]):
        pytest.skip(f"{PACKAGES[name]} is not installed")


@pytest.mark.parametrize("name", list(RULES))
@pytest.mark.parametrize(
    ("rows", "call"),
    [
        (flipped(40), Call.WORSE),
        (flipped(0, 40), Call.BETTER),
        (flipped(7, 7), Call.NO_DIFFERENCE),
    ],
    ids=["lost 40 of 200", "won 40 of 200", "lost and won 7"],
)
def test_every_rule_sees_a_large_change_and_none_in_equal_counts(name: str, rows: Scores, call: Call) -> None:
    """40 discordant pairs in one direction are significant by every test; 7 against 7 by none."""
    need(name)
    assert RULES[name]([rows])["m"] is call


@pytest.mark.parametrize(("lost", "call"), [(5, Call.NO_DIFFERENCE), (6, Call.WORSE)])
def test_mlflow_s_rule_is_mcnemar_s_exact_test(lost: int, call: Call) -> None:
    """Of one-sided discordant pairs 2 / 2**5 = .0625 is not significant at 5 %, and 2 / 2**6 = .03125 is."""
    name = "MLflow: `compare_evaluations`"
    need(name)
    assert RULES[name]([flipped(lost)])["m"] is call


@pytest.mark.parametrize(("lost", "call"), [(19, Call.NO_DIFFERENCE), (20, Call.WORSE)])
def test_lm_eval_s_rule_ignores_the_pairs(lost: int, call: Call) -> None:
    """Rates of .5 and .4 with 200 prompts: .1 against 1.96 sqrt((.25 + .24) / 199) = .0973; at .405 it is .0974."""
    name = "lm-eval: difference > 1.96 standard errors"
    need(name)
    assert RULES[name]([flipped(lost)])["m"] is call


def test_exchanged_sides_keep_each_cluster_together() -> None:
    """A cluster is exchanged whole: of a constant difference each cluster has one sign."""
    rows = scores(np.zeros(N), np.ones(N), clusters=20)
    (drawn,) = equal_sides([rows], N, np.random.default_rng(0))
    signs: dict[str, set[float]] = {c: set() for c in drawn.cluster_P}
    for cluster, difference in zip(drawn.cluster_P, drawn.candidate_P - drawn.baseline_P, strict=True):
        signs[cluster].add(float(difference))
    assert len(signs) == 20
    assert all(len(values) == 1 for values in signs.values())
    assert {value for values in signs.values() for value in values} == {-1.0, 1.0}


@pytest.mark.parametrize("most", [1, 37, 100, 1000])
def test_a_sample_has_whole_clusters_and_at_most_so_many_prompts(most: int) -> None:
    """Clusters of ten are drawn while they fit."""
    rows = scores(np.zeros(N), np.ones(N), clusters=20)
    (drawn,) = equal_sides([rows], most, np.random.default_rng(1))
    assert drawn.baseline_P.size <= most
    assert all(list(drawn.cluster_P).count(c) == 10 for c in drawn.cluster_P)


@pytest.mark.parametrize("points", [3.0, 10.0, 30.0])
def test_a_loss_is_of_exactly_so_many_points_in_one_metric(points: float) -> None:
    """The candidate's rate falls by the points; the other metric and the baseline stay as they were."""
    rows = [flipped(0), flipped(0)]
    first, second = with_loss(rows, 1, points, np.random.default_rng(2))
    assert first is rows[0]
    assert 100 * (rows[1].candidate_P.mean() - second.candidate_P.mean()) == pytest.approx(points)
    assert np.array_equal(second.baseline_P, rows[1].baseline_P)


def test_metrics_with_cut_reasoning_traces_are_not_measurable() -> None:
    """Three of ten responses without an answer: no claim is made of the others."""
    drawn = cut([flipped(0)], 0.3, np.random.default_rng(3), math.nan)
    assert 0.2 < np.isnan(drawn[0].candidate_P).mean() < 0.4
    assert RULES["trustdelta"](drawn)["m"] is Call.NOT_MEASURABLE
