"""The records that all of trustdelta shares: prompts, responses, scores, metrics and verdicts.

Frozen, without behaviour but identity, and without third-party imports. Read this folder first: `terms`, `responses`,
`metrics`, `drift`, `result`.
"""

from __future__ import annotations

from trustdelta.records.changes import changes
from trustdelta.records.drift import Association, BoundCheck, Drift, StudyDrift
from trustdelta.records.finishes import FinishReason, read_finish
from trustdelta.records.metrics import (
    AACheck,
    Components,
    DimensionVerdict,
    Effort,
    Estimate,
    GroupVerdict,
    LabelEffect,
    Metric,
    MetricVerdict,
    Missing,
    SecondOpinion,
    Tipping,
)
from trustdelta.records.responses import Judgement, Message, Prompt, Reading, Request, Response, Score
from trustdelta.records.result import AuditResult, JudgeAgreement, JudgeCard, ModelCard, NoiseFloor, OutcomeCount
from trustdelta.records.terms import (
    OWN_DIMENSION,
    SECRET,
    TRUST_DIMENSIONS,
    Arm,
    Better,
    Dimension,
    Finish,
    Json,
    Outcome,
    Part,
    Role,
    Scope,
    Verdict,
    content_hash,
    in_order,
)

__all__ = [
    "OWN_DIMENSION",
    "SECRET",
    "TRUST_DIMENSIONS",
    "AACheck",
    "Arm",
    "Association",
    "AuditResult",
    "Better",
    "BoundCheck",
    "Components",
    "Dimension",
    "DimensionVerdict",
    "Drift",
    "Effort",
    "Estimate",
    "Finish",
    "FinishReason",
    "GroupVerdict",
    "Json",
    "JudgeAgreement",
    "JudgeCard",
    "Judgement",
    "LabelEffect",
    "Message",
    "Metric",
    "MetricVerdict",
    "Missing",
    "ModelCard",
    "NoiseFloor",
    "Outcome",
    "OutcomeCount",
    "Part",
    "Prompt",
    "Reading",
    "Request",
    "Response",
    "Role",
    "Scope",
    "Score",
    "SecondOpinion",
    "StudyDrift",
    "Tipping",
    "Verdict",
    "changes",
    "content_hash",
    "in_order",
    "read_finish",
]
