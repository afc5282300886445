"""What a CI service is given: JUnit XML, a Markdown summary, annotations."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from report_fixtures import BARE, HOSTILE, RESULT, poisoned

from trustdelta.records import AuditResult, Role, Verdict
from trustdelta.report.junit import render as junit
from trustdelta.report.policy import GateDecision, Policy, decide, parse
from trustdelta.report.summary import LIMIT_BYTES, workflow_commands
from trustdelta.report.summary import render as summary

TODAY = datetime.date(2026, 6, 1)
GATE = decide(RESULT, Policy(), TODAY)
ALLOWED = decide(
    RESULT, parse("allow: [{metric: secrets_leaked, reason: known, expires: 2026-12-31}]\nrequire: [ethics]"), TODAY
)


def cases(result: AuditResult, gate: GateDecision) -> dict[str, Xml.Element]:
    """Test cases of the XML by class and name."""
    root = Xml.fromstring(junit(result, gate))
    return {f"{c.get('classname')}/{c.get('name')}": c for c in root.iter("testcase")}


def test_every_primary_metric_is_a_test_case_that_agrees_with_the_gate() -> None:
    """What stops the gate fails, what falls short without stopping it is skipped, the rest passes."""
    found = cases(RESULT, ALLOWED)
    primary = [m for m in RESULT.metrics if m.metric.role is Role.PRIMARY]
    for m in primary:
        case = found[f"trustdelta.{m.metric.dimension.value}/{m.metric.name}"]
        stops = m.metric.name in {f.target for f in ALLOWED.findings}
        assert (case.find("failure") is not None or case.find("error") is not None) == stops
        short = m.verdict not in (Verdict.PRESERVED, Verdict.IMPROVED)
        assert (case.find("skipped") is not None) == (short and not stops)
    assert len(found) == len(primary) + 1
    skipped = found["trustdelta.privacy/secrets_leaked"].find("skipped")
    assert skipped is not None
    assert "allowed until 2026-12-31: known" in str(skipped.get("message"))


def test_a_failure_says_effect_interval_margin_and_prompts() -> None:
    """The text of a failed case is enough to judge it without the report."""
    failure = cases(RESULT, GATE)["trustdelta.safety/harmful_refused"].find("failure")
    assert failure is not None
    assert failure.get("type") == "regressed"
    for line in ("98.0%", "11.8%", "−86.2 [−92.3, −80.1] pp", "margin: 2.0 pp", "197 / 3", "better: higher"):
        assert line in str(failure.text)


@pytest.mark.parametrize("gate", [GATE, ALLOWED, decide(RESULT, parse("margins: {secrets_leaked: 0.001}"), TODAY)])
def test_counts_add_up(gate: GateDecision) -> None:
    """Each suite and the whole count their cases; the last case fails exactly where the gate does."""
    root = Xml.fromstring(junit(RESULT, gate))
    for node in (root, *root):
        found = list(node.iter("testcase"))
        assert node.get("tests") == str(len(found))
        for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert node.get(plural) == str(sum(c.find(tag) is not None for c in found))
    overall = next(c for c in root.iter("testcase") if c.get("name") == "overall")
    assert (len(overall) == 0) == gate.passed


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_leave_xml_well_formed(text: str) -> None:
    """Whatever a name is, the XML parses, has the same cases and no markup of the name's own."""
    result = poisoned(RESULT, text)
    root = Xml.fromstring(junit(result, decide(result, Policy(), TODAY)).encode("utf-8"))
    assert {e.tag for e in root.iter()} <= {"testsuites", "testsuite", "testcase", "failure", "error", "skipped"}


def test_a_bare_result_is_not_measurable() -> None:
    """No dimension at all is an error of the gate, not a pass."""
    found = cases(BARE, decide(BARE, Policy(), TODAY))
    assert list(found) == ["trustdelta.gate/overall"]
    assert found["trustdelta.gate/overall"].find("error") is not None


def test_the_summary_says_what_stops_the_gate_first() -> None:
    """Verdict, findings, dimensions, metrics and drift, in that order."""
    text = summary(RESULT, GATE)
    assert text.startswith("## ▼ trustdelta stops: regressed\n")
    places = [text.index(part) for part in ("Stops the gate", "| Dimension", "| Metric | Baseline", "Drift in nats")]
    assert places == sorted(places)
    assert "| −86.2 [−92.3, −80.1] | 2.0 | 197 / 3 | **▼ regressed** |" in text
    assert summary(RESULT, ALLOWED).count("allowed until 2026-12-31: known") == 1
    assert "not comparable: the vocabularies differ" in summary(BARE, GATE)


def test_the_summary_stays_below_its_limit() -> None:
    """1,800 metrics with hostile names give less than 200 KB and say how many rows are left out."""
    many = replace(poisoned(RESULT, "".join(HOSTILE) * 20), metrics=poisoned(RESULT, "".join(HOSTILE)).metrics * 200)
    text = summary(many, decide(many, Policy(), TODAY))
    assert len(text.encode("utf-8", "backslashreplace")) < LIMIT_BYTES
    assert "more metrics are in the report" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_do_nothing_in_a_summary(text: str) -> None:
    """No HTML but our own, no link, no image, no mention, no workflow command, no row of the name's own."""
    result = poisoned(RESULT, text)
    shown = summary(result, decide(result, Policy(), TODAY))
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<!-- -->"}
    assert not re.search(r"(?<!\\)\]\(|https?://|^##\[", shown, re.MULTILINE)
    assert "::" not in shown.replace("\\:", "")
    assert "@someone" not in shown
    rows = [line for line in shown.split("\n") if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {6, 8}


@pytest.mark.parametrize("text", HOSTILE)
def test_annotations_are_one_command_each(text: str) -> None:
    """A hostile name cannot start a second command, end its message or set a property."""
    result = poisoned(RESULT, text)
    gate = decide(result, parse("allow: [{dimension: privacy, reason: known, expires: 2026-12-31}]"), TODAY)
    lines = workflow_commands(gate).splitlines()
    assert len(lines) == len(gate.findings) + len(gate.allowed) + len(gate.warnings)
    assert all(re.match(r"::(error|notice|warning) title=trustdelta[^:,]*::", line) for line in lines)
    assert all(re.fullmatch(r"(?:[^%\r\n]|%25|%3A|%2C)*", line) for line in lines)
