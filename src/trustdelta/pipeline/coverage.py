"""Dimensions that an audit was to cover and did not measure."""

from __future__ import annotations

from dataclasses import replace

from trustdelta.config import AuditConfig
from trustdelta.pipeline.task import load_benchmarks
from trustdelta.records import Dimension, DimensionVerdict, Part, Role, Verdict
from trustdelta.stats.rollup import overall, summary
from trustdelta.verdict import Decision

NOT_RUN = "not run: "
"""Prefix of the reason of such a dimension."""


def with_unmeasured(decision: Decision, config: AuditConfig, not_run: dict[str, str]) -> Decision:
    """The decision with a *not measurable* row for each dimension of which no benchmark was run.

    `not_run`: reason by benchmark that was not run. A dimension counts if one of its benchmarks has a primary metric of
    answers.
    """
    measured = {d.dimension for d in decision.dimensions}
    reasons: dict[Dimension, list[str]] = {}
    for name, benchmark in load_benchmarks(config.data.benchmarks, config.data.primary).items():
        primary = {m.dimension for m in benchmark.metrics if m.role is Role.PRIMARY and m.part is Part.ANSWER}
        for dimension in primary - measured if name in not_run else ():
            reasons.setdefault(dimension, []).append(f"{name}: {not_run[name]}")
    if not reasons:
        return decision
    rows = [
        DimensionVerdict(dimension, Verdict.NOT_MEASURABLE, "", NOT_RUN + " ".join(lines))
        for dimension, lines in reasons.items()
    ]
    dimensions = tuple(sorted([*decision.dimensions, *rows], key=lambda d: list(Dimension).index(d.dimension)))
    verdict = overall(dimensions)
    by_name = {m.metric.name: m for m in decision.metrics}
    return replace(decision, overall=verdict, summary=summary(verdict, dimensions, by_name), dimensions=dimensions)
