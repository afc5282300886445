"""The model card section with an audit's result, between markers, so that it can be replaced in place."""

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
    "*Verdicts hold for prompts like those audited and for this decoding; they say nothing about other behaviour. "
    "Intervals are ordinary 95 % intervals; verdicts bound the probability of any false claim among the metrics by the "
    "stated level.*"
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
    """Version, profile, sample size, level and plan, as far as the plan states them."""
    known = {
        "profile": plan.get("profile"),
        "responses of the candidate": plan.get("candidate_responses"),
        "level": f"{plan['alpha']:.3g}" if "alpha" in plan else None,
        "seed": plan.get("seed"),
        "plan": plan.get("hash"),
    }
    settings = ", ".join(f"{name} {escaped(str(value))}" for name, value in known.items() if value is not None)
    return [f"Measured by trustdelta {escaped(version)}: {settings}."]


def placed(card: str, new: str) -> str:
    """The model card with the section replaced, or appended; raises UsageError where the markers do not match."""
    begins, ends = card.count(BEGIN), card.count(END)
    if (begins, ends) == (0, 0):
        return f"{card.rstrip()}\n\n{new}" if card.strip() else new
    if (begins, ends) != (1, 1) or card.index(BEGIN) > card.index(END):
        raise UsageError(
            f"model card: {begins} begin and {ends} end markers found; one section expected; remove the others."
        )
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}\n?", lambda _: new, card, flags=re.DOTALL)
