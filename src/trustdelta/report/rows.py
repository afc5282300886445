"""One row per metric, in the words and units that every text format shows; renderers choose columns and escape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trustdelta.records import AuditResult, Dimension, DimensionVerdict, MetricVerdict, Role, Verdict, in_order
from trustdelta.report import format as fmt


@dataclass(frozen=True, slots=True)
class MetricRow:
    """What a table shows of one metric, as plain text that is neither sanitised nor escaped."""

    dimension: str
    """The dimension's name."""
    benchmark: str
    """The benchmark's name; empty for a dimension without one."""
    title: str
    """The metric's title, or its name where it has none."""
    baseline: str
    """The baseline's level with its unit; a dash without an estimate, as in the next two fields."""
    candidate: str
    """The candidate's level with its unit."""
    change: str
    """The change with its ordinary 95 % interval, without a unit; positive is better."""
    unit: str
    """The unit of `change` and `margin`: pp (percentage points) or the metric's own units."""
    margin: str
    """The non-inferiority margin, without a unit."""
    prompts: str
    """Prompts scored and excluded, like 197 / 3."""
    verdict: Verdict | None
    """The verdict; None for a secondary metric."""
    reason: str
    """Why the verdict is not a plain one; empty where there is nothing to add."""

    @classmethod
    def of(cls, metric_verdict: MetricVerdict) -> MetricRow:
        """The row of one metric."""
        metric, estimate = metric_verdict.metric, metric_verdict.estimate
        return cls(
            dimension=metric.dimension.value,
            benchmark=metric.benchmark,
            title=fmt.title(metric),
            baseline=fmt.rate(metric, estimate.baseline) if estimate else fmt.NONE,
            candidate=fmt.rate(metric, estimate.candidate) if estimate else fmt.NONE,
            change=fmt.change_text(metric_verdict),
            unit=fmt.unit(metric),
            margin=fmt.size(metric, metric_verdict.margin).split()[0],
            prompts=fmt.prompts_text(metric_verdict),
            verdict=metric_verdict.verdict,
            reason=fmt.reason(metric_verdict.reason),
        )

    @classmethod
    def of_dimension(cls, dimension: DimensionVerdict) -> MetricRow:
        """The row of a dimension without a measured metric."""
        dashes = dict.fromkeys(("baseline", "candidate", "change", "margin", "prompts"), fmt.NONE)
        return cls(
            dimension=dimension.dimension.value,
            benchmark="",
            title="(not run)",
            unit="",
            verdict=dimension.verdict,
            reason=dimension.reason,
            **dashes,
        )


def primary_rows(result: AuditResult) -> list[MetricRow]:
    """The rows of the metrics that carry a verdict and of the dimensions without any, in the order of dimensions."""
    rows = distinct([MetricRow.of(m) for m in by_metric(result) if m.verdict is not None])
    rows += [MetricRow.of_dimension(d) for d in result.dimensions if not d.driver]
    order = in_order(Dimension(row.dimension) for row in rows)
    return sorted(rows, key=lambda row: order.index(Dimension(row.dimension)))


def distinct(rows: Sequence[MetricRow]) -> list[MetricRow]:
    """The rows of one table, with the benchmark added to every title that several benchmarks share."""
    titles = Counter(title for title, _ in {(row.title, row.benchmark) for row in rows})
    return [replace(row, title=f"{row.title}, {row.benchmark}") if titles[row.title] > 1 else row for row in rows]


def by_metric(result: AuditResult) -> list[MetricVerdict]:
    """All metrics in the order of `by_dimension`."""
    return [m for _, group in by_dimension(result) for m in group]


def by_dimension(result: AuditResult) -> list[tuple[Dimension, tuple[MetricVerdict, ...]]]:
    """The metrics of each dimension that has any, primary ones first, dimensions in their declared order."""
    groups = []
    for dimension in in_order(m.metric.dimension for m in result.metrics):
        members = [m for m in result.metrics if m.metric.dimension is dimension]
        groups.append((dimension, tuple(sorted(members, key=lambda m: m.metric.role is not Role.PRIMARY))))
    return groups
