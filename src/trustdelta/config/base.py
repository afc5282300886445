"""Base classes and number types of all settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from trustdelta.parsing import LARGEST

Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=LARGEST)]


class Strict(BaseModel):
    """Base of all configuration: immutable, and an unknown key is an error.

    The string under a field is its description, in `trustdelta settings`, in the JSON schema and in the documentation.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Group(Strict):
    """Base of a group of an audit's settings. Each of its fields also has a short name, which is unique in an audit."""


class Short:
    """Annotation of a field whose short name is not its own name; further names are of earlier versions."""

    def __init__(self, *names: str) -> None:
        self.names = names


class Unhashed:
    """Annotation of a field that affects no measured number: it is in no hash, and may differ between resumed runs."""


class Later:
    """Annotation of a field that is in the hash only where it is set, because stored hashes were made without it."""
