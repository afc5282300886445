"""CI output: a short Markdown summary below GitHub's size limit, and one annotation per finding."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trustdelta.records import AuditResult, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.format import headline
from trustdelta.report.markdown import escaped
from trustdelta.report.policy import Finding, GateDecision
from trustdelta.report.rows import MetricRow, primary_rows
from trustdelta.report.sanitise import clipped, visible
from trustdelta.report.sections._common import direction, driver, leading_drift, text_name

LIMIT_BYTES = 200_000
"""Largest summary; GitHub accepts 1 MiB per step. The full report is in the run folder."""
LONGEST = 200
"""Most characters of one text (name, reason, note); longer texts are cut in the middle."""


def render(result: AuditResult, gate: GateDecision, limit_bytes: int = LIMIT_BYTES) -> str:
    """The summary: verdict, findings of the gate, a row per dimension, a row per metric, drift and notes.

    Where the text would be too long, the last metric rows are omitted and a note states how many.
    """
    head = [*_head(result, gate), *dimension_table(result)]
    tail = [*drift_lines(result), *(f"- {_short(note)}" for note in result.notes[:20]), ""]
    room = limit_bytes - _bytes(head) - _bytes(tail) - 1000
    return "\n".join([*head, *metric_table(result, room), *tail])


COMMENT_MARK = "<!-- trustdelta -->"
"""The first line of a comment, by which a CI service replaces an earlier one."""
COMMENT_BYTES = 60_000
"""Largest comment; GitHub accepts 65,536 characters."""


def comment(result: AuditResult, gate: GateDecision) -> str:
    """The summary as one comment on a pull request."""
    return f"{COMMENT_MARK}\n{render(result, gate, COMMENT_BYTES)}"


def metric_table(result: AuditResult, room: float = math.inf) -> list[str]:
    """A row per metric with a verdict, in at most `room` bytes; a note states how many rows are omitted."""
    primary = primary_rows(result)
    lines: list[str] = []
    for row in primary:
        line = _metric_line(row)
        room -= _bytes([line])
        if room < 0:
            break
        lines.append(line)
    table = ["", "| Metric | Baseline | Candidate | Change [95 % CI] | Margin | Prompts | Verdict |"]
    table += ["|---|---:|---:|---:|---:|---:|---|", *lines, ""]
    if len(lines) < len(primary):
        table.append(f"{fmt.count(len(primary) - len(lines))} more metrics are in the report.\n")
    return table if primary else []


def _bytes(lines: Sequence[str]) -> int:
    return sum(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)


def _short(text: str) -> str:
    return escaped(clipped(text, LONGEST))


def _head(result: AuditResult, gate: GateDecision) -> list[str]:
    names = f"{_short(result.baseline.name)} → {_short(result.candidate.name)}"
    passed = "passes" if gate.passed else "stops"
    lines = [f"## {fmt.SYMBOLS[gate.verdict]} trustdelta {passed}: {fmt.WORDS[gate.verdict]}", ""]
    lines += [f"{names}. {escaped(headline(result))}", ""]
    for title, group in (("Stops the gate", gate.findings), ("Allowed", gate.allowed)):
        if group:
            lines += [f"**{title}**", "", *(f"- {_short(f.message)}" for f in group[:50]), ""]
    if gate.warnings:
        lines += ["**Policy**", "", *(f"- {_short(w)}" for w in gate.warnings[:50]), ""]
    return lines


def dimension_table(result: AuditResult) -> list[str]:
    """A row per dimension with its deciding metric."""
    if not result.dimensions:
        return []
    lines = ["| Dimension | Verdict | Deciding metric | Change [95 % CI] | Prompts |", "|---|---|---|---:|---:|"]
    for d in result.dimensions:
        m = driver(result, d.dimension)
        name = _short(fmt.title(m.metric)) if m else _short(d.driver) or fmt.NONE
        change = fmt.change_text(m) if m else fmt.NONE
        prompts = fmt.prompts_text(m) if m else fmt.NONE
        lines.append(f"| {d.dimension.value} | {_verdict(d.verdict)} | {name} | {change} | {prompts} |")
    return lines


def _verdict(verdict: Verdict | None) -> str:
    return f"**{fmt.verdict_text(verdict)}**" if verdict else fmt.verdict_text(verdict)


def _metric_line(row: MetricRow) -> str:
    reason = f" ({_short(row.reason)})" if row.reason else ""
    cells = (_short(row.title), row.baseline, row.candidate, row.change, row.margin, row.prompts)
    return f"| {' | '.join(cells)} | {_verdict(row.verdict)}{reason} |"


def drift_lines(result: AuditResult) -> list[str]:
    """Drift in one line."""
    shown = leading_drift(result)
    if not shown:
        return [f"Drift: not comparable: {_short(result.drift_note or 'not measured')}", ""]
    parts = (f"{fmt.nats(d.nats_per_token)} on {_short(text_name(d))} ({_short(direction(d))})" for d in shown)
    return [f"Drift in nats per token: {', '.join(parts)}.", ""]


def workflow_commands(gate: GateDecision) -> str:
    """GitHub workflow commands: an error per finding, a notice per allowance, a warning per policy remark."""
    lines = [_command("error", _title(f), f.message) for f in gate.findings]
    lines += [_command("notice", _title(f), f.message) for f in gate.allowed]
    lines += [_command("warning", "trustdelta policy", text) for text in gate.warnings]
    return "".join(f"{line}\n" for line in lines)


def _title(finding: Finding) -> str:
    return f"trustdelta: {fmt.WORDS[finding.verdict]}"


def _command(level: str, title: str, message: str) -> str:
    """One workflow command, escaped as GitHub's runner toolkit does."""
    data = clipped(message, 4 * LONGEST).replace("%", "%25")
    name = visible(title).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={name}::{data}"
