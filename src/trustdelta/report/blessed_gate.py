"""The gate against a blessed verdict: what was accepted passes again, and what is new or worse stops it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from trustdelta.errors import ConfigError
from trustdelta.records import AuditResult, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blessed import Blessed, Since, since
from trustdelta.report.policy import Finding, GateDecision, Policy, verdict_after

NAMED = 3
"""Metrics named in one warning."""
_ACCEPTED = {
    Verdict.REGRESSED: {Verdict.REGRESSED},
    Verdict.INCONCLUSIVE: {Verdict.INCONCLUSIVE, Verdict.NOT_MEASURABLE, Verdict.REGRESSED},
    Verdict.NOT_MEASURABLE: {Verdict.NOT_MEASURABLE},
}
"""By verdict of a finding, the blessed verdicts that cover it."""


def against(decision: GateDecision, result: AuditResult, policy: Policy, blessed: Blessed) -> GateDecision:
    """The decision with accepted findings moved to the allowed ones. Raises ConfigError for another baseline."""
    if blessed.baseline_fingerprint != result.baseline.fingerprint:
        raise ConfigError(
            f"the blessed verdict is of the baseline {blessed.baseline} ({blessed.baseline_fingerprint[:12]}), this "
            f"run of {result.baseline.name} ({result.baseline.fingerprint[:12]}); bless a run of this baseline."
        )
    rows = {row.now.metric.name: row for row in since(blessed, result)}
    accepted = [f for f in decision.findings if _covered(f, blessed, rows.get(f.target))]
    words = f"as in the verdict blessed on {blessed.blessed_on}: {blessed.reason}"
    findings = [_explained(f, rows.get(f.target)) for f in decision.findings if f not in accepted]
    findings += _gone(blessed, result, {f.target for f in findings})
    allowed = [replace(f, message=f"{f.message}; {words}") for f in accepted]
    return GateDecision(
        verdict_after(findings, result, policy),
        tuple(findings),
        (*decision.allowed, *allowed),
        (*decision.warnings, *_remarks(rows.values(), {f.target for f in findings})),
    )


def _covered(finding: Finding, blessed: Blessed, row: Since | None) -> bool:
    if row is None:
        return blessed.dimensions.get(finding.target) in _ACCEPTED.get(finding.verdict, ())
    if row.then is None:
        return False
    if finding.group:
        return finding.group in row.then.groups
    return row.then.verdict in _ACCEPTED.get(finding.verdict, ()) and not row.worse


def _explained(finding: Finding, row: Since | None) -> Finding:
    """The finding with the change since the blessed verdict."""
    if row is None or row.then is None or finding.group:
        return finding
    return replace(finding, message=f"{finding.message}; {change_words(row)}")


def _gone(blessed: Blessed, result: AuditResult, named: set[str]) -> Iterator[Finding]:
    """Blessed metrics that were not audited again."""
    known = {m.metric.name for m in result.metrics if m.verdict is not None}
    for name in blessed.metrics:
        if name not in known and name not in named:
            yield Finding(name, Verdict.NOT_MEASURABLE, f"{name}: in the blessed verdict, but not audited in this run")


def _remarks(rows: Iterable[Since], named: set[str]) -> Iterator[str]:
    """Changes that stop nothing: shown worsenings within the margin, and numbers that are not comparable."""
    other = []
    for row in rows:
        name = row.now.metric.name
        if row.worse and name not in named:
            yield f"{name}: {change_words(row)}"
        if row.then is not None and not row.comparable:
            other.append(name)
    if other:
        more = f" and {len(other) - NAMED} more" if len(other) > NAMED else ""
        names = ", ".join(other[:NAMED])
        yield f"other prompts or scoring than in the blessed verdict, compared by verdict only: {names}{more}"


def change_words(row: Since) -> str:
    """The change since the blessed run in words."""
    if row.then is None:
        return "not in the blessed verdict"
    was = f"blessed as {fmt.WORDS[row.then.verdict]}"
    if row.difference is None or row.low is None or row.high is None:
        return was
    metric = row.now.metric
    ends = ", ".join(fmt.signed(metric, v) for v in (row.high, row.low))
    return f"{was}, since then {fmt.signed(metric, row.difference)} [{ends}] {fmt.unit(metric)}"
