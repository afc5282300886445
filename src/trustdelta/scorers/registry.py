"""The scorers by name: every `scorers/<name>.py` with a module-level `SCORER` or `SCORERS`."""

from __future__ import annotations

from trustdelta.discovery import Registry
from trustdelta.scorers import rubric
from trustdelta.scorers.base import Scorer

_REGISTRY: Registry[Scorer] = Registry("trustdelta.scorers", "scorer", group="trustdelta.scorers")

table = _REGISTRY.table
names = _REGISTRY.names
add = _REGISTRY.add
origin = _REGISTRY.origin


def load(name: str) -> Scorer:
    """The scorer of a name, also of `rubric/NAME`; raises UnknownNameError."""
    return rubric.named(question) if (question := rubric.rubric_of(name)) else _REGISTRY.load(name)


def known(name: str) -> bool:
    """Whether a scorer has this name, or could be a rubric's."""
    return bool(rubric.rubric_of(name)) or name in names()
