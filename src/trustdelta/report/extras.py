"""Optional data of a report beyond the AuditResult: per-prompt values, texts, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trustdelta.records import Arm, Dimension, Json, Outcome
from trustdelta.report.thought_answer import Leak


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """One prompt's drift (nats per token) and worsening (positive is worse, in the metric's units)."""

    dimension: Dimension
    nats_per_token: float
    worsening: float


@dataclass(frozen=True, slots=True)
class SampleSide:
    """One model's response to a sampled prompt."""

    answer: str
    outcome: Outcome
    thought: str | None = None
    """The reasoning trace, None without one."""
    score: float | None = None
    model_input: str = ""
    """The text sent to the model, where it differs from the prompt."""
    label: float | None = None
    """The mean of the human labels, None without one."""


@dataclass(frozen=True, slots=True)
class SamplePair:
    """Both models' responses to one prompt, with the metric for which they are shown."""

    prompt_id: str
    metric: str
    prompt: str
    baseline: SampleSide
    candidate: SampleSide
    worsening: float = 0.0
    """Positive is worse, in the metric's units, averaged over all samples of the prompt."""


@dataclass(frozen=True, slots=True)
class DriftPlace:
    """Drift in one range of token positions of one part of one model's responses.

    The KL direction is the one whose expectation is under the model that wrote the text.
    """

    text_of: Arm
    part: str
    first: int
    """First position, counted from 0."""
    end: int | None
    """Position after the last; None for an open range."""
    tokens: int
    nats_per_token: float
    share: float
    """Share of all nats in that part."""


@dataclass(frozen=True, slots=True)
class DriftedToken:
    """Drift at the positions of one token: occurrences, responses, and its share of all nats of that model's text."""

    text_of: Arm
    token: str
    tokens: int
    responses: int
    nats_per_token: float
    share: float


@dataclass(frozen=True, slots=True)
class ChangedToken:
    """Probability that one token gained and lost from baseline to candidate, in tokens per 100 of that model's text.

    It is summed over the positions where the token is among those whose probability changed most.
    """

    text_of: Arm
    token: str
    responses: int
    """Responses with such a position."""
    gained: float
    lost: float


@dataclass(frozen=True, slots=True)
class DriftedSpan:
    """The span of adjacent tokens with the most drift in one response, with the text before it."""

    text_of: Arm
    prompt_id: str
    nats: float
    text: str
    before: str


@dataclass(frozen=True, slots=True)
class DriftPlaces:
    """Drift by position and token; `classes` are kinds of tokens (numbers, punctuation, ...) by name."""

    positions: Sequence[DriftPlace] = ()
    tokens: Sequence[DriftedToken] = ()
    spans: Sequence[DriftedSpan] = ()
    classes: Sequence[DriftedToken] = ()
    changes: Sequence[ChangedToken] = ()


@dataclass(frozen=True, slots=True)
class AggregateRow:
    """A published statistic that is not a mean over prompts, for both models over the same prompts.

    `low_95` and `high_95` bound candidate - baseline (cluster jackknife); None where they could not be computed. A
    model's value is None where it has none, such as a statistic of reasoning traces for a model without them.
    """

    name: str
    title: str
    baseline: float | None
    candidate: float | None
    low_95: float | None
    high_95: float | None
    n_prompts: int
    n_clusters: int


@dataclass(frozen=True, slots=True)
class ReportExtras:
    """Optional data that a report shows in addition to the AuditResult."""

    worsening: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """By metric name, the per-prompt worsenings d_i (positive is worse, in the metric's units), in any order."""
    drift_points: Sequence[DriftPoint] = ()
    """One point per prompt with drift and worsening."""
    samples: Sequence[SamplePair] = ()
    """Prompts with both models' responses, those of a metric in order of worsening."""
    include_text: bool = False
    """Whether prompts and responses are printed; otherwise only their hashes and lengths are."""
    provenance: Mapping[str, Json] = field(default_factory=dict)
    """Versions, data hashes and similar values by name."""
    command: str = ""
    """The command line that repeats the audit."""
    leaks: Sequence[Leak] = ()
    """Reasoning trace vs. final answer (`report.thought_answer.cross`)."""
    drift_places: DriftPlaces = DriftPlaces()
    """Drift by position and token."""
    aggregates: Sequence[AggregateRow] = ()
    """Published statistics that are not means over prompts."""
