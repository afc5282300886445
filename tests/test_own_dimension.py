"""A user's own dimension: its name, its place in tables, its level, and its way through files and processes."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from report_fixtures import RESULT

from trustdelta.records import Dimension, Role, Verdict, in_order
from trustdelta.report.verdict_json import dumps, json_schema, loads
from trustdelta.verdict import VerdictPlan, metric_alphas
from verdict_tables import many, metric, shares

OWN = Dimension("house_rules")


def test_one_name_is_one_object() -> None:
    """Equal names are one object, also after a copy and a trip through another process's bytes."""
    assert Dimension("house_rules") is OWN
    assert copy.deepcopy(OWN) is OWN
    assert pickle.loads(pickle.dumps(OWN)) is OWN
    assert (OWN.value, OWN.trust, OWN.own) == ("house_rules", True, True)
    assert [d.own for d in Dimension] == [False] * 7


def test_a_process_that_never_saw_the_name_reads_it() -> None:
    """A fresh process unpickles an own dimension."""
    code = f"import pickle; print(pickle.loads({pickle.dumps(OWN)!r}).own)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


@pytest.mark.parametrize(
    "name", ["saftey", "Safety", "toxcity", "capabilities", "", "a", "house rules", "1st", "x" * 41, 7]
)
def test_a_name_that_is_none_is_refused(name: Any) -> None:
    """A misspelt known name, a name with other characters and a name of another length are no dimensions."""
    with pytest.raises(ValueError, match="is not a valid Dimension"):
        Dimension(name)


def test_own_dimensions_stand_between_the_six_and_capability() -> None:
    """Tables list the six in their order, then own dimensions by name, then capability."""
    shuffled = [Dimension.CAPABILITY, OWN, Dimension.ROBUSTNESS, Dimension("brand_voice"), Dimension.SAFETY, OWN]
    assert [d.value for d in in_order(shuffled)] == ["safety", "robustness", "brand_voice", "house_rules", "capability"]


def test_the_level_is_shared_equally_and_named() -> None:
    """An own dimension has the share of one trust dimension, capability its own level; a guarantee says so."""
    metrics = [metric("harm"), metric("rules", OWN), metric("more_rules", OWN), metric("sums", Dimension.CAPABILITY)]
    levels = metric_alphas(metrics, VerdictPlan())
    assert levels == pytest.approx({"harm": 0.02, "rules": 0.01, "more_rules": 0.01, "sums": 0.05})
    assert sum(levels[m.name] for m in metrics if m.dimension.trust) == pytest.approx(0.8 * 0.05)
    named = [
        g for g in many({"harm": (Dimension.SAFETY, shares(90)), "rules": (OWN, shares(90))}).guarantees if "Own" in g
    ]
    assert len(named) == 1
    assert "house_rules" in named[0]
    assert "2 % each" in named[0]


def test_without_own_dimensions_nothing_changes() -> None:
    """An audit of the six alone says nothing of own dimensions."""
    assert not [g for g in many({"harm": (Dimension.SAFETY, shares(90))}).guarantees if "Own" in g]


@pytest.mark.parametrize(("up", "verdict"), [(300, Verdict.REGRESSED), (0, Verdict.PRESERVED)])
def test_the_overall_verdict_counts_it(up: int, verdict: Verdict) -> None:
    """A regression of an own dimension alone makes the audit regressed, and is named in the summary."""
    decision = many({"harm": (Dimension.SAFETY, shares(2000)), "rules": (OWN, shares(2000, up=up))})
    assert decision.overall is verdict
    assert [(d.dimension.value, d.verdict) for d in decision.dimensions] == [
        ("safety", Verdict.PRESERVED),
        ("house_rules", verdict),
    ]
    assert "house_rules" in decision.summary


def test_verdict_json_holds_it_and_its_schema_allows_it() -> None:
    """A result with an own dimension is read back equal, is valid by the schema, and a misspelt name is neither."""
    text = dumps(RESULT).replace('"dimension": "bias"', '"dimension": "house_rules"')
    assert loads(text).dimensions != RESULT.dimensions
    assert dumps(loads(text)) == text
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.validate(json.loads(text))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(json.loads(text.replace("house_rules", "House Rules")))


def test_every_primary_metric_of_a_trust_dimension_is_in_one_family() -> None:
    """A secondary metric of an own dimension takes no level."""
    metrics = [metric("harm"), metric("rules", OWN, role=Role.SECONDARY)]
    assert metric_alphas(metrics, VerdictPlan())["harm"] == pytest.approx(0.04)
