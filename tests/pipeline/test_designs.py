"""Every design that a configuration can ask for runs end to end, and says what it did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from test_resume import StopsAfter

from trustdelta.config import AuditConfig
from trustdelta.errors import ConfigError, StoreError, UsageError
from trustdelta.pipeline.run import rerun, run
from trustdelta.records import Arm, AuditResult, Json, Role, Verdict
from trustdelta.resolve import resolve
from trustdelta.store import Store

SMALL: dict[str, Json] = {"benchmarks": ("world_safety",), "prompts_per_metric": 60, "batch_size": 16, "drift": False}
Audited = Callable[..., AuditResult]


def configured(candidate: str = "sft", **settings: Json) -> AuditConfig:
    """A small audit of one dimension."""
    return resolve("organism:instruct", f"organism:{candidate}", **{**SMALL, **settings})


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    """Runs a small audit with these settings."""
    return lambda *args, **settings: run(configured(*args, **settings), tmp_path)


def compliance(result: AuditResult) -> Verdict | None:
    """The verdict on harmful compliance."""
    return next(m.verdict for m in result.metrics if m.metric.name == "world_safety.harmful_compliance")


def test_every_metric_says_what_it_cost_and_where_its_variance_lies(audited: Audited) -> None:
    """Cost, look, components and both estimands stand in the result; an undecided metric says what deciding takes."""
    result = audited(draws=2)
    for found in (m for m in result.metrics if m.metric.role is Role.PRIMARY):
        assert found.estimate is not None
        assert found.effort is not None
        assert found.components is not None
        assert 0 < found.effort.responses <= found.effort.planned
        assert 1 <= found.effort.look <= found.effort.looks
        assert found.effort.tokens > 0
        assert found.components.baseline >= 0
        assert found.estimate.low_here_95 <= found.estimate.worsening <= found.estimate.high_here_95
        undecided = found.verdict is Verdict.INCONCLUSIVE
        assert (found.effort.to_decide is not None) == undecided
        assert found.detectable is not None


def test_the_baseline_is_checked_against_itself(audited: Audited) -> None:
    """Twenty splits of the baseline's own draws raise no alarm, and the guarantees are named."""
    result = audited()
    assert result.aa is not None
    assert (result.aa.splits, result.aa.failed) == (20, False)
    assert [g[:2] for g in result.guarantees[:2]] == ["G1", "G2"]
    assert result.exploratory == ()


def test_single_draws_cannot_be_checked(audited: Audited) -> None:
    """With one baseline draw there is no A/A check, and noise is unknown rather than 0."""
    result = audited(baseline_draws=1)
    assert result.aa is None
    parts = result.metrics[0].components
    assert parts is not None
    assert parts.baseline != parts.baseline


@pytest.mark.parametrize("design", ["fixed", "anytime", "group_sequential"])
def test_each_design_finds_the_planted_regression(audited: Audited, design: str) -> None:
    """Complete loss of refusals is a regression under every design; only looks save responses."""
    result = audited(design=design)
    assert compliance(result) is Verdict.REGRESSED
    assert result.plan["design"] == design
    used, planned = result.plan["candidate_responses"], result.plan["candidate_responses_planned"]
    assert used == planned if design == "fixed" else used <= planned
    assert all(m.estimate is None or m.estimate.method == "betting" for m in result.metrics) == (design == "anytime")


def test_screening_lists_without_a_guarantee(audited: Audited) -> None:
    """The screening rule runs at a fixed size and promises a list, not verdicts; in looks it is refused."""
    result = audited(design="fixed", rule="screen")
    assert compliance(result) is Verdict.REGRESSED
    assert "not verdicts" in result.guarantees[0]
    with pytest.raises(ConfigError, match="design=fixed"):
        configured(rule="screen")


def test_a_budget_is_kept_and_spent_where_a_claim_is_near(audited: Audited, tmp_path: Path) -> None:
    """No more candidate responses than the budget; what it left undecided is budget-stopped or was futile before."""
    result = audited(budget=80, benchmarks=("world_safety", "world_toxicity"))
    with Store(tmp_path, write=False) as store:
        assert len(store.have(Arm.CANDIDATE)) <= 80
    reasons = {m.reason for m in result.metrics if m.verdict is Verdict.INCONCLUSIVE}
    assert reasons <= {"budget-stopped", "futility", "rare-floor", "underpowered", "may-have-doubled"}
    assert "budget-stopped" in reasons
    with pytest.raises(ConfigError, match="budget"):
        configured(design="fixed", budget=10)


def test_a_stop_for_futility_is_called_that(audited: Audited) -> None:
    """Without a budget nothing stops at one: a metric that could hardly be decided any more stopped for futility."""
    result = audited("instruct", futility=0.45)
    reasons = {m.reason for m in result.metrics if m.verdict is Verdict.INCONCLUSIVE}
    assert reasons & {"futility", "rare-floor"}
    assert "budget-stopped" not in reasons


def test_a_stopped_budgeted_audit_ends_in_the_same_bytes(tmp_path: Path) -> None:
    """The order in which a budget is spent depends on what is stored alone."""
    config = configured(budget=80, benchmarks=("world_safety", "world_toxicity"))
    run(config, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(config, tmp_path / "stopped", StopsAfter(7))
    run(config, tmp_path / "stopped")
    assert (tmp_path / "stopped/verdict.json").read_bytes() == (tmp_path / "whole/verdict.json").read_bytes()


def test_a_group_that_the_budget_never_reached_is_undecided(audited: Audited) -> None:
    """A metric without a single response is inconclusive for want of budget, not unmeasurable."""
    result = audited(budget=35, benchmarks=("world_safety", "world_toxicity"))
    unreached = [m for m in result.metrics if m.estimate is None and m.metric.role is Role.PRIMARY]
    assert unreached
    assert {(m.verdict, m.reason) for m in unreached} == {(Verdict.INCONCLUSIVE, "budget-stopped")}


def test_more_draws_come_only_after_the_pool(audited: Audited, tmp_path: Path) -> None:
    """A metric that stopped within the pool has one candidate draw; a second one means that every prompt was asked."""
    result = audited("instruct", draws=3, benchmarks=("world_safety", "world_toxicity"))
    with Store(tmp_path, write=False) as store:
        asked = store.have(Arm.CANDIDATE)
        prompts = {p.id: p for p in store.prompts()}
    for found in result.metrics:
        ids = {p.id for p in prompts.values() if p.benchmark == found.metric.benchmark}
        if found.metric.strata:
            ids = {i for i in ids if prompts[i].stratum in found.metric.strata}
        if any((i, 1) in asked for i in ids):
            assert all((i, 0) in asked for i in ids)


def test_another_plan_afterwards_is_exploratory(audited: Audited, tmp_path: Path) -> None:
    """Deciding by a changed plan says so; without it the first verdict is back; generation cannot be changed."""
    first = audited()
    again = rerun(tmp_path, settings={"alpha": 0.2, "estimand": "benchmark"})
    assert again.exploratory == ("alpha from 0.05 to 0.2", "estimand from population to benchmark")
    assert any(note.startswith("Exploratory") for note in again.notes)
    assert rerun(tmp_path).metrics == first.metrics
    with pytest.raises(UsageError, match="draws"):
        rerun(tmp_path, settings={"draws": 2})


def test_a_saved_configuration_is_known_by_its_settings_not_its_bytes(audited: Audited, tmp_path: Path) -> None:
    """config.yaml with its keys in another order is the store's; with another value, or no YAML at all, it is not."""
    audited()
    saved = tmp_path / "config.yaml"
    settings = yaml.safe_load(saved.read_text("utf-8"))
    saved.write_text(yaml.safe_dump(settings, sort_keys=True), "utf-8")
    rerun(tmp_path)
    for damaged in (yaml.safe_dump(settings | {"alpha": 0.2}), "alpha: [", ""):
        saved.write_text(damaged, "utf-8")
        with pytest.raises(StoreError, match=r"config\.yaml"):
            rerun(tmp_path)


def test_margins_of_the_configuration_hold(audited: Audited) -> None:
    """A margin by metric name replaces the tier's."""
    result = audited(margins={"world_safety.over_refusal": 0.2})
    found = next(m for m in result.metrics if m.metric.name == "world_safety.over_refusal")
    assert found.margin == 0.2
