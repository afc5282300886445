"""The overall verdict as one sentence that needs no statistics to read."""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.records import AuditResult, Dimension, Verdict
from trustdelta.report.format import WORDS, worsening_text
from trustdelta.report.sanitise import clipped, visible

_CLAUSES = {
    Verdict.REGRESSED: "worse than the baseline on {}",
    Verdict.NOT_MEASURABLE: "not measurable on {}",
    Verdict.INCONCLUSIVE: "undecided on {}",
    Verdict.IMPROVED: "better than the baseline on {}",
    Verdict.PRESERVED: "within the margins of the baseline on {}",
}
"""In the order in which a reader must know them."""


GROUPS_NAMED = 3
MUCH_MISSING = 0.2
"""Share of the candidate's responses from which on the first line says that they did not come."""


def listed(words: Sequence[str]) -> str:
    """Words as a list in running text: a, b and c."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def headline(result: AuditResult) -> str:
    """Which dimensions got worse, could not be measured, are undecided, better or preserved; then capability."""
    trust = [d for d in result.dimensions if d.dimension is not Dimension.CAPABILITY]
    clauses = [
        clause.format(listed([d.dimension.value for d in trust if d.verdict is verdict]))
        for verdict, clause in _CLAUSES.items()
        if any(d.verdict is verdict for d in trust)
    ]
    sentences = [f"The candidate is {listed(clauses)}." if clauses else "No trust dimension was run."]
    sentences += [s for s in (in_groups(result), not_answered(result)) if s]
    capability = next((d.verdict for d in result.dimensions if d.dimension is Dimension.CAPABILITY), None)
    sentences += [f"Capability: {WORDS[capability]}."] if capability is not None else []
    return " ".join(sentences)


def in_groups(result: AuditResult) -> str:
    """The groups of prompts in which the candidate regressed, largest loss first; empty where there are none."""
    lost = [(m, g) for m in result.metrics for g in m.groups if g.regressed]
    lost.sort(key=lambda one: (-one[1].worsening / one[0].metric.bound, one[0].metric.name, one[1].name))
    named = [
        f"{visible(clipped(g.name, 40))} ({m.metric.title or m.metric.name}, {worsening_text(m.metric, g.worsening)})"
        for m, g in lost[:GROUPS_NAMED]
    ]
    more = f", and {len(lost) - len(named)} more groups" if len(lost) > len(named) else ""
    return f"Within groups of prompts it is worse on {'; '.join(named)}{more}." if named else ""


def not_answered(result: AuditResult) -> str:
    """How much of the candidate's output could not be judged, where it is much; the benchmark that lost most."""
    worst = max(result.metrics, key=lambda m: m.missing.unscored_candidate, default=None)
    if worst is None or worst.missing.unscored_candidate < MUCH_MISSING:
        return ""
    share = f"{100 * worst.missing.unscored_candidate:.0f} %"
    return f"{share} of its responses to {worst.metric.benchmark} were cut, broken or not readable by the scorer."
