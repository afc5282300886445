"""The list of runs on the local page of `trustdelta view`, with links to reports and a form to compare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from trustdelta.records import AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.html import content_security_policy, style, template
from trustdelta.report.next_step import coverage


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run folder."""

    name: str
    result: AuditResult | None
    problem: str = ""
    """Why it cannot be read, where there is no result."""


def render(runs: Sequence[ListedRun]) -> tuple[str, str]:
    """The page, and the content security policy that allows its style sheet and its form."""
    text = template("run_list.html.j2").render(
        runs=runs,
        style=Markup(style()),
        symbols=fmt.SYMBOLS,
        words=fmt.WORDS,
        headline=fmt.headline,
        coverage=coverage,
    )
    return text, content_security_policy(style()).replace("form-action 'none'", "form-action 'self'")
