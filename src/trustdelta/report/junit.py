"""JUnit XML: one test case per primary metric, one suite per dimension, one suite for the policy.

The dialect is the one that GitHub, GitLab and Jenkins read. It agrees with the gate: a finding is a `failure` (`error`
where it could not be measured); a verdict below preserved that does not stop the gate is `skipped`, with the reason. A
job that fails on failed test cases therefore fails exactly where the gate does.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from trustdelta.records import AuditResult, DimensionVerdict, MetricVerdict, Role, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.policy import Finding, GateDecision, metric_message
from trustdelta.report.rows import MetricRow, by_dimension
from trustdelta.report.sanitise import visible

_SHORT = (Verdict.REGRESSED, Verdict.NOT_MEASURABLE, Verdict.INCONCLUSIVE)


def render(result: AuditResult, gate: GateDecision) -> str:
    """The XML text; characters that XML cannot hold are named (`sanitise.visible`), so it always parses."""
    root = Xml.Element("testsuites", {"name": "trustdelta"})
    stopped = {f.target: f for f in gate.findings}
    allowed = {f.target: f for f in gate.allowed}
    shown: set[str] = set()
    for dimension_verdict in result.dimensions:
        if not dimension_verdict.driver:
            root.append(_suite(f"trustdelta.{dimension_verdict.dimension.value}", [_not_run(dimension_verdict)]))
    for dimension, group in by_dimension(result):
        cases = [_case(m, stopped, allowed) for m in group if m.metric.role is Role.PRIMARY]
        shown |= {m.metric.name for m in group if m.metric.role is Role.PRIMARY}
        if cases:
            root.append(_suite(f"trustdelta.{dimension.value}", cases))
    rest = [f for f in gate.findings if f.target not in shown] + _repeated(gate, shown)
    root.append(_suite("trustdelta.gate", [_overall(gate), *(_policy_case(f) for f in rest)]))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, cases: Sequence[Xml.Element]) -> Xml.Element:
    suite = Xml.Element("testsuite", {"name": name, "tests": str(len(cases))})
    for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(sum(case.find(tag) is not None for case in cases)))
    suite.extend(cases)
    return suite


def _not_run(d: DimensionVerdict) -> Xml.Element:
    """A dimension of which no benchmark was run: an error, since it was to be measured."""
    name = d.dimension.value
    case = Xml.Element("testcase", {"classname": f"trustdelta.{name}", "name": name, "time": "0"})
    _append(case, "error", d.verdict.value, d.reason, "")
    return case


def _case(m: MetricVerdict, stopped: dict[str, Finding], allowed: dict[str, Finding]) -> Xml.Element:
    metric = m.metric
    case = Xml.Element(
        "testcase", {"classname": f"trustdelta.{metric.dimension.value}", "name": visible(metric.name), "time": "0"}
    )
    if metric.name in stopped:
        finding = stopped[metric.name]
        _append(case, _tag(finding.verdict), finding.verdict.value, finding.message, _details(m))
    elif m.verdict in _SHORT:
        message = allowed[metric.name].message if metric.name in allowed else metric_message(m)
        _append(case, "skipped", "", message, _details(m))
    return case


def _tag(verdict: Verdict) -> str:
    return "error" if verdict is Verdict.NOT_MEASURABLE else "failure"


def _details(m: MetricVerdict) -> str:
    """Effect, interval, margin and counts, one per line."""
    metric, row = m.metric, MetricRow.of(m)
    lines = [f"metric: {metric.name}", f"benchmark: {metric.benchmark}", f"verdict: {m.verdict}"]
    if m.estimate is not None:
        lines += [
            f"baseline: {row.baseline}",
            f"candidate: {row.candidate}",
            f"change and 95 % interval: {row.change} {row.unit}",
        ]
    lines += [
        f"better: {metric.better.value}",
        f"margin: {row.margin} {row.unit}",
        f"prompts scored / excluded: {row.prompts}",
    ]
    if row.reason:
        lines.append(f"reason: {row.reason}")
    return "\n".join(visible(line) for line in lines)


def _append(case: Xml.Element, tag: str, kind: str, message: str, text: str) -> None:
    attributes = {"message": visible(message)}
    if tag != "skipped":
        attributes["type"] = kind
    Xml.SubElement(case, tag, attributes).text = text


def _overall(gate: GateDecision) -> Xml.Element:
    """The gate itself, which fails where its exit code is not 0."""
    case = Xml.Element("testcase", {"classname": "trustdelta.gate", "name": "overall", "time": "0"})
    if not gate.passed:
        message = f"{fmt.WORDS[gate.verdict]}: {fmt.count(len(gate.findings))} findings"
        details = "\n".join(visible(f.message) for f in gate.findings)
        _append(case, _tag(gate.verdict), gate.verdict.value, message, details)
    return case


def _policy_case(finding: Finding) -> Xml.Element:
    name = visible(finding.target)
    case = Xml.Element("testcase", {"classname": "trustdelta.gate", "name": name, "time": "0"})
    _append(case, _tag(finding.verdict), finding.verdict.value, finding.message, visible(finding.message))
    return case


def _repeated(gate: GateDecision, shown: set[str]) -> list[Finding]:
    """Findings about a metric that its own test case does not hold (a verdict and too wide a margin)."""
    last: dict[str, Finding] = {f.target: f for f in gate.findings}
    return [f for f in gate.findings if f.target in shown and last[f.target] is not f]
