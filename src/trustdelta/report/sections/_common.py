"""Wording shared by several sections."""

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
    "thought": "reasoning traces",
    "all": "whole responses",
    "format": "format tokens",
    "onset": "first answer tokens",
}
_LEADING = ((Arm.CANDIDATE, "all"), (Arm.CANDIDATE, "thought"), (Arm.CANDIDATE, "answer"), (Arm.BASELINE, "all"))


def driver(result: AuditResult, dimension: Dimension) -> MetricVerdict | None:
    """The deciding metric of a dimension, where it is named and present."""
    name = next((d.driver for d in result.dimensions if d.dimension is dimension), "")
    return next((m for m in result.metrics if m.metric.name == name), None)


def largest(result: AuditResult, dimension: Dimension) -> MetricVerdict | None:
    """The primary metric of a dimension with the largest worsening, as a share of its range."""
    primary = [m for m in result.metrics if m.metric.dimension is dimension and m.metric.role is Role.PRIMARY]
    return max(
        (m for m in primary if m.estimate),
        key=lambda m: m.estimate.worsening / m.metric.bound if m.estimate else 0.0,
        default=None,
    )


def span(metric_verdict: MetricVerdict) -> Span | None:
    """A metric's change with its ordinary 95 % interval, in percent of its range; positive is better."""
    e = metric_verdict.estimate
    if e is None:
        return None
    low, high = e.ordinary(metric_verdict.scope)
    middle, low, high = (-100.0 * worsening / metric_verdict.metric.bound for worsening in (e.worsening, high, low))
    return Span(middle, low, high)


def better_words(metric: Metric) -> str:
    """The better direction, like higher is better."""
    return f"{metric.better.value} is better"


def label(metric: Metric, *, dimension: bool = False) -> Inlines:
    """A metric's title, with (dimension,) part, benchmark and better direction below."""
    about = (
        *((metric.dimension.value,) if dimension else ()),
        "in the reasoning trace" if metric.part is Part.THOUGHT else "",
        metric.benchmark,
        better_words(metric),
    )
    return (fmt.title(metric), Small(" · ".join(word for word in about if word)))


def badge(metric_verdict: MetricVerdict) -> Badge:
    """A metric's verdict with its severity and flags."""
    return Badge(metric_verdict.verdict, fmt.verdict_detail(metric_verdict))


def change(metric_verdict: MetricVerdict) -> str:
    """The difference with its ordinary 95 % interval, or a dash."""
    return fmt.change_text(metric_verdict)


def on_policy(drift: Drift) -> bool:
    """Whether the KL expectation is under the model that wrote the text.

    Only then is the sum over tokens an unbiased estimate of the divergence of whole responses.
    """
    return drift.direction.startswith(f"kl_{drift.text_of.value}_to_")


def leading_drift(result: AuditResult) -> list[Drift]:
    """At most four rows: whole responses, reasoning traces and answers of the candidate, responses of the baseline.

    They are over all benchmarks and on-policy. Where none of these was measured, they are the first rows over all
    benchmarks, or else the first rows.
    """
    overall = [d for d in result.drift if not d.benchmark] or list(result.drift)
    rows = {(d.text_of, d.part): d for d in overall if on_policy(d)}
    return [rows[key] for key in _LEADING if key in rows] or overall[: len(_LEADING)]


def direction(drift: Drift) -> str:
    """The direction as a formula, like KL(candidate ‖ baseline)."""
    return DIRECTIONS.get(drift.direction, drift.direction)


def drift_name(drift: Drift) -> str:
    """Direction, model and part, like KL(candidate ‖ baseline), on the candidate’s answers."""
    return f"{direction(drift)}, on {text_name(drift)}"


def text_name(drift: Drift) -> str:
    """The text on which drift was measured, like the candidate’s answers."""
    owner = "candidate" if drift.text_of is Arm.CANDIDATE else "baseline"
    return f"the {owner}’s {_PARTS.get(drift.part, drift.part)}"


def flattened(values: Mapping[str, Json], prefix: str = "") -> list[tuple[str, Inlines]]:
    """Nested settings as "a.b" names with their values as code; a list of plain values takes one line."""
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
