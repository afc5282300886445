"""One audit as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustdelta.records.drift import Association, BoundCheck, Drift, StudyDrift
from trustdelta.records.metrics import AACheck, DimensionVerdict, Estimate, MetricVerdict
from trustdelta.records.terms import Arm, Json, Outcome, Part, Verdict


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """One metric's difference of the baseline from itself with other draws: what the engine's own randomness makes."""

    metric: str
    estimate: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many responses of one arm ended in one state, by benchmark."""

    benchmark: str
    arm: Arm
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a report says of one audited model."""

    name: str
    fingerprint: str
    engine: str
    thinking: str
    sampling: Mapping[str, Json] = field(default_factory=dict)
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgeCard:
    """What a report says of one model that judged.

    `fills`: the scorers whose place it took. `scored_by`: text, labels, or first words' probabilities. `texts`: how
    many texts it was asked about, equal ones once. `unjudged`: by arm, how many scores its failures and refusals cost.
    """

    name: str
    source: str
    engine: str
    fingerprint: str
    fills: tuple[str, ...]
    scored_by: str
    texts: int
    unjudged: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """How often two judges decide alike on the texts of one arm that both could judge, and Cohen's kappa.

    `kappa` is None where it is not defined: nothing judged by both, or one decision only.
    """

    first: str
    second: str
    part: Part
    arm: Arm
    texts: int
    equal: float | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Everything a report shows and a gate decides on; `verdict.json` is exactly this.

    `guarantees`: what the verdicts promise, and on which conditions. `exploratory`: what of the plan was changed after
    the candidate had answered; the guarantees are then void. `noise_floor`: by metric, where the baseline was also
    audited against itself. `aa`: the A/A check, None where no prompt had two baseline
    draws.
    """

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
    exploratory: tuple[str, ...] = ()
    aa: AACheck | None = None
    noise_floor: tuple[NoiseFloor, ...] = ()
    study_drift: tuple[StudyDrift, ...] = ()
    judges: tuple[JudgeCard, ...] = ()
    judge_agreement: tuple[JudgeAgreement, ...] = ()
