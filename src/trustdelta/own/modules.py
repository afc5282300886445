"""Benchmarks in a Python file of one's own: its BENCHMARK or BENCHMARKS, and scorers that it defines.

A file is code. It is run where the user names it in the command or keeps it in the folder TRUSTDELTA_BENCHMARKS, and
never because a saved configuration or a run folder names it.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from trustdelta.benchmarks.base import Benchmark
from trustdelta.errors import ConfigError
from trustdelta.scorers import registry as scorers
from trustdelta.scorers.base import Scorer

T = TypeVar("T")

_RUN: dict[str, tuple[Benchmark, ...]] = {}
"""Benchmarks of the files that ran in this process, by digest."""


def run_file(path: Path) -> tuple[str, tuple[Benchmark, ...]]:
    """The digest of a Python file and its benchmarks; the file runs once in a process.

    Raises ConfigError, in one line, for a file that fails or defines none.
    """
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be read ({problem.strerror or problem}); pass another file.") from None
    digest = hashlib.sha256(raw).hexdigest()
    if digest not in _RUN:
        module = _module(path, digest)
        members = _members(path, module, "BENCHMARK", Benchmark)
        for scorer in _members(path, module, "SCORER", Scorer):
            scorers.add(scorer)
        if not members:
            raise ConfigError(f"{path}: found no BENCHMARK, wanted `BENCHMARK = Benchmark(...)` at its top level.")
        _RUN[digest] = members
    return digest, _RUN[digest]


def ran(digest: str) -> tuple[Benchmark, ...]:
    """The benchmarks of a file that ran in this process; empty where it did not."""
    return _RUN.get(digest, ())


def _module(path: Path, digest: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"trustdelta_own_{digest[:12]}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path}: cannot be read as Python; wanted a file that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        line = _line(problem, path)
        raise ConfigError(
            f"{path}{line}: {type(problem).__name__}: {' '.join(str(problem).split())[:200]}; correct the file."
        ) from problem
    return module


def _line(problem: BaseException, path: Path) -> str:
    """`, line N` of the last frame in the file."""
    if isinstance(problem, SyntaxError):
        return f", line {problem.lineno}"
    numbers = []
    trace = problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            numbers.append(trace.tb_lineno)
        trace = trace.tb_next
    return f", line {numbers[-1]}" if numbers else ""


def _members(path: Path, module: ModuleType, noun: str, kind: type[T]) -> tuple[T, ...]:
    single, several = getattr(module, noun, None), getattr(module, f"{noun}S", ())
    members = [*([] if single is None else [single]), *several]
    for member in members:
        if not isinstance(member, kind):
            raise ConfigError(f"{path}: found {type(member).__name__} as {noun}, wanted a {kind.__name__}.")
    return tuple(members)
