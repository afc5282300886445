"""Every setting of an audit. The resolved configuration is saved as YAML in the run folder and can be rerun.

A configuration can be read, checked and written without torch.
"""

from trustdelta.config.audit import NAMES, AuditConfig, merged
from trustdelta.config.base import Count, Fraction, Group, Strict
from trustdelta.config.data import DataSettings
from trustdelta.config.drift import DriftSettings
from trustdelta.config.generation import GenerationSettings
from trustdelta.config.judges import TABLES, JudgeConfig
from trustdelta.config.load import agreed, check, check_model, dumps, load, load_rubric, own_sources
from trustdelta.config.models import (
    COMMON_SAMPLING,
    ENGINE_PREFIX,
    SERVED,
    WITH_WEIGHTS,
    ModelConfig,
    RecordedFile,
    Sampling,
    check_address,
    names_secret,
)
from trustdelta.config.own import OwnBenchmark, OwnKnown, OwnMetric, OwnPrompts, OwnSource
from trustdelta.config.rubrics import RubricForm
from trustdelta.config.statistics import Limits, StatisticsSettings

__all__ = [
    "COMMON_SAMPLING",
    "ENGINE_PREFIX",
    "NAMES",
    "SERVED",
    "TABLES",
    "WITH_WEIGHTS",
    "AuditConfig",
    "Count",
    "DataSettings",
    "DriftSettings",
    "Fraction",
    "GenerationSettings",
    "Group",
    "JudgeConfig",
    "Limits",
    "ModelConfig",
    "OwnBenchmark",
    "OwnKnown",
    "OwnMetric",
    "OwnPrompts",
    "OwnSource",
    "RecordedFile",
    "RubricForm",
    "Sampling",
    "StatisticsSettings",
    "Strict",
    "agreed",
    "check",
    "check_address",
    "check_model",
    "dumps",
    "load",
    "load_rubric",
    "merged",
    "names_secret",
    "own_sources",
]
