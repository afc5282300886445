"""All settings of one audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from trustdelta.config.base import Strict, Unhashed
from trustdelta.config.data import DataSettings
from trustdelta.config.drift import DriftSettings
from trustdelta.config.generation import GenerationSettings
from trustdelta.config.judges import JudgeConfig
from trustdelta.config.models import ModelConfig
from trustdelta.config.names import Names
from trustdelta.config.statistics import StatisticsSettings
from trustdelta.records import Json, content_hash


class AuditConfig(Strict):
    """One audit: two models, and how they are sampled, compared and judged.

    A setting of a group may also be written outside it, by its short name: `alpha` is `statistics.alpha`.
    """

    baseline: ModelConfig
    """The model before the change."""
    candidate: ModelConfig
    """The model after the change."""
    pair: str = ""
    """Name of the registered pair that settings were taken from; the report states it."""
    profile: Annotated[str, Unhashed()] = "custom"
    """Name of the profile that settings were taken from."""
    method: Literal["sft", "rl", "distill", "hybrid", "mixed", "unknown"] = "unknown"
    """How the candidate was trained from the baseline."""
    judges: Annotated[tuple[JudgeConfig, ...], Field(max_length=2)] = ()
    """Judge models. The first that replaces a scorer decides its metrics; the second measures their agreement."""
    data: DataSettings
    """Which benchmarks and prompts are used."""
    generation: GenerationSettings = GenerationSettings()
    """How many responses are generated, and within which budgets."""
    statistics: StatisticsSettings = StatisticsSettings()
    """The statistical plan."""
    drift: DriftSettings = DriftSettings()
    """How drift is measured."""

    @model_validator(mode="before")
    @classmethod
    def _grouped(cls, values: Json) -> Json:
        return (
            {**{group: {} for group in NAMES.groups}, **NAMES.grouped(values)} if isinstance(values, dict) else values
        )

    def model(self, arm: str) -> ModelConfig:
        """The model of `baseline` or `candidate`."""
        return self.baseline if arm == "baseline" else self.candidate

    @property
    def sequential(self) -> bool:
        """Whether the candidate is sampled in stages; recorded responses are complete, so nothing could be saved."""
        return self.statistics.design != "fixed" and not self.candidate.recorded

    def replace(self, **settings: Json) -> AuditConfig:
        """A copy with some settings changed, by their short or grouped names, and checked."""
        return AuditConfig.model_validate(NAMES.merged(self.model_dump(), settings))

    def short(self) -> dict[str, Json]:
        """Every setting by its short name, as plain JSON."""
        return NAMES.short(self.model_dump(mode="json"))

    def measured(self) -> dict[str, Json]:
        """The settings that decide the measured numbers, by their short names."""
        unset = {name for name, value in self.short().items() if name in NAMES.later and value is None}
        return {name: value for name, value in self.short().items() if name not in NAMES.unhashed | unset}

    @property
    def hash(self) -> str:
        """Hash of everything that decides the measured numbers."""
        return content_hash(self.measured())[:16]


NAMES = Names.of(AuditConfig)
"""The names of an audit's settings."""


def merged(first: Mapping[str, Json], *others: Mapping[str, Json]) -> dict[str, Json]:
    """Settings by group; later ones override earlier ones."""
    return NAMES.merged(first, *others)
