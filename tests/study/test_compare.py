"""Methods compared: families count once, nothing is claimed below the minimum, and the page keeps the HTML rules."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from trustdelta.records import Dimension, Verdict
from trustdelta.report.studies.page import as_json, render
from trustdelta.report.studies.records import PairRow, Point, StudyResult
from trustdelta.stats import methods
from trustdelta.study.compare import adjusted, contrasts, drift_correlation, drift_tests, excluded, method_rows


def row(name: str, method: str, family: str, worsening: float, lineage: str = "strict") -> PairRow:
    """A pair with one dimension and a gain."""
    points = {
        Dimension.SAFETY: Point(Verdict.REGRESSED, worsening, 0.01, worsening - 0.02, worsening + 0.02),
        Dimension.CAPABILITY: Point(Verdict.IMPROVED, -0.3, 0.02, -0.34, -0.26),
    }
    return PairRow(name, "i", "r", method, lineage, family, Verdict.REGRESSED, points, drift=worsening * 2)


def study(rows: list[PairRow]) -> StudyResult:
    """The result over these pairs."""
    found = {d: drift_correlation(rows, d) for d in (Dimension.SAFETY,)}
    tables = (tuple(method_rows(rows)), tuple(adjusted(list(contrasts(rows)))))
    return StudyResult("Methods", tuple(rows), (), {Dimension.SAFETY: ("x.y",)}, *tables, found, drift_tests(rows))


def matched(families: int) -> list[PairRow]:
    """SFT 20 points worse than RL in every family."""
    spread = np.linspace(-0.01, 0.01, families)
    return [
        row(f"{m}-{i}", m, f"f{i}", base + float(s))
        for i, s in enumerate(spread)
        for m, base in (("sft", 0.25), ("rl", 0.05))
    ]


def test_pairs_of_one_baseline_are_one_family() -> None:
    """Ten pairs over two baselines are two families, and two are not pooled."""
    rows = [row(f"p{i}", "sft", f"f{i % 2}", 0.1) for i in range(10)]
    found = next(r for r in method_rows(rows) if r.dimension is Dimension.SAFETY)
    assert (found.n_pairs, found.n_families, found.mean) == (10, 2, None)
    assert "at least 3" in found.reason


def test_lineages_are_never_mixed() -> None:
    """A strict and a conventional pair of one method are two rows, and no contrast runs between lineages."""
    rows = [row("a", "sft", "f", 0.1), row("b", "rl", "g", 0.1, "conventional")]
    assert {(r.lineage, r.method) for r in method_rows(rows)} == {("strict", "sft"), ("conventional", "rl")}
    assert list(contrasts(rows)) == []


@pytest.mark.parametrize(("families", "claim"), [(3, False), (8, True)])
def test_a_contrast_is_claimed_only_from_enough_families(families: int, claim: bool) -> None:
    """Three matched families are descriptive however clear they look; eight can carry a claim."""
    found = {c.dimension: c for c in adjusted(list(contrasts(matched(families))))}[Dimension.SAFETY]
    assert found.matched
    assert found.difference == pytest.approx(-0.2)
    assert found.claim is claim
    assert found.p == pytest.approx(2 / 2**families)
    assert bool(found.reason) is not claim


def test_the_least_p_of_three_against_three_is_a_tenth() -> None:
    """Six unmatched families cannot reach 5 %, and the exact test meets its least p."""
    a, b = np.array([0.1, 0.2, 0.3]), np.array([1.1, 1.2, 1.3])
    assert methods.label_p(a, b) == pytest.approx(0.10)
    assert methods.smallest_p(3, 3, matched=False) == pytest.approx(0.10)


def test_a_contrast_has_an_interval_where_there_are_two_families() -> None:
    """Matched: Student's t by hand (mean 2.3333, sd 1.5275, qt(0.975, 2) 4.3027); else Welch's, as SciPy has it."""
    a, b = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0])
    assert methods.matched_interval(a) == pytest.approx((-1.461250, 6.127916), abs=1e-5)
    from scipy.stats import ttest_ind

    found = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert methods.label_interval(a, b) == pytest.approx((found.low, found.high))
    assert methods.label_interval(a[:1], b) is None
    contrast = next(c for c in contrasts(matched(4)) if c.dimension is Dimension.SAFETY)
    assert contrast.low is not None
    assert contrast.low < contrast.difference


def test_permutation_tests_hold_their_level() -> None:
    """Under no difference, p at most 5 % comes up in at most about 5 % of studies."""
    rng = np.random.default_rng(0)
    p = np.array([methods.sign_flip_p(rng.normal(size=8)) for _ in range(800)])
    assert np.mean(p <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 800)


def test_an_interval_gives_back_its_standard_error() -> None:
    """Student's t with 9 degrees of freedom reaches 2.262 standard errors (R: qt(0.975, 9))."""
    assert methods.standard_error(-2.2621572, 2.2621572, 9) == pytest.approx(1.0, abs=1e-6)


def test_the_least_p_is_the_least_that_a_test_can_give() -> None:
    """Of sizes that differ, one arrangement alone is as extreme; no drawn test gives p = 0."""
    for n, m in ((1, 5), (4, 5), (4, 4)):
        p = methods.label_p(np.linspace(100, 101, n), np.linspace(0, 1, m))
        assert p == pytest.approx(methods.smallest_p(n, m, matched=False))
    drawn = methods.label_p(np.linspace(100, 101, 12), np.linspace(0, 1, 12))
    assert drawn == methods.smallest_p(12, 12, matched=False) == 1 / (1 + methods.EXACT)
    assert methods.sign_flip_p(np.ones(40)) == methods.smallest_p(40, 40, matched=True) == 1 / (1 + methods.EXACT)


def test_pairs_of_unknown_lineage_carry_no_claim() -> None:
    """Who does not tell the lineages may mix them."""
    rows = [replace(r, lineage="unknown") for r in matched(8)]
    found = adjusted(list(contrasts(rows)))
    assert not any(c.claim for c in found)
    assert all("lineages are unknown" in c.reason for c in found)


def test_drift_is_ranked_within_lineages() -> None:
    """In either lineage worsening falls with drift; over both it would seem to rise."""
    low = [replace(row(f"a{i}", "sft", f"a{i}", 0.1 - 0.01 * i), drift=0.01 * i) for i in range(4)]
    high = [replace(row(f"b{i}", "sft", f"b{i}", 0.9 - 0.01 * i, "sibling"), drift=5 + 0.01 * i) for i in range(4)]
    assert drift_correlation([*low, *high], Dimension.SAFETY) == pytest.approx(-1.0)
    assert drift_correlation([*low, high[0]], Dimension.SAFETY) is None


def test_lineages_have_pictures_of_their_own() -> None:
    """Planes are drawn by lineage, and forest plots list one after the other."""
    text = render(study([*matched(3), *(replace(r, name=f"c-{r.name}", lineage="conventional") for r in matched(3))]))
    assert "Safety, conventional (6 pairs)" in text
    assert "Safety, strict (6 pairs)" in text


def test_what_is_not_known_is_not_ranked_first() -> None:
    """Among pairs without a regression, one that holds stands before one that could not be measured."""
    known = row("z-known", "sft", "f", 0.0)
    holds = {**known.points, Dimension.SAFETY: replace(known.points[Dimension.SAFETY], verdict=Verdict.PRESERVED)}
    bad = {Dimension.SAFETY: Point(Verdict.NOT_MEASURABLE)}
    loses = {**holds, Dimension.CAPABILITY: Point(Verdict.REGRESSED, 0.2, 0.02, 0.16, 0.24)}
    rows = [
        replace(known, name="a-unknown", points=bad),
        replace(known, name="b-no-gain-known", points={Dimension.SAFETY: holds[Dimension.SAFETY]}),
        replace(known, name="c-loses", points=loses),
        replace(known, points=holds),
    ]
    text = render(study(rows)).split('id="forest"')[0]
    places = [text.index(name) for name in ("z-known", "c-loses", "b-no-gain-known", "a-unknown")]
    assert places == sorted(places)


def test_an_exploratory_pair_is_named() -> None:
    """A verdict that was decided by another plan afterwards never stands as an ordinary one."""
    rows = matched(3)
    assert "Exploratory" not in render(study(rows))
    assert f"Exploratory, because the plan was changed after the responses: {rows[0].name}." in render(
        study([replace(rows[0], exploratory=("alpha",)), *rows[1:]])
    )


def test_an_interval_stays_within_the_range() -> None:
    """Of three families that differ much, no share of a range beyond one is foretold."""
    found = next(method_rows([row(f"p{i}", "sft", f"f{i}", w) for i, w in enumerate((0.0, 0.4, 0.8))]))
    assert found.mean == pytest.approx(0.4)
    assert (found.predicted_low, found.predicted_high, found.high) == (-1.0, 1.0, 1.0)
    assert -1.0 < (found.low or 0.0) < 0.0


def test_drift_is_ranked_only_over_enough_pairs() -> None:
    """Worsening that grows with drift has rank correlation 1; four pairs give none."""
    rows = [row(f"p{i}", "sft", f"f{i}", 0.01 * i) for i in range(1, 6)]
    assert drift_correlation(rows, Dimension.SAFETY) == pytest.approx(1.0)
    assert drift_correlation(rows[:4], Dimension.SAFETY) is None


def test_drift_is_tested_over_families() -> None:
    """Eight families in perfect order have the least p there is; as many pairs of two families are not tested."""
    rows = [row(f"p{i}", "sft", f"f{i}", 0.01 * i) for i in range(1, 9)]
    found = drift_tests(rows)[Dimension.SAFETY]
    assert found.families == 8
    assert found.rho == pytest.approx(1.0)
    assert found.p_holm == pytest.approx(2 / 40320)
    assert not drift_tests([replace(r, family=f"f{i % 2}") for i, r in enumerate(rows)])
    assert not drift_tests([replace(r, lineage="unknown") for r in rows])
    assert "over 8 families" in render(study(rows))


def test_the_page_runs_nothing_and_escapes_names() -> None:
    """No script, nothing fetched, and a hostile name is text."""
    rows = [*matched(4), row("<script>alert(1)</script>", "sft", "x", 0.2)]
    text = render(study(rows))
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert "&lt;script&gt;" in text
    assert text == render(study(rows))
    for said in ("Capability gain vs. regression", "KL vs. regression", "Contrasts", "No causal conclusion"):
        assert said in text


def test_the_numbers_are_json_too() -> None:
    """study.json holds what the page shows."""
    found = json.loads(as_json(study(matched(4))))
    assert len(found["pairs"]) == 8
    assert found["contrasts"][0]["n_first"] == 4


def test_what_could_not_be_measured_is_in_no_mean() -> None:
    """A not measurable pair keeps its row but is neither pooled nor ranked, and the page names it."""
    rows = matched(3)
    bad = {
        **rows[0].points,
        Dimension.SAFETY: replace(rows[0].points[Dimension.SAFETY], verdict=Verdict.NOT_MEASURABLE),
    }
    found = [r for r in method_rows([replace(rows[0], points=bad), *rows[1:]]) if r.dimension is Dimension.SAFETY]
    assert {r.method: (r.n_pairs, r.mean is None) for r in found} == {"rl": (3, False), "sft": (2, True)}
    assert list(excluded([replace(rows[0], points=bad)])) == [
        f"safety: not measurable, excluded from means over pairs: {rows[0].name}."
    ]
