"""What several sections say in the same words."""

from __future__ import annotations

import json
from collections.abc import Mapping

from trustdelta.records import Arm, AuditResult, Dimension, Drift, Json, Metric, MetricVerdict, Part, Role
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Code, Inlines, Small
from trustdelta.report.plane import Span

DIRECTIONS = {
    "kl_candidate_to_baseline": "KL(candidate ‖ baseline)",
    "kl_baseline_to_candidate": "KL(baseline ‖ candidate)",
}

_PARTS = {
    "answer": "answers",
    "thought": "thoughts",
    "all": "whole responses",
    "format": "tags and special tokens",
    "onset": "first answer tokens",
}
_LEADING = ((Arm.CANDIDATE, "all"), (Arm.CANDIDATE, "thought"), (Arm.CANDIDATE, "answer"), (Arm.BASELINE, "all"))


def by_metric(result: AuditResult) -> list[MetricVerdict]:
    """All metrics in the order of `by_dimension`."""
    return [found for _, group in by_dimension(result) for found in group]


def by_dimension(result: AuditResult) -> list[tuple[Dimension, tuple[MetricVerdict, ...]]]:
    """The metrics of each dimension that has any, primary ones first, dimensions in their declared order."""
    groups = []
    for dimension in Dimension:
        found = [m for m in result.metrics if m.metric.dimension is dimension]
        if found:
            groups.append((dimension, tuple(sorted(found, key=lambda m: m.metric.role is not Role.PRIMARY))))
    return groups


def driver(result: AuditResult, dimension: Dimension) -> MetricVerdict | None:
    """The metric that drove a dimension's verdict, where it is named and present."""
    name = next((d.driver for d in result.dimensions if d.dimension is dimension), "")
    return next((m for m in result.metrics if m.metric.name == name), None)


def largest(result: AuditResult, dimension: Dimension) -> MetricVerdict | None:
    """The primary metric of a dimension that worsened most (or improved least), as a share of its range."""
    own = [m for m in result.metrics if m.metric.dimension is dimension and m.metric.role is Role.PRIMARY]
    return max(
        (m for m in own if m.estimate),
        key=lambda m: m.estimate.worsening / m.metric.bound if m.estimate else 0.0,
        default=None,
    )


def span(found: MetricVerdict) -> Span | None:
    """A metric's change with its ordinary 95 % interval, in percent of its range, better positive."""
    e = found.estimate
    if e is None:
        return None
    low, high = fmt.ordinary(e, found.scope)
    middle, low, high = (-100.0 * worsening / found.metric.bound for worsening in (e.worsening, high, low))
    return Span(middle, low, high)


def better_words(metric: Metric) -> str:
    """The direction in words, like higher is better."""
    return f"{metric.better.value} is better"


def label(metric: Metric, *, dimension: bool = False) -> Inlines:
    """A metric's title, and under it (its dimension,) its benchmark, its part and the direction that is better."""
    about = (
        *((metric.dimension.value,) if dimension else ()),
        f"in the {metric.part.value}" if metric.part is Part.THOUGHT else "",
        metric.benchmark,
        better_words(metric),
    )
    return (metric.title or metric.name, Small(" · ".join(word for word in about if word)))


def badge(found: MetricVerdict) -> Badge:
    """A metric's verdict with its severity and flags."""
    return Badge(found.verdict, fmt.verdict_detail(found))


def change(found: MetricVerdict) -> str:
    """The difference with its interval, or a dash."""
    return fmt.change_text(found)


def on_policy(drift: Drift) -> bool:
    """Whether the divergence's expectation is under the model that wrote the text.

    Only then do the tokens' divergences add up to an unbiased estimate of the divergence of whole responses.
    """
    return drift.direction.startswith(f"kl_{drift.text_of.value}_to_")


def leading_drift(result: AuditResult) -> list[Drift]:
    """The at most four rows that say it shortly: whole, thoughts and answers of the candidate, whole of the baseline.

    Over all benchmarks, each under the direction that belongs to its text; where none of these was measured, all rows
    over all benchmarks, or whatever there is.
    """
    overall = [d for d in result.drift if not d.benchmark] or list(result.drift)
    found = {(d.text_of, d.part): d for d in overall if on_policy(d)}
    return [found[key] for key in _LEADING if key in found] or overall[: len(_LEADING)]


def direction(drift: Drift) -> str:
    """The direction as a formula, like KL(candidate ‖ baseline)."""
    return DIRECTIONS.get(drift.direction, drift.direction)


def drift_name(drift: Drift) -> str:
    """Direction, text and part in words, like KL(candidate ‖ baseline), on the candidate’s answers."""
    return f"{direction(drift)}, on {text_name(drift)}"


def text_name(drift: Drift) -> str:
    """The text that drift was measured on, like the candidate’s answers."""
    owner = "candidate" if drift.text_of is Arm.CANDIDATE else "baseline"
    return f"the {owner}’s {_PARTS.get(drift.part, drift.part)}"


def flattened(values: Mapping[str, Json], prefix: str = "") -> list[tuple[str, Inlines]]:
    """Nested settings as "a.b" names with their values as code; lists of plain values stay on one line."""
    items: list[tuple[str, Inlines]] = []
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            items += flattened(value, f"{prefix}{key}.")
        else:
            items.append((f"{prefix}{key}", (Code(plain(value)),)))
    return items


def plain(value: Json) -> str:
    """A setting's value as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
