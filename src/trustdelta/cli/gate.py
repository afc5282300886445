"""The `gate` command: exit code and CI files from a verdict and a policy."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.output import Reply
from trustdelta.errors import FolderError

if TYPE_CHECKING:
    from trustdelta.records import AuditResult, Json
    from trustdelta.report.policy import GateDecision

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of an audit (its --out).", show_default=False)]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="trustdelta.yaml: required dimensions, margins, allowed regressions.")
]


def gate(  # noqa: PLR0913 - the signature is the command's interface
    run: Run,
    policy: PolicyFile = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML, one test case per metric.")] = None,
    summary: Annotated[Path | None, typer.Option(help="Append a Markdown summary, like $GITHUB_STEP_SUMMARY.")] = None,
    blessed: Annotated[
        Path | None, typer.Option(help="Blessed verdict: what it accepted passes, what is new or worse stops the gate.")
    ] = None,
    comment: Annotated[Path | None, typer.Option(help="Write the summary as one pull request comment.")] = None,
    annotations: Annotated[bool, typer.Option("--annotations", help="Print GitHub workflow commands.")] = False,
) -> Reply:
    """Exit 0 preserved or improved, 1 regressed, 2 inconclusive, 3 not measurable."""
    from trustdelta.api import EXIT_CODES
    from trustdelta.files import save_text
    from trustdelta.pipeline.conclude import check_all, read_verdict
    from trustdelta.report import policy as policies
    from trustdelta.report.blessed import load as load_blessed
    from trustdelta.report.blessed_gate import against
    from trustdelta.report.junit import render as render_junit
    from trustdelta.report.summary import comment as render_comment
    from trustdelta.report.summary import render as render_summary
    from trustdelta.report.summary import workflow_commands

    result = read_verdict(run)
    check_all(run)
    rules = policies.load(policy)
    decision = policies.decide(result, rules, datetime.datetime.now(datetime.UTC).date())
    if blessed is not None:
        decision = against(decision, result, rules, load_blessed(blessed))
    if junit is not None:
        save_text(junit, render_junit(result, decision))
    if summary is not None:
        append(summary, render_summary(result, decision))
    if comment is not None:
        save_text(comment, render_comment(result, decision))
    code = EXIT_CODES[decision.verdict]
    return Reply(
        as_value(result, decision, code),
        verdict_lines(result, decision, with_policy=policy is not None or blessed is not None),
        code=code,
        aside=workflow_commands(decision) if annotations else "",
    )


def verdict_lines(result: AuditResult, decision: GateDecision, *, with_policy: bool) -> list[str]:
    """One line with the verdict; with a policy, one line per finding, allowance and warning too."""
    from trustdelta.report.sanitise import visible

    if not with_policy:
        return [visible(f"{decision.verdict.value}: {result.summary}")]
    return list(decision.lines)


def as_value(result: AuditResult, decision: GateDecision, exit_code: int) -> Json:
    """The decision as a JSON value: verdicts of gate, audit and dimensions, findings, allowances and warnings."""

    def listed(kind: str) -> list[Json]:
        findings = getattr(decision, kind)
        return [{"target": f.target, "verdict": f.verdict.value, "message": f.message} for f in findings]

    return {
        "verdict": decision.verdict.value,
        "exit_code": exit_code,
        "audit": result.overall.value,
        "summary": result.summary,
        "dimensions": {d.dimension.value: d.verdict.value for d in result.dimensions},
        "findings": listed("findings"),
        "allowed": listed("allowed"),
        "warnings": list(decision.warnings),
    }


def append(path: Path, text: str) -> None:
    """Append text to a CI service's summary file; raises FolderError."""
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as problem:
        raise FolderError(f"cannot write {path}: {problem.strerror}; pass another --summary file.") from None
