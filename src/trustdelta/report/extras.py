"""What pictures and samples need beyond the verdict: per-prompt values, texts, provenance. Everything is optional."""

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
    """One model's response to a sampled prompt. `asked`: what it was sent, where that is not the prompt as it is."""

    answer: str
    outcome: Outcome
    thought: str | None = None
    score: float | None = None
    asked: str = ""


@dataclass(frozen=True, slots=True)
class SamplePair:
    """Both models' responses to one prompt, under the metric that they are shown for."""

    prompt_id: str
    metric: str
    prompt: str
    baseline: SampleSide
    candidate: SampleSide


@dataclass(frozen=True, slots=True)
class DriftPlace:
    """Drift at positions first..end-1 (end None: and beyond) of one part of one model's responses.

    `share` is of all nats in that part; the direction is the one whose expectation is under the text's author.
    """

    text_of: Arm
    part: str
    first: int
    end: int | None
    tokens: int
    nats_per_token: float
    share: float


@dataclass(frozen=True, slots=True)
class DriftedToken:
    """Drift where one token stands: how often, in how many responses, and its share of all nats of that model."""

    text_of: Arm
    token: str
    tokens: int
    responses: int
    nats_per_token: float
    share: float


@dataclass(frozen=True, slots=True)
class ChangedToken:
    """Probability that one token gained and lost from baseline to candidate, in tokens per 100 of that model's text.

    Summed over the positions where it is among those that changed most; `responses` have such a position.
    """

    text_of: Arm
    token: str
    responses: int
    gained: float
    lost: float


@dataclass(frozen=True, slots=True)
class DriftedSpan:
    """The most drifted adjacent tokens of one response, with the text before them."""

    text_of: Arm
    prompt_id: str
    nats: float
    text: str
    before: str


@dataclass(frozen=True, slots=True)
class DriftPlaces:
    """Where drift sits; `classes` are kinds of tokens (numbers, punctuation, ...) under their names."""

    positions: Sequence[DriftPlace] = ()
    tokens: Sequence[DriftedToken] = ()
    spans: Sequence[DriftedSpan] = ()
    classes: Sequence[DriftedToken] = ()
    changes: Sequence[ChangedToken] = ()


@dataclass(frozen=True, slots=True)
class AggregateRow:
    """A published number that is no mean over prompts, of either model over the same prompts.

    `low_95` and `high_95` bound candidate - baseline (jackknife over clusters); None where it could not be computed.
    """

    name: str
    title: str
    baseline: float
    candidate: float
    low_95: float | None
    high_95: float | None
    n_prompts: int
    n_clusters: int


@dataclass(frozen=True, slots=True)
class ReportExtras:
    """What a report may show beside the AuditResult.

    `worsening`: metric name to the per-prompt worsenings d_i (positive is worse, in the metric's units), in any order.
    `include_text`: whether prompts and responses are printed; otherwise only their hashes and lengths are.
    `leaks`: thought against answer (`report.leaks.cross`).
    `aggregates`: published numbers that are no means. `command`: the command line that runs the audit again.
    `provenance`: names to values (versions, data hashes, ...).
    """

    worsening: Mapping[str, Sequence[float]] = field(default_factory=dict)
    drift_points: Sequence[DriftPoint] = ()
    samples: Sequence[SamplePair] = ()
    include_text: bool = False
    provenance: Mapping[str, Json] = field(default_factory=dict)
    command: str = ""
    leaks: Sequence[Leak] = ()
    drift_places: DriftPlaces = DriftPlaces()
    aggregates: Sequence[AggregateRow] = ()
