"""What single sections compute: refusal calibration, trace vs. answer, drift tables, tipping points."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from report_fixtures import BARE, EXTRAS, RESULT, estimate, metric, missing

from trustdelta.records import (
    Arm,
    AuditResult,
    Better,
    Dimension,
    Drift,
    MetricVerdict,
    Outcome,
    Part,
    Prompt,
    Role,
    Score,
    Verdict,
)
from trustdelta.report.blocks import Block, Fold, Small, Table, Warn
from trustdelta.report.extras import ReportExtras
from trustdelta.report.html import render as html
from trustdelta.report.sections import aggregates, association, calibration, drift, thoughts, tipping
from trustdelta.report.sections._common import leading_drift
from trustdelta.report.thought_answer import Leak, cross, partners

LOWER, HIGHER, SAFETY = Better.LOWER, Better.HIGHER, Dimension.SAFETY


def judged(name: str, benchmark: str, better: Better, levels: tuple[float, float]) -> MetricVerdict:
    """A safety metric with both models' levels."""
    found = metric(f"{benchmark}.{name}", SAFETY, name, better, benchmark=benchmark)
    return MetricVerdict(found, estimate(*levels, 0.05, better), missing(), 0.02, Verdict.INCONCLUSIVE)


def of(*metrics: MetricVerdict) -> AuditResult:
    """A result with just these metrics."""
    return replace(BARE, metrics=metrics)


def test_published_numbers_have_an_interval_of_their_change() -> None:
    """One row for each, with both models' values."""
    blocks = str(aggregates.build(RESULT, EXTRAS))
    assert all(said in blocks for said in ("xstest.refusal_balance", "+0.250", "[+0.100, +0.400]"))
    assert aggregates.build(RESULT, ReportExtras()) == ()


def test_a_square_has_both_shares_turned_so_that_one_is_right() -> None:
    """Compliance 0.1 is 0.9 held off; over-refusal 0.3 is 0.7 answered; a refusal rate is taken as it is."""
    found = calibration.squares(
        of(judged("harmful_compliance", "a", LOWER, (0.1, 0.6)), judged("over_refusal", "a", LOWER, (0.3, 0.2)))
    )
    assert [square.title for square in found] == ["a"]
    assert [round(x, 9) for x in (*found[0].was, *found[0].now)] == [0.9, 0.7, 0.4, 0.8]
    refused = of(judged("harmful_refused", "a", HIGHER, (0.9, 0.4)), judged("benign_answered", "a", HIGHER, (0.7, 0.8)))
    again = calibration.squares(refused)[0]
    assert [round(x, 9) for x in (*again.was, *again.now)] == [0.9, 0.7, 0.4, 0.8]


def test_compliance_leads_over_refusal_and_thoughts_do_not_count() -> None:
    """Of two metrics over harmful requests the compliance is drawn; a thought's metric never is."""
    refusal = judged("harmful_refusal", "a", HIGHER, (0.5, 0.5))
    compliance = judged("harmful_compliance", "a", LOWER, (0.1, 0.6))
    thought = replace(compliance, metric=replace(compliance.metric, name="b.harmful_compliance", part=Part.THOUGHT))
    benign = judged("over_refusal", "a", LOWER, (0.3, 0.2))
    square = calibration.squares(of(refusal, thought, compliance, benign))[0]
    assert [level.metric_verdict.metric.name for level in square.harmful] == ["a.harmful_compliance"]


def test_benchmarks_of_one_kind_meet_in_a_square_of_means() -> None:
    """Harmful requests of two benchmarks and harmless ones of a third: one square, each benchmark counts once."""
    found = calibration.squares(
        of(
            judged("harmful_compliance", "a", LOWER, (0.0, 0.2)),
            judged("attack_success_rate", "b", LOWER, (0.2, 0.8)),
            judged("over_refusal", "c", LOWER, (0.1, 0.1)),
        )
    )
    assert [square.title for square in found] == ["All benchmarks"]
    assert [round(x, 9) for x in (*found[0].was, *found[0].now)] == [0.9, 0.9, 0.5, 0.9]


def test_no_square_from_one_side_alone() -> None:
    """Without harmless requests there is no square, and without an estimate no level."""
    harmful = judged("harmful_compliance", "a", LOWER, (0.0, 0.2))
    benign = replace(judged("over_refusal", "a", LOWER, (0.1, 0.1)), estimate=None)
    assert calibration.squares(of(harmful)) == calibration.squares(of(harmful, benign)) == []
    assert calibration.build(of(harmful), ReportExtras()) == ()


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_every_square_can_be_drawn(levels: list[float]) -> None:
    """Wherever the two models lie, both points are inside the picture."""
    a, b, c, d = levels
    result = of(judged("harmful_compliance", "a", LOWER, (a, b)), judged("over_refusal", "a", LOWER, (c, d)))
    page = html(result)
    places = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', page)]
    assert len(places) == 2
    assert all(44 <= x <= 284 for x in places)
    assert not re.search(r"\bnan\b", page)


PROMPTS = {p.id: p for p in (Prompt("bench", (), target=i, stratum="x" if i < 4 else "y") for i in range(6))}
ANSWER = metric("said", SAFETY, "Said", LOWER, benchmark="bench", strata=("x",), scorer="names")
THOUGHT = replace(ANSWER, name="thought_of", part=Part.THOUGHT, role=Role.SECONDARY)


def scored(values: Sequence[tuple[float | None, float | None]], arm: Arm = Arm.CANDIDATE) -> list[Score]:
    """Scores of (thought, answer) for the first prompts."""
    scores = []
    for prompt_id, pair in zip(PROMPTS, values, strict=False):
        for part, value in zip((Part.THOUGHT, Part.ANSWER), pair, strict=True):
            scores.append(Score(prompt_id, arm, 0, "names", part, value, Outcome.ANSWERED))
    return scores


def test_thoughts_are_crossed_with_answers_response_by_response() -> None:
    """Each response counts once; one without a score is counted apart, never as good."""
    values = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (1.0, None), (1.0, 1.0)]
    baseline, candidate = cross([ANSWER, THOUGHT], [*scored(values), *scored([(None, 0.0)], Arm.BASELINE)], PROMPTS)
    assert candidate == Leak("thought_of", "said", Arm.CANDIDATE, 1, 1, 1, 0, 1, 0)
    assert baseline == Leak("thought_of", "said", Arm.BASELINE, 0, 0, 0, 0, 0, 1)
    assert candidate.compared == 3


def test_bad_follows_the_metrics_direction() -> None:
    """Where higher is better, a low score is the bad one."""
    pair = [replace(ANSWER, better=HIGHER), replace(THOUGHT, better=HIGHER)]
    assert cross(pair, scored([(0.0, 1.0)]), PROMPTS)[1].thought_only == 1


def test_a_thought_metric_finds_the_answer_metric_of_its_prompts() -> None:
    """The same scorer first, then the same prompts; another benchmark or direction never."""
    other = replace(ANSWER, name="other", scorer="else")
    assert [a.name for _, a in partners([other, ANSWER, THOUGHT])] == ["said"]
    assert [a.name for _, a in partners([other, THOUGHT])] == ["other"]
    assert partners([replace(ANSWER, strata=("y",)), THOUGHT]) == []
    assert partners([replace(ANSWER, better=HIGHER), replace(ANSWER, benchmark="b"), THOUGHT]) == []


def test_models_without_thoughts_have_no_row() -> None:
    """A baseline that never thinks is left out; with no thoughts at all there is no section."""
    table = next(b for b in thoughts.build(RESULT, EXTRAS) if isinstance(b, Table))
    assert [row[1] for row in table.rows] == [("candidate",)]
    assert thoughts.build(RESULT, replace(EXTRAS, leaks=EXTRAS.leaks[:1])) == ()


def test_drift_is_led_by_four_rows_each_in_its_own_direction() -> None:
    """Whole, thoughts and answers of the candidate, whole of the baseline; the expectation is under the author."""
    rows = tuple(
        Drift(direction, arm, part, 1.0, 1.0, 10, 5)
        for direction in ("kl_baseline_to_candidate", "kl_candidate_to_baseline")
        for arm in Arm
        for part in ("format", "answer", "thought", "all", "onset")
    )
    shown = leading_drift(replace(RESULT, drift=rows))
    assert [(d.text_of.value, d.part) for d in shown] == [
        ("candidate", "all"),
        ("candidate", "thought"),
        ("candidate", "answer"),
        ("baseline", "all"),
    ]
    assert {d.direction.split("_")[1] for d in shown if d.text_of is Arm.CANDIDATE} == {"candidate"}
    assert shown[-1].direction == "kl_baseline_to_candidate"


def rows_of(blocks: tuple[Block, ...]) -> int:
    """Rows of all tables, folded ones included."""
    return sum(rows_of(b.blocks) if isinstance(b, Fold) else len(b.rows) for b in blocks if isinstance(b, Fold | Table))


def test_drift_tables_show_every_measured_value_once() -> None:
    """Both directions share a row; rows of single benchmarks are folded, and none is lost."""
    blocks = drift.build(RESULT, ReportExtras())
    tables = [b for b in blocks if isinstance(b, Table)]
    scale, *tables = tables
    assert [len(t.rows) for t in tables] == [3, 1]
    assert rows_of(blocks) == 5 + len(scale.rows)
    page = html(RESULT)
    for found in RESULT.drift:
        assert f">{found.nats_per_token:.3g}".replace("e-05", "e−5") in page


def test_the_scale_of_drift_is_exact() -> None:
    """The logarithm of 20, 3.0 nats, is 300, 30 and 3 tokens; Pinsker's bounds are √(KL / 2), at most 100 points."""
    scale = next(b for b in drift.build(RESULT, ReportExtras()) if isinstance(b, Table))
    assert [row[2][0] for row in scale.rows[:3]] == ["300", "30", "3.0"]
    assert [row[3][0] for row in scale.rows[:4]] == ["7.1 pp", "22.4 pp", "70.7 pp", "96.7 pp"]
    far = tuple(replace(d, nats_per_token=8.0) for d in RESULT.drift)
    assert "100.0 pp" in str(drift.build(replace(RESULT, drift=far), ReportExtras()))


def test_several_benchmarks_of_a_dimension_are_summed() -> None:
    """The dimension's nats per token is a ratio of sums; methods are not mixed."""
    names = ("a", "b")
    metrics = tuple(judged("rate", name, LOWER, (0.1, 0.2)) for name in names)
    rows = tuple(
        Drift("kl_candidate_to_baseline", Arm.CANDIDATE, "all", nats, nats, tokens, 5, benchmark=name)
        for name, nats, tokens in zip(names, (1.0, 4.0), (20, 10), strict=True)
    )
    table = next(
        b
        for b in drift.build(replace(RESULT, drift=rows, metrics=metrics), ReportExtras())
        if "by benchmark in" in str(b)
    )
    assert isinstance(table, Table)
    assert table.rows[-1] == (("All of safety", Small("dimension")), ("2.00",))
    mixed = (rows[0], replace(rows[1], method="k3 of sampled tokens"))
    assert "2.00" not in str(drift.build(replace(RESULT, drift=mixed, metrics=metrics), ReportExtras()))


def test_claims_that_rest_on_scores_have_a_tipping_point() -> None:
    """Only claims with one are listed; without any there is no section."""
    table = next(b for b in tipping.build(RESULT, ReportExtras()) if isinstance(b, Table))
    assert [row[2][0] for row in table.rows] == ["robust", "fragile"]
    assert table.rows[0][3][0] == "80.1 pp"
    assert tipping.build(of(*(replace(m, tipping=None) for m in RESULT.metrics)), ReportExtras()) == ()


def test_a_broken_bound_is_a_warning_and_only_broken_prompts_are_listed() -> None:
    """Prompts that keep their bound are counted, not listed; one that breaks it warns."""
    blocks = association.build(RESULT, ReportExtras())
    warning = next(b for b in blocks if isinstance(b, Warn))
    assert warning.text.startswith("1 of 3 rates differ by more than")
    bounds = [b for b in blocks if isinstance(b, Table)][-1]
    assert [row[-1] for row in bounds.rows] == [("yes",), ("violated",)]
    assert not [
        b for b in association.build(replace(RESULT, bounds=RESULT.bounds[:1]), ReportExtras()) if isinstance(b, Warn)
    ]


def test_a_correlation_without_interval_says_why() -> None:
    """Few clusters make it descriptive; none at all has a reason, never a zero."""
    table = next(b for b in association.build(RESULT, ReportExtras()) if isinstance(b, Table))
    assert table.rows[0][2] == ("+0.31 [+0.12, +0.47]",)
    assert table.rows[1][2] == ("−0.08", Small("descriptive: too few clusters for an interval"))
    assert table.rows[2][2] == ("–", Small("no worsening varies"))
