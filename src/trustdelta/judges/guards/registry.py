"""Finds guard and judge models by scanning this folder: every file with a module-level `GUARDS`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from trustdelta.errors import UnknownNameError
from trustdelta.judges.guards.base import Guard


@cache
def table() -> dict[str, Guard]:
    """Every guard by name."""
    guards: dict[str, Guard] = {}
    for found in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if found.name not in ("base", "registry"):
            module = importlib.import_module(f"trustdelta.judges.guards.{found.name}")
            guards.update({guard.name: guard for guard in module.GUARDS})
    return guards


def load(name: str) -> Guard:
    """The guard of that name; the first of its family where only that is named. Raises UnknownNameError."""
    guards = table()
    if name in guards:
        return guards[name]
    for guard in guards.values():
        if guard.family == name:
            return guard
    raise UnknownNameError.of("judge", name, {*guards, *(g.family for g in guards.values())})
