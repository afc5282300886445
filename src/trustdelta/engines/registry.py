"""The registry of engines. An engine is one module of this folder that names its class as ENGINE."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

from trustdelta.config import ModelConfig
from trustdelta.engines.base import Engine
from trustdelta.errors import UnknownNameError


@cache
def names() -> list[str]:
    """Sorted names of the engines; no engine is imported, and the folder is read once."""
    here = Path(__file__)
    files = (f for f in here.parent.glob("*.py") if f != here)
    return sorted(f.stem for f in files if "\nENGINE = " in f.read_text("utf-8"))


def open_engine(model: ModelConfig, batch_size: int) -> Engine:
    """The engine of one model, opened; raises EngineError or UnknownNameError."""
    if model.engine not in names():
        raise UnknownNameError.of("engine", model.engine, names())
    engine: Engine = importlib.import_module(f"trustdelta.engines.{model.engine}").ENGINE(model, batch_size)
    return engine
