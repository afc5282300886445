"""A blessed verdict: what was accepted passes again, what is new or worse stops, and the file is checked."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest
from report_fixtures import HOSTILE, RESULT, poisoned

from trustdelta.errors import ConfigError
from trustdelta.records import AuditResult, Estimate, MetricVerdict, Verdict
from trustdelta.report import blessed
from trustdelta.report.blessed_gate import against
from trustdelta.report.policy import GateDecision, Policy, decide
from trustdelta.report.studies import changes
from trustdelta.report.summary import COMMENT_BYTES, COMMENT_MARK, comment

TODAY = datetime.date(2026, 12, 1)
BLESSED = blessed.of(RESULT, "2026-11-24", "Accepted for 2.1.")


def gate(result: AuditResult, accepted: blessed.Blessed = BLESSED) -> GateDecision:
    """The default gate against a blessed verdict."""
    return against(decide(result, Policy(), TODAY), result, Policy(), accepted)


def changed(name: str, verdict: Verdict | None = None, worse_by: float = 0.0) -> AuditResult:
    """The fixture with one metric's verdict changed, or its worsening larger."""

    def moved(e: Estimate) -> Estimate:
        here = {n: getattr(e, n) + worse_by for n in ("worsening", "low", "high", "low_here", "high_here")}
        return replace(e, **here)

    def altered(m: MetricVerdict) -> MetricVerdict:
        if m.metric.name != name:
            return m
        return replace(m, verdict=verdict or m.verdict, estimate=moved(m.estimate) if m.estimate else None)

    metrics = tuple(altered(m) for m in RESULT.metrics)
    dimension = next(m.metric.dimension for m in metrics if m.metric.name == name)
    dimensions = tuple(
        replace(d, verdict=verdict or d.verdict) if d.dimension is dimension else d for d in RESULT.dimensions
    )
    return replace(RESULT, metrics=metrics, dimensions=dimensions)


def test_the_blessed_run_itself_passes() -> None:
    """Everything that stops the gate alone is allowed with the reason."""
    alone = decide(RESULT, Policy(), TODAY)
    decision = gate(RESULT)
    assert alone.findings
    assert decision.findings == ()
    assert decision.passed
    assert len(decision.allowed) == len(alone.findings)
    assert all("as in the verdict blessed on 2026-11-24: Accepted for 2.1." in f.message for f in decision.allowed)


def test_a_new_regression_stops() -> None:
    """A metric that was preserved and regressed since is no accepted loss, and says what it was."""
    decision = gate(changed("ethics_accuracy", Verdict.REGRESSED))
    (finding,) = decision.findings
    assert (decision.verdict, finding.target) == (Verdict.REGRESSED, "ethics_accuracy")
    assert "blessed as preserved, since then 0.0 [" in finding.message


def test_an_accepted_regression_stops_only_where_it_is_shown_to_be_worse() -> None:
    """Two points more are within noise; forty points more are not."""
    assert gate(changed("secrets_leaked", worse_by=0.02)).passed
    decision = gate(changed("secrets_leaked", worse_by=0.4))
    (finding,) = decision.findings
    assert finding.target == "secrets_leaked"
    assert "blessed as regressed, since then −40.0 [" in finding.message


def test_a_lesser_verdict_than_the_blessed_one_passes() -> None:
    """A blessed regression that is undecided now is no news; an undecided metric that regressed is."""
    assert gate(changed("secrets_leaked", Verdict.INCONCLUSIVE)).passed
    assert not gate(changed("stereotype", Verdict.REGRESSED)).passed


def test_a_worsening_within_the_margin_is_a_warning() -> None:
    """It stops nothing, and is named."""
    decision = gate(changed("benign_answered", worse_by=0.3))
    assert decision.passed
    assert any(w.startswith("benign_answered: blessed as preserved, since then −30.0") for w in decision.warnings)


def test_a_metric_that_is_gone_is_not_measurable() -> None:
    """Leaving a metric out is no way to pass."""
    fewer = replace(RESULT, metrics=tuple(m for m in RESULT.metrics if m.metric.name != "ethics_accuracy"))
    decision = gate(fewer)
    assert decision.verdict is Verdict.NOT_MEASURABLE
    assert [f.target for f in decision.findings] == ["ethics_accuracy"]


def test_a_new_subgroup_stops_and_a_blessed_one_does_not() -> None:
    """Subgroups are accepted by name."""
    refused = next(m for m in RESULT.metrics if m.groups)
    group = replace(refused.groups[0], regressed=True)
    preserved = next(m for m in RESULT.metrics if m.metric.name == "benign_answered")

    def with_groups(*names: str) -> AuditResult:
        lost = replace(preserved, groups=tuple(replace(group, name=name) for name in names))
        return replace(RESULT, metrics=tuple(lost if m is preserved else m for m in RESULT.metrics))

    accepted = blessed.of(with_groups("a"), "2026-11-24", "Known.")
    assert gate(with_groups("a"), accepted).passed
    assert [f.group for f in gate(with_groups("a", "b"), accepted).findings] == ["topic b"]


def test_other_prompts_are_compared_by_verdict_only() -> None:
    """Numbers over other prompts are no difference; one warning names the first metrics and counts the others."""
    other = replace(changed("secrets_leaked", worse_by=0.4), plan={**RESULT.plan, "prompts": "other"})
    decision = gate(other)
    assert decision.passed
    (warning,) = decision.warnings
    assert warning.endswith("compared by verdict only: harmful_refused, benign_answered, toxic_replies and 5 more")


def test_another_baseline_is_refused() -> None:
    """A blessed verdict says nothing about a pair with another baseline."""
    other = replace(RESULT, baseline=replace(RESULT.baseline, fingerprint="other"))
    with pytest.raises(ConfigError, match="bless a run of this baseline"):
        gate(other)


def test_the_interval_of_a_difference_is_mover() -> None:
    """Zou and Donner (2008): half-widths on the side of each bound, added in squares."""
    row = next(r for r in blessed.since(BLESSED, changed("secrets_leaked", worse_by=0.1)) if r.then and r.difference)
    e = next(m.estimate for m in RESULT.metrics if m.metric.name == "secrets_leaked")
    assert e is not None
    lower, upper = e.worsening - e.low_here, e.high_here - e.worsening
    assert row.difference == pytest.approx(0.1)
    assert row.low == pytest.approx(0.1 - (lower**2 + upper**2) ** 0.5)
    assert row.high == pytest.approx(0.1 + (lower**2 + upper**2) ** 0.5)


def test_runs_that_stopped_at_different_prompts_are_compared_over_similar_ones() -> None:
    """The interval on these prompts is narrower, and is used only where both runs scored as many."""
    later = changed("secrets_leaked", worse_by=0.1)
    fewer = tuple(
        replace(m, estimate=replace(m.estimate, n_pairs=120)) if m.metric.name == "secrets_leaked" and m.estimate else m
        for m in later.metrics
    )

    def width(result: AuditResult) -> float:
        row = next(r for r in blessed.since(BLESSED, result) if r.now.metric.name == "secrets_leaked")
        return (row.high or 0.0) - (row.low or 0.0)

    assert width(replace(later, metrics=fewer)) > 1.5 * width(later) > 0


def test_a_file_comes_back_and_a_wrong_one_is_one_line(tmp_path: Path) -> None:
    """Equal results give equal bytes; an unknown key, another schema and a missing file name the remedy."""
    path = tmp_path / "blessed.json"
    path.write_text(blessed.dumps(BLESSED), "utf-8")
    assert blessed.load(path) == BLESSED
    for text in ("{", "{}", blessed.dumps(BLESSED).replace('"reason"', '"raison"'), "[1]"):
        path.write_text(text, "utf-8")
        with pytest.raises(ConfigError, match="trustdelta bless") as caught:
            blessed.load(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        blessed.load(tmp_path / "none")


def test_two_runs_of_one_pair_show_what_changed() -> None:
    """A shown worsening is named; the verdicts that turned are counted; other pairs have no such section."""
    text = str(changes.build(RESULT, changed("secrets_leaked", Verdict.INCONCLUSIVE, 0.4)))
    assert "worse on Secrets leaked (7 of 8 metrics compared). 1 of 8 verdicts are different" in text
    assert "No change is shown (7 of 8 metrics compared). 0 of 8" in str(changes.build(RESULT, RESULT))
    assert not changes.same_pair(RESULT, replace(RESULT, candidate=replace(RESULT.candidate, name="else")))


def test_a_comment_is_marked_and_bounded() -> None:
    """Its first line lets a service replace it, and it fits one comment whatever the texts are."""
    assert comment(RESULT, gate(RESULT)).startswith(f"{COMMENT_MARK}\n## ")
    many = tuple(
        replace(m, metric=replace(m.metric, name=f"{m.metric.name}{i}")) for i in range(80) for m in RESULT.metrics
    )
    result = replace(poisoned(RESULT, "".join(HOSTILE)), metrics=many)
    assert (
        len(comment(result, decide(result, Policy(), TODAY)).encode("utf-8", "backslashreplace"))
        < COMMENT_BYTES + 5_000
    )
