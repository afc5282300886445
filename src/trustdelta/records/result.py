"""The result of one audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.records.drift import Association, BoundCheck, Drift, StudyDrift
from trustdelta.records.metrics import AACheck, DimensionVerdict, Estimate, MetricVerdict
from trustdelta.records.terms import Arm, Json, Outcome, Part, Verdict


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """One metric's difference of the baseline from itself on other draws: the noise floor of the engine."""

    metric: str
    estimate: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """Number of one model's responses with one outcome, by benchmark."""

    benchmark: str
    arm: Arm
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The description of one audited model in a report."""

    name: str
    fingerprint: str
    engine: str
    thinking: str
    sampling: Mapping[str, Json] = field(default_factory=dict)
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgeCard:
    """The description of one judge in a report."""

    name: str
    source: str
    engine: str
    fingerprint: str
    fills: tuple[str, ...]
    """The scorers that it implements."""
    scored_by: str
    """Source of its scores: text, labels, or probabilities of first tokens."""
    texts: int
    """Number of distinct texts that it judged."""
    unjudged: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By model, the number of scores missing due to its failures and refusals."""
    details: Mapping[str, Json] = field(default_factory=dict)
    stress: Mapping[str, Json] = field(default_factory=dict)
    """Its stress test by transformed answers: counts, and the worst line; empty where it was not run."""


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """Agreement of two judges on one model's texts."""

    first: str
    second: str
    part: Part
    arm: Arm
    texts: int
    """Texts that both judged."""
    equal: float | None
    """Share of equal decisions."""
    kappa: float | None
    """Cohen's kappa; None if undefined: no common text, or a single decision."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """All results of an audit, for reports and gates; the content of `verdict.json`."""

    schema: int
    baseline: ModelCard
    candidate: ModelCard
    overall: Verdict
    summary: str
    dimensions: tuple[DimensionVerdict, ...]
    metrics: tuple[MetricVerdict, ...]
    drift: tuple[Drift, ...]
    drift_note: str
    outcomes: tuple[OutcomeCount, ...]
    plan: Mapping[str, Json]
    notes: tuple[str, ...] = ()
    associations: tuple[Association, ...] = ()
    association_note: str = ""
    bounds: tuple[BoundCheck, ...] = ()
    bounds_note: str = ""
    guarantees: tuple[str, ...] = ()
    """Error rates of the verdicts, and their conditions."""
    exploratory: tuple[str, ...] = ()
    """Changes of the plan after the candidate's responses; the guarantees are then void."""
    aa: AACheck | None = None
    """The A/A check; None if no prompt has two baseline draws."""
    noise_floor: tuple[NoiseFloor, ...] = ()
    """By metric, the baseline audited against itself, if it was measured."""
    study_drift: tuple[StudyDrift, ...] = ()
    judges: tuple[JudgeCard, ...] = ()
    judge_agreement: tuple[JudgeAgreement, ...] = ()
