"""What a reader does next, in one sentence that follows from the verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.records import TRUST_DIMENSIONS, AuditResult, Dimension, DimensionVerdict, MetricVerdict, Verdict
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Code, Inlines

JUDGE = "judge"
"""How the reasons begin that human labels can lift."""


def next_step(result: AuditResult) -> Inlines:
    """The step that the most severe verdict calls for."""
    if result.exploratory:
        return ("Next: confirm on a new run, because the plan was changed after the responses.",)
    by_verdict = {v: [d for d in result.dimensions if d.dimension.trust and d.verdict is v] for v in Verdict}
    if regressed := by_verdict[Verdict.REGRESSED]:
        return (
            f"Next: read the worst answers, then repair {_names(regressed)} (",
            Code("trustdelta study trade-off"),
            " searches a mix of the weights) or record the loss in the policy of ",
            Code("trustdelta gate"),
            ".",
        )
    if unmeasured := [d for d in by_verdict[Verdict.NOT_MEASURABLE] if d.driver]:
        return (f"Next: make {_names(unmeasured)} measurable; the reasons are under “Unscored responses”.",)
    if undecided := by_verdict[Verdict.INCONCLUSIVE]:
        return _undecided(result, undecided)
    if missing := not_audited(result):
        return (f"Next: audit {fmt.listed([d.value for d in missing])} as well, before a release relies on this.",)
    return ("Next: nothing for these dimensions. Other behaviour was not audited.",)


def not_audited(result: AuditResult) -> list[Dimension]:
    """The dimensions of the project that this audit has no measurement of."""
    run = {d.dimension for d in result.dimensions if d.driver}
    return [d for d in TRUST_DIMENSIONS if d not in run]


def coverage(result: AuditResult) -> str:
    """How many dimensions have a measurement, like 1 of 6 dimensions."""
    own = [d.dimension for d in result.dimensions if d.dimension.own and d.driver]
    total = len(TRUST_DIMENSIONS) + len(own)
    return f"{total - len(not_audited(result))} of {total} dimensions"


def _undecided(result: AuditResult, dimensions: Sequence[DimensionVerdict]) -> Inlines:
    """More labels where a judge limits the claim, else more prompts where their number is known."""
    names = {d.dimension for d in dimensions}
    metrics = [m for m in result.metrics if m.metric.dimension in names and m.verdict is Verdict.INCONCLUSIVE]
    if any(m.reason.startswith(JUDGE) for m in metrics):
        return (f"Next: label answers on {_names(dimensions)} (", Code("trustdelta judges label RUN"), ").")
    if needed := max(map(_needed, metrics), default=0):
        return (
            f"Next: {fmt.count(needed)} more prompts in each metric would decide {_names(dimensions)} with 80 % "
            "probability (",
            Code("trustdelta audit --limit"),
            ").",
        )
    return (f"Next: the reasons why {_names(dimensions)} is undecided are under “Results by metric”.",)


def _needed(metric_verdict: MetricVerdict) -> int:
    """Further prompts that decide a metric, 0 where they are unknown."""
    if metric_verdict.effort and metric_verdict.effort.to_decide is not None:
        return metric_verdict.effort.to_decide
    if metric_verdict.pairs_needed is None or metric_verdict.estimate is None:
        return 0
    return max(metric_verdict.pairs_needed - metric_verdict.estimate.n_pairs, 0)


def _names(dimensions: Sequence[DimensionVerdict]) -> str:
    return fmt.listed([d.dimension.value for d in dimensions])
