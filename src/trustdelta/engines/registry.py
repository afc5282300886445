"""The registry of engines. An engine is one module of this folder that names its class as ENGINE."""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from trustdelta.config import ModelConfig
from trustdelta.engines.base import Engine
from trustdelta.errors import EngineError, TrustdeltaError, UnknownNameError

GROUP = "trustdelta.engines"
"""Group of the entry points of further engines: a class, by the name before the colon of a source."""


@cache
def names() -> list[str]:
    """Sorted names of the engines; no engine is imported, and the folder is read once."""
    here = Path(__file__)
    files = (f for f in here.parent.glob("*.py") if f != here)
    built_in = {f.stem for f in files if "\nENGINE = " in f.read_text("utf-8")}
    return sorted(built_in | installed().keys())


@cache
def installed() -> dict[str, EntryPoint]:
    """Entry points of the engines of installed distributions, by name; none is loaded."""
    return {point.name: point for point in entry_points(group=GROUP)}


def open_engine(model: ModelConfig, batch_size: int) -> Engine:
    """The engine of one model, opened; raises EngineError or UnknownNameError."""
    if model.engine not in names():
        raise UnknownNameError.of("engine", model.engine, names())
    if model.engine in installed():
        return _opened(installed()[model.engine], model, batch_size)
    engine: Engine = importlib.import_module(f"trustdelta.engines.{model.engine}").ENGINE(model, batch_size)
    return engine


def _opened(point: EntryPoint, model: ModelConfig, batch_size: int) -> Engine:
    """The engine of an installed distribution; raises EngineError, with its name, where its code fails."""
    try:
        engine: Engine = point.load()(model, batch_size)
    except TrustdeltaError:
        raise
    except Exception as problem:
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        raise EngineError(
            f"{origin}: its engine {point.name!r} fails ({type(problem).__name__}: "
            f"{' '.join(str(problem).split())[:200]}); upgrade or uninstall it."
        ) from problem
    return engine
