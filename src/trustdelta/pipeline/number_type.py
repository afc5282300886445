"""One number type for both models of a pair, since a difference in rounding is no effect of the conversion."""

from __future__ import annotations

from typing import Literal

from trustdelta.config import WITH_WEIGHTS, AuditConfig
from trustdelta.pipeline.hardware import running_dtype
from trustdelta.records import Arm

NumberType = Literal["float32", "bfloat16", "float16"]
EXACT_FOR_ALL: NumberType = "float32"
"""The type that holds the numbers of every other one exactly."""


def in_one_dtype(config: AuditConfig) -> AuditConfig:
    """The configuration with one number type for two models of this machine, where at least one is chosen by itself.

    A configured type holds for both. Otherwise two types that differ become float32. Both models' configurations are
    read, so that a model without access is an EngineError before the other one is loaded.
    """
    models = (config.baseline, config.candidate)
    if (
        any(m.recorded or m.engine not in WITH_WEIGHTS for m in models)
        or config.baseline.place == config.candidate.place
    ):
        return config
    from trustdelta.engines.transformers import stored_dtype  # imports torch

    types = {running_dtype(m, {"dtype": stored_dtype(m)}) for m in models}
    chosen = [m.dtype for m in models if m.dtype != "auto"]
    if len(types) == 1 or len(chosen) == len(models):
        return config
    common = chosen[0] if chosen else EXACT_FOR_ALL
    both = {arm.value: config.model(arm).model_copy(update={"dtype": common}) for arm in Arm}
    return config.model_copy(update=both)


def number_type_note(config: AuditConfig) -> str:
    """What a user reads where a number type is not that of a model's files; "" where each keeps its own."""
    common = in_one_dtype(config)
    if common is config:
        return ""
    from trustdelta.engines.transformers import stored_dtype  # imports torch

    files = {arm: stored_dtype(config.model(arm)) or EXACT_FOR_ALL for arm in Arm}
    return (
        f"both models run in {common.baseline.dtype}: the baseline's files are {files[Arm.BASELINE]}, the candidate's "
        f"{files[Arm.CANDIDATE]} (--set baseline.dtype=TYPE --set candidate.dtype=TYPE changes it)"
    )
