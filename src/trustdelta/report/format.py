"""How numbers and verdicts are written, everywhere: HTML, Markdown and terminal.

Rates are percentages and differences percentage points where a metric's declared range is [0, 1]; other scores stay in
their own units. A difference is candidate minus baseline in the metric's own direction, while `Estimate.worsening` is
positive where the candidate is worse: `difference` is the only place that converts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from trustdelta.records import AuditResult, Better, Dimension, Estimate, Metric, MetricVerdict, Scope, Verdict
from trustdelta.report.sanitise import clipped, visible

MINUS = "−"
NONE = "–"

SYMBOLS = {
    Verdict.REGRESSED: "▼",
    Verdict.PRESERVED: "●",
    Verdict.IMPROVED: "▲",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_MEASURABLE: "×",
}
REASONS = {
    "rare-floor": "too few prompts for so small a margin",
    "few-clusters": "about these prompts only: few independent clusters, or a dominant one",
    "underpowered": "too few prompts to see a worsening of the margin",
    "straddles-margin": "the interval reaches over the margin",
    "judge-limited": "a plausible error of the judge would overturn it",
    "judges-disagree": "the two judges do not come to the same verdict",
    "budget-stopped": "stopped at the budget before it was decided",
    "futility": "stopped early: more responses would hardly have decided it",
    "assumption-failed": "a check of the method’s assumptions failed",
    "unscored": "undecided once the unscored are counted as worst",
    "as-judged": "as judged, without human labels",
    "labelled": "corrected by human labels",
    "worst-case-bounds": "whatever the unscored responses were",
    "shifted-within-margin": "worse, but by less than the margin",
    "screening-list": "on the screening list",
    "may-have-doubled": "a rare harm may have more than doubled",
}
"""Reason and flag codes of verdicts in words; verdict.json and tables keep the codes."""
WORDS = {verdict: verdict.value.replace("_", " ") for verdict in Verdict}


class Difference(NamedTuple):
    """Candidate minus baseline with its ordinary 95 % interval, in the metric's own direction and units."""

    value: float
    low: float
    high: float


def ordinary(estimate: Estimate, scope: Scope | None = None) -> tuple[float, float]:
    """The ordinary 95 % interval of the worsening, in the scope that a claim is about."""
    if scope is Scope.PROMPTS:
        return estimate.low_here_95, estimate.high_here_95
    return estimate.low_95, estimate.high_95


def difference(metric: Metric, estimate: Estimate, scope: Scope | None = None) -> Difference:
    """Turn the oriented worsening into candidate minus baseline: the sign flips where higher is better."""
    low, high = ordinary(estimate, scope)
    if metric.better is Better.HIGHER:
        return Difference(-estimate.worsening, -high, -low)
    return Difference(estimate.worsening, low, high)


def in_points(metric: Metric) -> bool:
    """Whether the metric is a rate on [0, 1] (or [-1, 1]) and so is written in percent and points."""
    return metric.bound == 1.0


def unit(metric: Metric) -> str:
    """The unit of a difference."""
    return "points" if in_points(metric) else "units"


def scaled(metric: Metric, value: float) -> float:
    """A value of the metric in the units it is written in."""
    return 100.0 * value if in_points(metric) else value


def fixed(value: float, decimals: int = 1, *, sign: bool = False) -> str:
    """A number with fixed decimals and a true minus sign; a value that rounds to zero carries no sign."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else (f"{MINUS}∞" if value < 0 else "∞")
    text = f"{abs(value):,.{decimals}f}"
    if not text.strip("0.,"):
        return text
    return (MINUS if value < 0 else "+" if sign else "") + text


def rate(metric: Metric, value: float) -> str:
    """A metric's level: "98.0%", or the score itself with two decimals."""
    return f"{fixed(100.0 * value)}%" if in_points(metric) else fixed(value, 2)


def change_text(found: MetricVerdict) -> str:
    """A metric's change and its ordinary 95 % interval, or a dash."""
    return difference_text(found.metric, found.estimate, found.scope) if found.estimate else NONE


def difference_text(metric: Metric, estimate: Estimate, scope: Scope | None = None) -> str:
    """The change and its 95 % interval, like −86.2 [−88.1, −83.9]; more decimals where a nonzero bound needs them."""
    values = [scaled(metric, value) for value in difference(metric, estimate, scope)]
    start = 1 if in_points(metric) else 2
    decimals = next((d for d in (start, start + 1) if all(_shows(v, d) for v in values)), start + 2)
    value, low, high = (fixed(v, decimals, sign=True) for v in values)
    return f"{value} [{low}, {high}]"


def _shows(value: float, decimals: int) -> bool:
    return value == 0.0 or abs(value) >= 0.5 * 10.0**-decimals


def worsening(metric: Metric, value: float) -> str:
    """A worsening (positive is worse), signed, in the units it is written in."""
    return fixed(scaled(metric, value), 1 if in_points(metric) else 2, sign=True)


def worsening_text(metric: Metric, value: float) -> str:
    """A worsening (positive is worse), signed and with its unit, as used for bounds."""
    return f"{worsening(metric, value)} {unit(metric)}"


def size(metric: Metric, value: float) -> str:
    """A margin or a detectable effect: a size without sign, with its unit."""
    return f"{fixed(scaled(metric, value), 1 if in_points(metric) else 2)} {unit(metric)}"


def share(value: float) -> str:
    """A share of a whole as a percentage; what is not zero is never written as zero."""
    return "< 0.1%" if 0.0 < value < 0.0005 else f"{fixed(100.0 * value)}%"


def significant(value: float, digits: int = 3) -> str:
    """A number with `digits` significant digits, in scientific form below 0.001."""
    if not math.isfinite(value) or value == 0.0:
        return "0" if value == 0.0 else fixed(value)
    exponent = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    if exponent < -3:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}e{int(power)}".replace("-", MINUS)
    return fixed(value, max(digits - 1 - exponent, 0))


def nats(value: float) -> str:
    """A KL divergence with three significant digits."""
    return significant(value, 3)


def p_value(value: float) -> str:
    """A p-value with two significant digits, or "< 0.0001"."""
    return "< 0.0001" if value < 1e-4 else significant(value, 2)


def count(value: int) -> str:
    """A count with thousands separators."""
    return f"{value:,}"


def verdict_text(verdict: Verdict | None) -> str:
    """Symbol and word, like ▼ regressed; a metric without verdict is secondary."""
    return "secondary" if verdict is None else f"{SYMBOLS[verdict]} {WORDS[verdict]}"


def reason(code: str) -> str:
    """A reason or flag code in words; any other text as it is."""
    return REASONS.get(code, code)


def verdict_detail(found: MetricVerdict) -> str:
    """Severity and flags of a verdict, as one short phrase."""
    return "; ".join(reason(part) for part in (found.severity, *found.flags) if part)


def pairs_text(found: MetricVerdict) -> str:
    """Pairs used and left out, like 200 / 3."""
    used = found.estimate.n_pairs if found.estimate else 0
    return f"{count(used)} / {count(found.missing.pairs_left_out)}"


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
