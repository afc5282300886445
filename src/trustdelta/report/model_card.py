"""The section of a model card that says what an audit found, between marks, so that it can be renewed in place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from trustdelta.errors import UsageError
from trustdelta.records import AuditResult, Json
from trustdelta.report.format import headline
from trustdelta.report.markdown import code, escaped
from trustdelta.report.summary import dimension_table, drift_lines, metric_table

BEGIN, END = "<!-- trustdelta: begin -->", "<!-- trustdelta: end -->"
LIMITS = (
    "*Verdicts hold for prompts like those asked and for this decoding; they say nothing about what was not asked. "
    "Intervals are simultaneous: any false claim among the metrics has at most the stated probability.*"
)


def section(result: AuditResult, version: str) -> str:
    """The section in Markdown: verdict, dimensions, metrics, drift, and how it was measured."""
    pair = f"{code(result.candidate.name)} compared with {code(result.baseline.name)}"
    lines = [
        BEGIN,
        "## Alignment against the starting model",
        "",
        f"{escaped(headline(result))}",
        "",
        f"{pair}.",
        "",
        *dimension_table(result),
        *metric_table(result),
        *drift_lines(result),
        *_how(result.plan, version),
        "",
        LIMITS,
        END,
    ]
    return "\n".join(lines) + "\n"


def _how(plan: Mapping[str, Json], version: str) -> list[str]:
    """What the numbers rest on, as far as the plan says it."""
    known = {
        "profile": plan.get("profile"),
        "responses of the candidate": plan.get("candidate_responses"),
        "level": f"{plan['alpha']:.3g}" if "alpha" in plan else None,
        "seed": plan.get("seed"),
        "plan": plan.get("hash"),
    }
    told = ", ".join(f"{name} {escaped(str(value))}" for name, value in known.items() if value is not None)
    return [f"Measured by trustdelta {escaped(version)}: {told}."]


def placed(card: str, new: str) -> str:
    """A model card with the section renewed, or added at its end; raises UsageError where the marks do not match."""
    begins, ends = card.count(BEGIN), card.count(END)
    if (begins, ends) == (0, 0):
        return f"{card.rstrip()}\n\n{new}" if card.strip() else new
    if (begins, ends) != (1, 1) or card.index(BEGIN) > card.index(END):
        raise UsageError(f"model card: found {begins} marks of a beginning and {ends} of an end, wanted one section.")
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}\n?", lambda _: new, card, flags=re.DOTALL)
