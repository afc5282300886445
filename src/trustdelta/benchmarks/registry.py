"""Finds benchmarks by scanning this folder: every `benchmarks/<name>.py` with a `BENCHMARK` or `BENCHMARKS`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from trustdelta.benchmarks.base import Benchmark
from trustdelta.errors import UnknownNameError

NOT_BENCHMARKS = frozenset({"base", "registry", "check", "sample", "profiles", "rows", "options", "likelihood"})


@cache
def modules() -> tuple[str, ...]:
    """Names of the files that may hold benchmarks, sorted; the folder is listed once."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(m.name for m in found if m.name not in NOT_BENCHMARKS and not m.name.startswith("_")))


@cache
def in_module(module: str) -> tuple[Benchmark, ...]:
    """The benchmarks that one file exports; empty where it exports none."""
    namespace = vars(importlib.import_module(f"trustdelta.benchmarks.{module}"))
    one = (namespace["BENCHMARK"],) if "BENCHMARK" in namespace else ()
    return (*one, *namespace.get("BENCHMARKS", ()))


@cache
def table() -> dict[str, Benchmark]:
    """Every benchmark by name; raises ValueError where two files claim one name."""
    benchmarks: dict[str, Benchmark] = {}
    for module in modules():
        for benchmark in in_module(module):
            if benchmarks.setdefault(benchmark.name, benchmark) is not benchmark:
                raise ValueError(
                    f"two benchmarks are named {benchmark.name!r}, one in benchmarks/{module}.py; rename one"
                )
    return benchmarks


def names() -> list[str]:
    """Names of all benchmarks, sorted."""
    return sorted(table())


@cache
def load(name: str) -> Benchmark:
    """The benchmark of that name; raises UnknownNameError. A file of the same name is looked in first, alone."""
    if name in modules():
        for benchmark in in_module(name):
            if benchmark.name == name:
                return benchmark
    if name not in table():
        raise UnknownNameError.of("benchmark", name, table())
    return table()[name]
