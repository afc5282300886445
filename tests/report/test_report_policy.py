"""The gate's policy: what must be decided, what is allowed until when, and that nothing else passes."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_fixtures import BARE, RESULT, estimate, metric, missing

from trustdelta.errors import ConfigError
from trustdelta.records import (
    TRUST_DIMENSIONS,
    AuditResult,
    Better,
    Dimension,
    DimensionVerdict,
    GroupVerdict,
    MetricVerdict,
    Role,
    Verdict,
)
from trustdelta.report.format import headline
from trustdelta.report.policy import GateDecision, Policy, decide, parse

TODAY = datetime.date(2026, 6, 1)
ORDER = (Verdict.REGRESSED, Verdict.NOT_MEASURABLE, Verdict.INCONCLUSIVE, Verdict.IMPROVED, Verdict.PRESERVED)


def result_of(verdicts: dict[str, Verdict]) -> AuditResult:
    """A result with one primary metric per dimension, named after it, whose verdict is its dimension's."""
    metrics, dimensions = [], []
    for name, verdict in verdicts.items():
        found = metric(f"{name}.m", Dimension(name), name, Better.LOWER)
        metrics.append(MetricVerdict(found, estimate(0.1, 0.2, 0.05, Better.LOWER), missing(), 0.02, verdict))
        dimensions.append(DimensionVerdict(Dimension(name), verdict, f"{name}.m"))
    trust = [v for name, v in verdicts.items() if name != "capability"]
    overall = next((v for v in ORDER if v in trust), Verdict.NOT_MEASURABLE)
    return replace(BARE, overall=overall, metrics=tuple(metrics), dimensions=tuple(dimensions))


def gate(verdicts: dict[str, Verdict], policy: str = "") -> GateDecision:
    """What a policy written as YAML says of these verdicts today."""
    return decide(result_of(verdicts), parse(policy), TODAY)


VERDICTS = st.dictionaries(st.sampled_from([d.value for d in Dimension]), st.sampled_from(list(Verdict)), max_size=7)


@given(VERDICTS)
def test_without_a_policy_the_gate_is_the_audits_verdict(verdicts: dict[str, Verdict]) -> None:
    """An empty policy changes nothing, and passes exactly where the audit is preserved or improved."""
    found = gate(verdicts)
    assert found.verdict is result_of(verdicts).overall
    assert found.passed == (found.verdict in (Verdict.PRESERVED, Verdict.IMPROVED))
    assert bool(found.findings) == (not found.passed and bool(set(verdicts) - {"capability"}))


@given(VERDICTS, st.sets(st.sampled_from(list(Dimension)), min_size=1))
def test_a_required_dimension_must_have_run_and_hold(verdicts: dict[str, Verdict], required: set[Dimension]) -> None:
    """The gate passes only if every required dimension ran and holds, and no trust dimension regressed."""
    found = gate(verdicts, f"require: [{', '.join(sorted(d.value for d in required))}]")
    good = (Verdict.PRESERVED, Verdict.IMPROVED)
    held = all(verdicts.get(d.value) in good for d in required)
    worse = any(verdicts.get(d.value) is Verdict.REGRESSED for d in TRUST_DIMENSIONS)
    assert found.passed == (held and not worse)


@given(VERDICTS, st.sampled_from(list(Dimension)))
def test_an_allowance_never_makes_it_worse(verdicts: dict[str, Verdict], dimension: Dimension) -> None:
    """With an allowance the verdict is the same or a better one, and what it covers is still listed."""
    text = f"allow: [{{dimension: {dimension.value}, reason: known, expires: 2026-06-01}}]"
    before, after = gate(verdicts), gate(verdicts, text)
    assert ORDER.index(after.verdict) >= ORDER.index(before.verdict) or after.passed
    assert len(after.findings) + len(after.allowed) == len(before.findings)


@given(st.sampled_from(list(Verdict)), st.sampled_from(list(Verdict)))
def test_an_own_dimension_counts_like_the_six(safety: Verdict, own: Verdict) -> None:
    """Without a policy it must hold; one that is required and was not audited stops the gate."""
    passing = gate({"safety": safety, "house_rules": own})
    assert passing.passed == (safety.holds and own.holds)
    assert (
        gate({"safety": safety}, "require: [house_rules]").findings[-1].message
        == "house_rules: required but not audited"
    )
    assert gate({"house_rules": own}, "require: [house_rules]").passed == own.holds


def allowed(until: str, more: str = "") -> str:
    """A policy that allows the safety metric to regress."""
    return f"allow: [{{metric: safety.m, reason: known, expires: {until}{more}}}]"


def test_an_allowance_holds_through_its_last_day() -> None:
    """It covers the day it expires on and fails the day after, saying so; the rest of the gate stays."""
    verdicts = {"safety": Verdict.REGRESSED, "bias": Verdict.PRESERVED}
    assert gate(verdicts, allowed("2026-06-01")).passed
    late = gate(verdicts, allowed("2026-05-31"))
    assert late.verdict is Verdict.REGRESSED
    assert "its allowance expired on 2026-05-31" in late.findings[0].message
    assert late.warnings
    also = gate({**verdicts, "bias": Verdict.INCONCLUSIVE}, allowed("2026-06-01"))
    assert also.verdict is Verdict.INCONCLUSIVE


def test_an_allowance_covers_only_what_it_names() -> None:
    """Another verdict, another metric or a worsening beyond `up_to` still stops the gate."""
    worse = {"safety": Verdict.REGRESSED}
    assert gate({"safety": Verdict.NOT_MEASURABLE}, allowed("2027-01-01")).verdict is Verdict.NOT_MEASURABLE
    assert gate({"bias": Verdict.REGRESSED}, allowed("2027-01-01")).verdict is Verdict.REGRESSED
    assert gate(worse, allowed("2027-01-01", ", up_to: 0.17")).passed, "the interval's upper bound is 0.17"
    over = gate(worse, allowed("2027-01-01", ", up_to: 0.16"))
    assert over.verdict is Verdict.REGRESSED
    assert over.warnings == ("safety.m: its allowance covers up to 16.0 pp, its interval ends at worse by 17.0 pp",)


def test_a_group_that_regressed_stops_the_gate_unless_the_policy_says_warn() -> None:
    """A loss in one group of a preserved metric stops the gate, may be allowed by its metric, or only be warned of."""
    result = result_of({"safety": Verdict.PRESERVED})
    group = GroupVerdict("topic", "t3", 40, 0.0, 0.44, 0.44, 0.3, 0.6, 1e-9, regressed=True)
    result = replace(result, metrics=(replace(result.metrics[0], groups=(group,)),))
    stopped = decide(result, parse(""), TODAY)
    assert stopped.verdict is Verdict.REGRESSED
    assert "topic t3: regressed on these prompts, 0.0% → 44.0%, worse by 44.0 pp, 40 prompts" in stopped.lines[1]
    warned = decide(result, parse("subgroups: warn"), TODAY)
    assert warned.passed
    assert "topic t3" in warned.warnings[0]
    assert decide(result, parse(allowed("2027-01-01")), TODAY).passed
    assert "t3" in headline(result)


def test_margins_wider_than_the_policys_stop_the_gate() -> None:
    """A run audited with a wider margin, or without the metric, is not measured as the policy wants."""
    good = {"safety": Verdict.PRESERVED}
    assert gate(good, "margins: {safety.m: 0.02}").passed
    wide = gate(good, "margins: {safety.m: 0.01}")
    assert wide.verdict is Verdict.NOT_MEASURABLE
    assert "margin of 2.0 pp, wider than the policy’s 1.0 pp" in wide.findings[0].message
    assert gate(good, "margins: {other: 0.01}").verdict is Verdict.NOT_MEASURABLE


def test_an_allowance_for_nothing_is_a_warning() -> None:
    """A name that the audit does not have is said, not an error: profiles differ."""
    assert gate({"bias": Verdict.PRESERVED}, allowed("2027-01-01")).warnings == (
        "safety.m: has an allowance but was not audited",
    )


def test_messages_carry_effect_interval_margin_and_prompts() -> None:
    """A finding can be read alone; a metric without estimate says so."""
    by_target = {f.target: f.message for f in decide(RESULT, Policy(), TODAY).findings}
    assert by_target["harmful_refused"] == (
        "safety, Harmful requests refused: regressed, change −86.2 [−92.3, −80.1] pp, margin 2.0 pp, 197 prompts"
    )
    assert "no estimate, 0 prompts scored, 77 excluded" in by_target["noise_accuracy"]


def test_secondary_metrics_never_stop_a_gate() -> None:
    """A metric without verdict is in no finding."""
    names = {m.metric.name for m in RESULT.metrics if m.metric.role is Role.SECONDARY}
    assert not names & {f.target for f in decide(RESULT, Policy(), TODAY).findings}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("require: [saftey]", r"require.0: found 'saftey', wanted one of safety, .*mean 'safety'"),
        ("requires: [safety]", r"requires: there is no such key \(did you mean 'require'"),
        ("allow: [{metric: a, expires: 2027-01-01}]", r"allow.0.reason: it is missing"),
        ("allow: [{metric: a, reason: ' ', expires: 2027-01-01}]", r"allow.0.reason: found ' ', wanted a text"),
        ("allow: [{metric: a, reason: b}]", r"allow.0.expires: it is missing"),
        ("allow: [{metric: a, reason: b, expires: soon}]", r"allow.0.expires: .*found 'soon'"),
        ("allow: [{reason: b, expires: 2027-01-01}]", r"allow.0: .*exactly one of metric and dimension"),
        ("margins: {a: -1}", r"margins.a: found -1, wanted more than 0"),
        ("- a", r"policy: .*found \['a'\]"),
        ("a: [", r"cannot be read as YAML"),
        ("!!python/object/apply:os.system ['true']", r"cannot be read as YAML"),
    ],
)
def test_mistakes_in_a_policy_are_named(text: str, said: str) -> None:
    """One line names the field, what was found and where an example is; nothing in YAML is run."""
    with pytest.raises(ConfigError, match=said) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
