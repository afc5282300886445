"""The values of a run's state that a verdict follows from, by the part of a bundle that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from trustdelta.config import AuditConfig
from trustdelta.pipeline.scoring.judges import judges_of
from trustdelta.records import Arm
from trustdelta.records.state import (
    BUDGETS,
    CANDIDATE_PLANNED,
    CONFIGURATION,
    COUPLING,
    DECLARED_FORMATS,
    DRIFT_CONTEXTS,
    DRIFT_GIVEN,
    DRIFT_NOTE,
    DRIFT_REFERENCE,
    FINISHED_ON,
    LABEL_FRAME,
    LABELS,
    LOOKS,
    NOISE_FLOOR,
    NOT_RUN,
    NOTES,
    PLAN,
    SCORERS,
    Key,
    drift_floor,
    drift_floor_dtypes,
    fingerprint,
    preflight,
    stress_test,
)

LABEL_KEYS: Sequence[Key[Any]] = (LABELS, LABEL_FRAME)
"""Labels by people and by stronger judges, and how the texts were drawn."""
PLAN_KEYS: Sequence[Key[Any]] = (
    CONFIGURATION,
    PLAN,
    BUDGETS,
    COUPLING,
    DECLARED_FORMATS,
    SCORERS,
    NOT_RUN,
    NOTES,
    LOOKS,
    CANDIDATE_PLANNED,
    FINISHED_ON,
)
"""What was frozen before the candidate answered, and how far the design was carried out."""


def model_keys(config: AuditConfig) -> Iterator[Key[Any]]:
    """Identity and checks of models and judges, and what was measured of them beside responses."""
    yield from (DRIFT_NOTE, DRIFT_GIVEN, DRIFT_CONTEXTS, DRIFT_REFERENCE, NOISE_FLOOR)
    for arm in Arm:
        yield from (fingerprint(arm.value), preflight(arm.value), drift_floor(arm), drift_floor_dtypes(arm))
    for judge in judges_of(config.judges):
        yield from (fingerprint(judge.author), preflight(judge.author), stress_test(judge.author))
