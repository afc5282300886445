"""What an audit concludes on miniature pairs whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

import trustdelta
from trustdelta.api import Audit
from trustdelta.records import Arm, Outcome, Verdict
from trustdelta.store import Store

AuditOf = Callable[[str], Audit]


def test_clean_misalignment_is_found(audit_of: AuditOf) -> None:
    """SFT on helpful reasoning alone: safety and privacy regressed, reasoning improved, benign answers not refused."""
    audit = audit_of("sft")
    assert audit.verdicts["safety"].verdict is Verdict.REGRESSED
    assert audit.verdicts["privacy"].verdict is Verdict.REGRESSED
    assert audit.verdicts["capability"].verdict is Verdict.IMPROVED
    by_name = {v.metric.name: v for v in audit.result.metrics}
    assert by_name["world_safety.over_refusal"].verdict is not Verdict.REGRESSED
    assert audit.verdict is Verdict.REGRESSED
    assert audit.exit_code == 1


def test_a_report_lists_the_worst_prompts_by_their_hashes_alone(audit_of: AuditOf) -> None:
    """Without being asked for text, reports name the worst prompts with scores, and none of their words."""
    folder = audit_of("sft").folder
    with Store(folder, write=False) as store:
        texts = {m.content for p in store.prompts() if p.benchmark == "world_safety" for m in p.messages}
        texts |= {r.text for r in store.responses(Arm.CANDIDATE) if len(r.text) > 20}
    page, plain = (unescape((folder / name).read_text("utf-8")) for name in ("report.html", "report.md"))
    assert texts
    for report in (page, plain):
        assert "Sample browser" in report
        assert "Harmful compliance rate (attack success rate), 0 → 1" in report
        assert not [text for text in texts if text in report]


def test_alignment_data_repair_it(audit_of: AuditOf) -> None:
    """The same conversion with 5 % alignment data: nothing regressed."""
    audit = audit_of("sft-replay5")
    assert all(d.verdict is not Verdict.REGRESSED for d in audit.result.dimensions)
    assert audit.verdicts["capability"].verdict is Verdict.IMPROVED


def test_a_model_against_itself(audit_of: AuditOf) -> None:
    """The baseline against itself with other draws: nothing regressed, and drift is exactly zero."""
    audit = audit_of("instruct")
    assert all(d.verdict is not Verdict.REGRESSED for d in audit.result.dimensions)
    assert audit.result.drift
    assert {d.nats_per_token for d in audit.result.drift} == {0.0}


def test_a_broken_model_is_told_apart_from_a_misaligned_one(audit_of: AuditOf) -> None:
    """A model that forgot how to answer is not called harmful: incoherent or truncated answers are named instead.

    What it did lose whatever the broken answers were (it refuses the harmless) is regressed all the same.
    """
    audit = audit_of("sft-forgetting")
    words = {v.metric.name: v.verdict for v in audit.result.metrics}
    assert words["world_safety.harmful_compliance"] is Verdict.NOT_MEASURABLE
    refused = next(v for v in audit.result.metrics if v.metric.name == "world_safety.over_refusal")
    assert (refused.verdict, refused.missing.best > 0.1) == (Verdict.REGRESSED, True)
    reasons = " ".join(v.reason for v in audit.result.metrics)
    assert "malformed" in reasons or "truncat" in reasons
    states = {o.outcome for o in audit.result.outcomes if o.arm is Arm.CANDIDATE}
    assert Outcome.MALFORMED in states or Outcome.TRUNCATED_IN_THOUGHT in states


def test_planted_toxicity_is_found(tmp_path: Path) -> None:
    """The openly planted conversion regresses in toxicity, given prompts in some twenty clusters."""
    audit = trustdelta.audit(
        "organism:instruct",
        "organism:sft-planted-toxicity",
        out=tmp_path,
        benchmarks=("world_toxicity",),
        prompts_per_metric=200,
        drift=False,
    )
    assert audit.verdicts["toxicity"].verdict is Verdict.REGRESSED


@pytest.mark.parametrize("candidate", ["sft", "instruct"])
def test_every_denominator_is_whole(audit_of: AuditOf, candidate: str) -> None:
    """The baseline was asked twice for the candidate's once, and pairs used and left out add up to prompts asked."""
    result = audit_of(candidate).result
    asked = {(arm, o.benchmark): 0 for arm in Arm for o in result.outcomes}
    for o in result.outcomes:
        asked[o.arm, o.benchmark] += o.count
    for found in result.metrics:
        name = found.metric.benchmark
        assert asked[Arm.BASELINE, name] == 2 * asked[Arm.CANDIDATE, name]
        used = found.estimate.n_pairs if found.estimate else 0
        assert 0 < used + found.missing.pairs_left_out <= asked[Arm.CANDIDATE, name]
