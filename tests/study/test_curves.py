"""Series of pairs: claims over doses keep their level, doses are in order, and the curves are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_fixtures import RESULT
from scipy.special import stdtr

from trustdelta.errors import ConfigError
from trustdelta.records import AuditResult, Dimension, DimensionVerdict, Role, Verdict
from trustdelta.report.studies.page import render
from trustdelta.report.studies.records import Curve, StudyResult
from trustdelta.stats.series import run_length, widened
from trustdelta.study.compare import two_modes
from trustdelta.study.curves import curves
from trustdelta.study.plan import PairSpec, load

R, U, P, N = Verdict.REGRESSED, Verdict.INCONCLUSIVE, Verdict.PRESERVED, Verdict.NOT_MEASURABLE


def result(verdict: Verdict) -> AuditResult:
    """An audit with one safety metric of this verdict."""
    found = next(m for m in RESULT.metrics if m.metric.dimension is Dimension.SAFETY and m.metric.role is Role.PRIMARY)
    return replace(
        RESULT,
        metrics=(replace(found, verdict=verdict),),
        dimensions=(DimensionVerdict(Dimension.SAFETY, verdict, found.metric.name),),
        exploratory=(),
    )


def doses(count: int, worse: str = "more") -> list[PairSpec]:
    """Pairs with doses 1, 2, ... of one series."""
    return [
        PairSpec.model_validate(
            {
                "name": f"p{i}",
                "baseline": {"source": "base"},
                "candidate": {"source": f"c{i}"},
                "dose": {"series": "checkpoints", "value": i, "unit": "steps", "worse": worse},
            }
        )
        for i in range(1, count + 1)
    ]


def series(verdicts: Sequence[Verdict], worse: str = "more") -> list[Curve]:
    """The curves of pairs with doses 1, 2, ... and these verdicts."""
    specs = doses(len(verdicts), worse)
    return list(curves([(s, result(v)) for s, v in zip(specs, verdicts, strict=True)]))


@pytest.mark.parametrize(
    ("verdicts", "regressed_from", "kept_to", "first"),
    [
        ([P, P, U, R, R], 4, 2, 4),
        ([P, R, U, R, R], 4, 1, 2),
        ([P, R, R, R, U], None, 1, 2),
        ([N, P, R, R, R], 3, None, 3),
        ([R, R, R], 1, None, 1),
        ([P, P, P], None, 3, None),
    ],
)
def test_claims_over_a_series_end_at_the_first_that_fails(
    verdicts: list[Verdict], regressed_from: float | None, kept_to: float | None, first: float | None
) -> None:
    """Regression is claimed from the harshest dose down, keeping from the mildest up; a single one is shown apart."""
    own = series(verdicts)[0]
    assert (own.regressed_from, own.kept_to, own.first_regressed) == (regressed_from, kept_to, first)


def test_no_claim_reaches_past_a_dose_that_is_not_finished_or_exploratory() -> None:
    """Doses 1 to 6, kept and then regressed: without the second and the fifth only the ends are claimed."""
    done = [(s, result(v)) for s, v in zip(doses(6), [P, P, P, R, R, R], strict=True)]
    missing = [done[1][0], done[4][0]]
    own = next(curves([pair for pair in done if pair[0] not in missing], missing))
    assert ([p.dose for p in own.points], own.kept_to, own.regressed_from) == ([1, 3, 4, 6], 1, 6)
    changed = [(s, replace(r, exploratory=("alpha",)) if s in missing else r) for s, r in done]
    own = next(curves(changed))
    assert (len(own.points), own.kept_to, own.regressed_from) == (6, 1, 6)
    assert next(curves(done[:-1], [done[-1][0]])).regressed_from is None


def test_where_more_protects_the_order_is_the_other_way() -> None:
    """Replay: the harshest dose is the smallest, and curves begin at the mildest."""
    own = series([R, R, U, P], worse="less")[0]
    assert [p.dose for p in own.points] == [4, 3, 2, 1]
    assert (own.regressed_from, own.kept_to) == (2, 4)


def test_a_dimension_has_a_curve_and_each_of_its_metrics() -> None:
    """One metric: two curves with the same values."""
    dimension, metric = series([P, R])
    assert (dimension.metric, dimension.dimension) == ("", Dimension.SAFETY)
    assert metric.metric
    assert metric.points == dimension.points


def test_a_fixed_sequence_keeps_the_level_over_twenty_doses() -> None:
    """Twenty null doses, strongly dependent or not: any claim in at most 5 % of series, where single ones pile up."""
    rng = np.random.default_rng(0)
    for rho in (0.0, 0.8):
        z_SK = np.sqrt(rho) * rng.normal(size=(4000, 1)) + np.sqrt(1 - rho) * rng.normal(size=(4000, 20))
        rejected_SK = z_SK > 1.6449
        claims = np.array([run_length([bool(x) for x in row[::-1]]) > 0 for row in rejected_SK])
        assert claims.mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)
        assert rejected_SK.any(axis=1).mean() > 0.15


def test_a_band_holds_for_all_doses_together() -> None:
    """With 9 degrees of freedom and five doses each side misses 0.5 %; one dose leaves the interval as it is."""
    assert widened(0.0, -2.2621572, 2.2621572, 9, 1) == pytest.approx((-2.2621572, 2.2621572))
    low, high = widened(0.0, -2.2621572, 2.2621572, 9, 5)
    assert stdtr(9, low) == pytest.approx(0.005, abs=1e-6)
    assert high == pytest.approx(-low)


def test_the_page_draws_the_series() -> None:
    """Curves, turns and how they are corrected are on the page, and nothing runs."""
    text = render(StudyResult("t", (), (), {}, (), (), {}, curves=tuple(series([P, U, R]))))
    for said in ("fixed-sequence", "checkpoints, from base", "polygon", "Regressed from", "steps"):
        assert said in text
    assert "<script" not in text


def test_one_pair_is_no_series() -> None:
    """A curve has two doses at least."""
    assert series([R]) == []


@pytest.mark.parametrize(
    ("doses", "said"),
    [
        (("value: 1", "value: 1"), "have the same dose"),
        (("value: 1", "value: 2, unit: steps"), "must be the same"),
        (("value: 1", "value: .nan"), "finite"),
        (("value: 1", "value: much"), "number"),
    ],
)
def test_a_series_out_of_order_is_one_clear_line(doses: tuple[str, str], said: str, tmp_path: Path) -> None:
    """Doses of one series are different numbers of one unit."""
    pairs = [
        f"  - {{name: p{i}, baseline: b, candidate: c{i}, dose: {{series: s, {d}}}}}\n" for i, d in enumerate(doses)
    ]
    path = tmp_path / "study.yaml"
    path.write_text("pairs:\n" + "".join(pairs), "utf-8")
    with pytest.raises(ConfigError, match=said) as problem:
        load(path)
    assert "\n" not in str(problem.value)


def test_one_model_in_two_modes_is_known_by_its_weights() -> None:
    """The same weights with thinking off and on are a lineage of their own; without a fingerprint nothing is said."""
    off, on = (
        replace(RESULT.baseline, fingerprint="f", thinking="off"),
        replace(RESULT.candidate, fingerprint="f", thinking="on"),
    )
    assert two_modes(replace(RESULT, baseline=off, candidate=on))
    assert not two_modes(replace(RESULT, baseline=replace(off, fingerprint=""), candidate=replace(on, fingerprint="")))
    assert not two_modes(replace(RESULT, baseline=off, candidate=replace(on, thinking="off")))
