"""How every format writes numbers and verdicts.

Rates are percentages and differences percentage points (pp) where a metric's declared range is [0, 1]; other scores
keep their own units. A change is positive where the candidate is better, in every text and picture, while
`Estimate.worsening` is positive where it is worse: only `change` and `signed` convert.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from trustdelta.records import AuditResult, Dimension, Estimate, Metric, MetricVerdict, Part, Scope, Verdict
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
    "material": "exceeds the margin",
    "at-floor": "the baseline has no more to lose than the margin, so nothing can be preserved",
    "rare-floor": "too few prompts for so small a margin",
    "few-clusters": "these prompts only: few independent clusters, or a dominant one",
    "underpowered": "too few prompts to detect a worsening as large as the margin",
    "straddles-margin": "the interval contains the margin",
    "judge-limited": "without labels the judge is not reliable enough for this claim",
    "judge-pair-bias": "the difference lies within the bias that the judge showed on pairs of other models",
    "judge-unmeasured": "the judge’s bias was never measured, and the difference lies within that of other judges",
    "judge-found-nothing": "the judge found almost nothing in either model",
    "judge-without-encoder": "judged without the sentence encoder",
    "judge-language": "answers in a language in which the judge was not measured",
    "judge-unlike": "answers unlike those that the judge was trained on",
    "judge-length": "answers much longer than those that the judge was measured on",
    "judge-generation": "a reasoning model, whose like the judge was never measured on, with many unlike answers",
    "judges-disagree": "the two judges lead to different verdicts",
    "budget-stopped": "the budget ended before a decision",
    "futility": "stopped for futility: more responses were unlikely to decide it",
    "assumption-failed": "a check of the method’s assumptions failed",
    "unscored": "undecided if unscored responses are counted as worst case",
    "as-judged": "judge scores without human labels",
    "labelled": "corrected by human labels",
    "cascade": "corrected by a stronger judge on a part of the prompts",
    "worst-case-bounds": "holds whatever the unscored responses were",
    "shifted-within-margin": "worse, but by less than the margin",
    "screening-list": "on the screening list",
    "may-have-doubled": "a rare harm may have more than doubled",
}
"""Words for the severity, reason and flag codes of verdicts; verdict.json and exported tables hold the codes."""
WORDS = {verdict: verdict.value.replace("_", " ") for verdict in Verdict}


class Change(NamedTuple):
    """The candidate against the baseline with its ordinary 95 % interval, in the metric's units; positive is better."""

    value: float
    low: float
    high: float


def change(estimate: Estimate, scope: Scope | None = None) -> Change:
    """The worsening with its sign and its bounds turned."""
    low, high = estimate.ordinary(scope)
    return Change(-estimate.worsening, -high, -low)


def title(metric: Metric) -> str:
    """The metric's title, or its name where it has none."""
    return metric.title or metric.name


def in_points(metric: Metric) -> bool:
    """Whether the metric is a rate on [0, 1] (or [-1, 1]), written in percent and percentage points."""
    return metric.bound == 1.0


def unit(metric: Metric) -> str:
    """The unit of a difference: percentage points, or the metric's own units."""
    return "pp" if in_points(metric) else "units"


def scaled(metric: Metric, value: float) -> float:
    """A value of the metric in its displayed unit."""
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


def change_text(metric_verdict: MetricVerdict) -> str:
    """A metric's change with its ordinary 95 % interval, or a dash without an estimate."""
    return (
        estimate_text(metric_verdict.metric, metric_verdict.estimate, metric_verdict.scope)
        if metric_verdict.estimate
        else NONE
    )


def estimate_text(metric: Metric, estimate: Estimate, scope: Scope | None = None) -> str:
    """The change with its 95 % interval, like −86.2 [−88.1, −83.9]; a small nonzero bound gets more decimals."""
    values = [scaled(metric, value) for value in change(estimate, scope)]
    start = 1 if in_points(metric) else 2
    decimals = next((d for d in (start, start + 1) if all(_shows(v, d) for v in values)), start + 2)
    value, low, high = (fixed(v, decimals, sign=True) for v in values)
    return f"{value} [{low}, {high}]"


def _shows(value: float, decimals: int) -> bool:
    return value == 0.0 or abs(value) >= 0.5 * 10.0**-decimals


def signed(metric: Metric, worsening: float) -> str:
    """A worsening as a change (positive is better), in its displayed unit."""
    return fixed(scaled(metric, -worsening), 1 if in_points(metric) else 2, sign=True)


def in_words(metric: Metric, worsening: float) -> str:
    """A worsening as direction and size, like worse by 5.0 pp; the words carry the sign."""
    if not worsening:
        return "unchanged"
    return f"{'worse' if worsening > 0 else 'better'} by {size(metric, abs(worsening))}"


def interval_words(metric_verdict: MetricVerdict) -> str:
    """The ordinary 95 % interval in the direction of the change, like 80.1 to 92.3, or 0.4 better to 0.8 worse."""
    if metric_verdict.estimate is None:
        return NONE
    metric = metric_verdict.metric
    low, high = metric_verdict.estimate.ordinary(metric_verdict.scope)
    near, far = sorted((low, high), key=abs) if low * high >= 0 else (low, high)
    ends = [fixed(abs(scaled(metric, end)), 1 if in_points(metric) else 2) for end in (near, far)]
    return f"{ends[0]} to {ends[1]}" if low * high >= 0 else f"{ends[0]} better to {ends[1]} worse"


def shortened(text: str, length: int) -> str:
    """The beginning of a text on one line, with an ellipsis where it goes on."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def size(metric: Metric, value: float) -> str:
    """A margin or a detectable effect, unsigned, with its unit."""
    return f"{fixed(scaled(metric, value), 1 if in_points(metric) else 2)} {unit(metric)}"


def share(value: float) -> str:
    """A proportion as a percentage; a nonzero value is never written as zero."""
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
    """Symbol and word, like ▼ regressed; a metric without a verdict is secondary."""
    return "secondary" if verdict is None else f"{SYMBOLS[verdict]} {WORDS[verdict]}"


def reason(code: str) -> str:
    """A severity, reason or flag code in words; any other text is returned unchanged."""
    return REASONS.get(code, code)


def outcome_text(outcome: str) -> str:
    """A response outcome or a reason for a missing score, like truncated in reasoning trace."""
    return outcome.replace("thought", "reasoning trace").replace("_", " ")


def verdict_detail(metric_verdict: MetricVerdict) -> str:
    """Severity and flags of a verdict, as one short phrase."""
    return "; ".join(reason(part) for part in (metric_verdict.severity, *metric_verdict.flags) if part)


def prompts_text(metric_verdict: MetricVerdict) -> str:
    """Prompts scored for both models and prompts excluded, like 200 / 3."""
    scored = metric_verdict.estimate.n_pairs if metric_verdict.estimate else 0
    return f"{count(scored)} / {count(metric_verdict.missing.pairs_left_out)}"


_CLAUSES = {
    Verdict.REGRESSED: "worse on {}",
    Verdict.NOT_MEASURABLE: "not measurable on {}",
    Verdict.INCONCLUSIVE: "inconclusive on {}",
    Verdict.IMPROVED: "better on {}",
    Verdict.PRESERVED: "within the margins on {}",
}
"""Verdicts in order of severity."""


GROUPS_NAMED = 3


MUCH_MISSING = 0.2
"""Share of unscored candidate responses from which on the headline reports them."""


def listed(words: Sequence[str]) -> str:
    """Words as an English list: a, b and c."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def headline(result: AuditResult) -> str:
    """The trust dimensions by verdict, subgroup regressions, unscored responses, extended ones, then capability."""
    trust = [d for d in result.dimensions if d.dimension.trust]
    clauses = [
        clause.format(listed([d.dimension.value for d in trust if d.verdict is verdict]))
        for verdict, clause in _CLAUSES.items()
        if any(d.verdict is verdict for d in trust)
    ]
    sentences = [f"Candidate vs. baseline: {'; '.join(clauses)}." if clauses else "No trust dimension was audited."]
    sentences += [s for s in (coverage(result), in_groups(result), unscored(result)) if s]
    extended = [
        f"{d.dimension.value.replace('_', ' ')} {WORDS[d.verdict]}" for d in result.dimensions if d.dimension.extended
    ]
    sentences += [f"Extended dimensions: {', '.join(extended)}."] if extended else []
    capability = next((d.verdict for d in result.dimensions if d.dimension is Dimension.CAPABILITY), None)
    sentences += [f"Capability: {WORDS[capability]}."] if capability is not None else []
    return " ".join(sentences)


def coverage(result: AuditResult) -> str:
    """How many of the audit's trust dimensions were run, where not all were; empty otherwise."""
    trust = [d for d in result.dimensions if d.dimension.trust]
    run = [d for d in trust if d.driver]
    return "" if len(run) == len(trust) else f"{len(run)} of {len(trust)} trust dimensions were run."


def in_groups(result: AuditResult) -> str:
    """The subgroups in which the candidate regressed, largest worsening first; empty where there are none."""
    lost = [(m, g) for m in result.metrics for g in m.groups if g.regressed]
    lost.sort(key=lambda pair: (-pair[1].worsening / pair[0].metric.bound, pair[0].metric.name, pair[1].name))
    named = [
        f"{visible(clipped(g.name, 40))} ({title(m.metric)}, {in_words(m.metric, g.worsening)})"
        for m, g in lost[:GROUPS_NAMED]
    ]
    more = f", and {len(lost) - len(named)} more subgroups" if len(lost) > len(named) else ""
    return f"It regressed in these subgroups: {'; '.join(named)}{more}." if named else ""


def unscored(result: AuditResult) -> str:
    """The benchmark with the largest share of unscored candidate answers, where that share is large.

    Metrics of reasoning traces do not count: a model that writes none lacks nothing.
    """
    answers = [m for m in result.metrics if m.metric.part is Part.ANSWER]
    worst = max(answers, key=lambda m: m.missing.unscored_candidate, default=None)
    if worst is None or worst.missing.unscored_candidate < MUCH_MISSING:
        return ""
    percent = f"{100 * worst.missing.unscored_candidate:.0f} %"
    return f"{percent} of its responses to {worst.metric.benchmark} were truncated, malformed or not scorable."
