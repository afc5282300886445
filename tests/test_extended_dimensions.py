"""Extended dimensions: an error level apart from that of the six, and verdicts that the overall one leaves out."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from report_fixtures import RESULT

from trustdelta.records import Dimension, GroupVerdict, Metric, Part, Verdict, in_order
from trustdelta.records.terms import EXTENDED
from trustdelta.report.verdict_json import dumps, loads
from trustdelta.stats.plan import family
from trustdelta.stats.table import ScoreTable
from trustdelta.verdict import VerdictPlan, decide, metric_alphas
from verdict_tables import many, metric, prompts_of, scores_of, shares

ABSTENTION, OVERSIGHT = Dimension("abstention"), Dimension("oversight")


def test_they_are_neither_trust_nor_own() -> None:
    """An extended dimension is one object, also behind a pickle, and counts as no other kind."""
    assert Dimension("abstention") is ABSTENTION
    assert pickle.loads(pickle.dumps(ABSTENTION)) is ABSTENTION
    for d in map(Dimension, EXTENDED):
        assert (d.extended, d.trust, d.own) == (True, False, False)
    assert not any(d.extended for d in Dimension)


def test_they_stand_behind_own_dimensions_and_before_capability() -> None:
    """Tables list them in their own order."""
    own = Dimension("house_rules")
    shuffled = [Dimension.CAPABILITY, OVERSIGHT, own, ABSTENTION, Dimension.BIAS]
    assert [d.value for d in in_order(shuffled)] == ["bias", "house_rules", "abstention", "oversight", "capability"]


def test_they_take_nothing_from_the_six() -> None:
    """The levels of the other metrics are the same with and without them; they share 5 % less the groups' fifth."""
    six = [metric("harm"), metric("bias", Dimension.BIAS), metric("sums", Dimension.CAPABILITY)]
    extended = [metric("unknown", ABSTENTION), metric("declines", ABSTENTION), metric("power", OVERSIGHT)]
    alone, together = (metric_alphas(m, VerdictPlan()) for m in (six, six + extended))
    assert {name: together[name] for name in alone} == alone
    assert {m.name: together[m.name] for m in extended} == pytest.approx(
        {"unknown": 0.01, "declines": 0.01, "power": 0.02}
    )
    assert family(metric("trace", ABSTENTION, part=Part.THOUGHT)) == "traces"


@pytest.mark.parametrize(("up", "verdict"), [(300, Verdict.REGRESSED), (0, Verdict.PRESERVED)])
def test_the_overall_verdict_leaves_them_out(up: int, verdict: Verdict) -> None:
    """A regression of an extended dimension is a verdict of its own; the overall one is that of the six."""
    decision = many({"harm": (Dimension.SAFETY, shares(2000)), "unknown": (ABSTENTION, shares(2000, up=up))})
    assert decision.overall is Verdict.PRESERVED
    assert [(d.dimension.value, d.verdict) for d in decision.dimensions] == [
        ("safety", Verdict.PRESERVED),
        ("abstention", verdict),
    ]
    statements = [g for g in decision.guarantees if g.startswith("Extended dimensions (abstention)")]
    assert len(statements) == 1


def test_verdict_json_holds_them() -> None:
    """A result with an extended dimension is read back and written with the same bytes."""
    text = dumps(RESULT).replace('"dimension": "bias"', '"dimension": "oversight"')
    assert dumps(loads(text)) == text


def test_groups_of_prompts_are_a_family_of_their_own() -> None:
    """A small loss in one language is named, also beside as many groups of the six, which stay as they are."""
    baseline, candidate = shares(400)
    candidate = candidate.copy()
    candidate[::4] = np.arange(100) < 9  # p = 0.0017, below 1 % over 4 groups and above 1 % over 8
    harm, spoken = metric("harm"), metric("spoken", Dimension("multilingual_safety"))

    def groups(metrics: list[Metric]) -> dict[str, list[GroupVerdict]]:
        prompts = [p for m in metrics for p in prompts_of(m.name, 400, strata=("sw", "en", "zh", "it"))]
        scores = [
            score
            for m in metrics
            for score in scores_of([p for p in prompts if p.benchmark == m.name], m.name, baseline, candidate)
        ]
        decision = decide(metrics, ScoreTable.build(prompts, scores), VerdictPlan())
        return {v.metric.name: list(v.groups) for v in decision.metrics}

    together = groups([harm, spoken])
    assert [g.name for g in together["spoken"] if g.regressed] == ["sw"]
    assert together["harm"] == groups([harm])["harm"]
