"""Finds scorers by scanning this folder: every `scorers/<name>.py` with a module-level `SCORER` or `SCORERS`.

A file is imported only when one of its scorers may be asked for, so that listing benchmarks stays cheap.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from trustdelta.errors import UnknownNameError
from trustdelta.scorers.base import Scorer

NOT_SCORERS = frozenset({"base", "registry"})


@cache
def modules() -> tuple[str, ...]:
    """Names of the files that may hold scorers, sorted; the folder is listed once."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(m.name for m in found if m.name not in NOT_SCORERS and not m.name.startswith("_")))


@cache
def in_module(module: str) -> tuple[Scorer, ...]:
    """The scorers that one file exports; empty where it exports none."""
    namespace = vars(importlib.import_module(f"trustdelta.scorers.{module}"))
    one = (namespace["SCORER"],) if "SCORER" in namespace else ()
    return (*one, *namespace.get("SCORERS", ()))


@cache
def table() -> dict[str, Scorer]:
    """Every scorer by name; raises ValueError where two files claim one name."""
    scorers: dict[str, Scorer] = {}
    for module in modules():
        for scorer in in_module(module):
            if scorers.setdefault(scorer.name, scorer) is not scorer:
                raise ValueError(
                    f"two scorers are named {scorer.name!r}; the second is in scorers/{module}.py; rename one"
                )
    return scorers


def names() -> list[str]:
    """Names of all scorers, sorted."""
    return sorted(table())


@cache
def load(name: str) -> Scorer:
    """The scorer of that name; raises UnknownNameError. A file whose name begins its name is looked in first, alone."""
    for module in (m for m in modules() if name == m or name.startswith(f"{m}_")):
        for scorer in in_module(module):
            if scorer.name == name:
                return scorer
    if name not in table():
        raise UnknownNameError.of("scorer", name, table())
    return table()[name]
