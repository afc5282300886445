"""Descriptions of all settings, derived from the fields of the configuration."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from trustdelta.config.audit import NAMES, AuditConfig
from trustdelta.config.models import ModelConfig
from trustdelta.records import Json

PER_MODEL = "candidate"
"""The model whose settings are described; those of the baseline are the same."""


@dataclass(frozen=True, slots=True)
class Description:
    """One setting."""

    name: str
    """Full name, as `--set` takes it."""
    short: str
    """Short name; equal to the full name where there is none."""
    type: str
    """Type of its values, or the values themselves."""
    default: Json
    """Value of an audit that does not set it."""
    text: str
    """What the setting controls."""


def descriptions() -> list[Description]:
    """Every setting of `--set`: in groups, without a group, and of each model."""
    rows = []
    for name, field in AuditConfig.model_fields.items():
        if name in NAMES.groups:
            members = field.annotation
            assert isinstance(members, type)
            rows += list(_of(members, name))
        elif field.annotation is ModelConfig:
            rows += list(_of(ModelConfig, name)) if name == PER_MODEL else []
        else:
            rows.append(_described(name, name, field))
    return rows


def _of(kind: type[BaseModel], prefix: str) -> Iterator[Description]:
    for name, field in kind.model_fields.items():
        full = f"{prefix}.{name}"
        yield _described(full, NAMES.short_name(full), field)


def _described(name: str, short: str, field: FieldInfo) -> Description:
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    plain = default.model_dump(mode="json") if isinstance(default, BaseModel) else default
    return Description(name, short, type_name(field.annotation), plain, " ".join((field.description or "").split()))


def type_name(annotation: Any) -> str:
    """A readable type name; the values of a Literal."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(map(str, parts))
    if origin in (Union, types.UnionType):
        return " or ".join("none" if part is type(None) else type_name(part) for part in parts)
    if origin is tuple:
        return f"list of {type_name(parts[0])}"
    if origin is dict:
        return f"{type_name(parts[1])} by name"
    if hasattr(annotation, "__metadata__"):
        return type_name(parts[0])
    names = {str: "text", int: "number", float: "number", bool: "true, false", Any: "any value"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)).lower())
