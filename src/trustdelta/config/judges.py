"""Settings of one judge model."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from trustdelta.config.base import Strict
from trustdelta.config.models import ModelConfig, Sampling
from trustdelta.config.rubrics import RubricForm

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
"""Suffixes of tabular files."""


class JudgeConfig(Strict):
    """A judge model, which replaces built-in scorers."""

    judge: str
    """Name as in `trustdelta judges list`, with its threshold if there are several (`qwen3guard/strict`)."""
    model: ModelConfig
    """How the judge is run, greedily unless a sampling is set.

    Its source may also be a file of recorded outputs (columns `prompt`, `answer`, `output`).
    """
    rubrics: dict[str, str] = Field(default_factory=dict)
    """For the judge `rubric`: the meaning of YES and NO, by the name of the replaced scorer."""
    form: RubricForm | None = None
    """For the judge `rubric`: a rubric of the user's own, as in the file of `--judge FILE.yaml=SOURCE`."""

    @field_validator("model")
    @classmethod
    def _greedy(cls, model: ModelConfig) -> ModelConfig:
        return model.model_copy(update={"sampling": model.sampling or Sampling(temperature=0.0)})

    @property
    def file(self) -> Path | None:
        """The file of recorded outputs, if the source is a file."""
        path = Path(self.model.source)
        return path if path.suffix.lower() in TABLES and path.is_file() else None
