"""The guard and judge models by name: every file of this folder with a module-level `GUARDS`."""

from __future__ import annotations

from trustdelta.discovery import Registry
from trustdelta.errors import UnknownNameError
from trustdelta.judges.guards.base import Guard

_REGISTRY: Registry[Guard] = Registry("trustdelta.judges.guards", "guard", group="trustdelta.judges")

table = _REGISTRY.table


def load(name: str) -> Guard:
    """The guard of that name, or the first of that family. Raises UnknownNameError."""
    guards = table()
    if name in guards:
        return guards[name]
    for guard in guards.values():
        if guard.family == name:
            return guard
    raise UnknownNameError.of("judge", name, {*guards, *(g.family for g in guards.values())})
