"""Reads, checks and writes configurations."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from trustdelta.config.audit import NAMES, AuditConfig
from trustdelta.config.base import Strict
from trustdelta.config.models import ModelConfig, names_secret
from trustdelta.config.own import OwnSource
from trustdelta.config.rubrics import RubricForm
from trustdelta.errors import ConfigError
from trustdelta.parsing import load_yaml, short
from trustdelta.problems import described, first_of, model_at
from trustdelta.records import SECRET, Json


def check(values: Json) -> AuditConfig:
    """A configuration from plain values; raises ConfigError with one line that names the field."""
    return agreed(_checked(AuditConfig, values, "configuration"))


def check_model(arm: str, values: Json) -> ModelConfig:
    """One model's configuration from plain values; raises ConfigError with one line that names the field."""
    return _checked(ModelConfig, values, arm, prefix=arm)


def own_sources(values: Json) -> dict[str, OwnSource]:
    """Sources of benchmarks outside the package from plain values; raises ConfigError with one line."""
    if not isinstance(values or {}, dict):
        raise ConfigError(f"own: found {short(values)}, wanted a mapping of sources by name.")
    return {
        str(name): _checked(OwnSource, source, name, prefix=f"own.{name}") for name, source in (values or {}).items()
    }


def load_rubric(path: Path) -> Json:
    """The content of a rubric's file; raises ConfigError with one line that names the file and the key."""
    values = load_yaml(path, f"`trustdelta judges init {path.name}` writes an example")
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: found {type(values).__name__}, wanted a mapping with name, replaces, question, …")
    try:
        return RubricForm.model_validate(values).model_dump(mode="json")
    except ValidationError as problem:
        raise ConfigError(f"{path}: {described(RubricForm, first_of(problem))}; see docs/rubrics.md.") from None


M = TypeVar("M", bound=Strict)


def _checked(kind: type[M], values: Json, name: str, prefix: str = "") -> M:
    try:
        return kind.model_validate(values)
    except ValidationError as problem:
        first = first_of(problem)
        key = ".".join(map(str, first["loc"]))
        secret = SECRET.search(f"{prefix}.{key}") or names_secret(first["input"])
        of_audit = kind is AuditConfig and model_at(kind, first["loc"][:-1]) is AuditConfig
        known = {*NAMES.plain, *NAMES.groups, *NAMES.paths} if of_audit else ()
        message = described(kind, first, known=known, hidden=bool(secret))
        where = f"{prefix}{'.' if prefix else ''}" if key else f"{prefix or name}: "
        raise ConfigError(f"{where}{message}; see `trustdelta settings`.") from None


def agreed(config: AuditConfig) -> AuditConfig:
    """The configuration; raises ConfigError for two settings that contradict each other."""
    plan = config.statistics
    if plan.rule == "screen" and config.sequential:
        raise ConfigError(f"rule: found screen with design {plan.design}, wanted design fixed; --set design=fixed.")
    if plan.budget is not None and not (config.sequential and plan.design == "group_sequential"):
        raise ConfigError(
            "budget: found one for an audit without interim analyses, wanted design group_sequential and a model."
        )
    return config


def dumps(config: AuditConfig) -> str:
    """The configuration as YAML that `load` reads back equal."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load(path: Path) -> AuditConfig:
    """Read a saved configuration; raises ConfigError where the file is not one."""
    values = load_yaml(path, "pass a file saved by an audit")
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: found {type(values).__name__}, wanted a mapping of settings; pass an audit's YAML.")
    return check(values)
