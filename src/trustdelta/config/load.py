"""Reads, checks and writes configurations."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from trustdelta.config.audit import NAMES, AuditConfig
from trustdelta.config.base import Strict
from trustdelta.config.models import ModelConfig, names_secret
from trustdelta.config.names import model_at, suggestion
from trustdelta.config.own import OwnSource
from trustdelta.config.rubrics import RubricForm
from trustdelta.errors import ConfigError
from trustdelta.parsing import load_yaml, short
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
    values = load_yaml(path, "pass a rubric; its page in the documentation shows one")
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: found {type(values).__name__}, wanted a mapping with name, replaces, question, …")
    try:
        return RubricForm.model_validate(values).model_dump(mode="json")
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            message = unknown(RubricForm, first["loc"])
        shown = f" (found {short(first['input'])})" if where and first["type"] != "missing" else ""
        raise ConfigError(f"{path}: {where}{': ' if where else ''}{message}{shown}.") from None


M = TypeVar("M", bound=Strict)


def _checked(kind: type[M], values: Json, name: str, prefix: str = "") -> M:
    try:
        return kind.model_validate(values)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in (prefix, *first["loc"]) if part != "") or name
        secret = SECRET.search(where) or names_secret(first["input"])
        value = "a value that is not shown" if secret else short(first["input"])
        message = first["msg"] if first["type"] != "extra_forbidden" else unknown(kind, first["loc"])
        raise ConfigError(f"{where}: {message} (found {value}); see `trustdelta settings`.") from None


def unknown(kind: type[BaseModel], where: tuple[str | int, ...]) -> str:
    """The error message of an unknown key, with the nearest name."""
    owner = model_at(kind, where[:-1])
    known = {*NAMES.plain, *NAMES.groups, *NAMES.paths} if owner is AuditConfig else set(owner.model_fields)
    return f"there is no such setting{suggestion(str(where[-1]), known)}"


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
