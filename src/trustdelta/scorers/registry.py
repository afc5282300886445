"""The scorers by name: every `scorers/<name>.py` with a module-level `SCORER` or `SCORERS`."""

from __future__ import annotations

from trustdelta.discovery import Registry
from trustdelta.scorers.base import Scorer

_REGISTRY: Registry[Scorer] = Registry("trustdelta.scorers", "scorer", group="trustdelta.scorers")

table = _REGISTRY.table
names = _REGISTRY.names
load = _REGISTRY.load
add = _REGISTRY.add
origin = _REGISTRY.origin
