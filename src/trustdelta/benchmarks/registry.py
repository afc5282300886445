"""The benchmarks by name: every `benchmarks/<name>.py` with a `BENCHMARK` or `BENCHMARKS`."""

from __future__ import annotations

from trustdelta.benchmarks.base import Benchmark
from trustdelta.discovery import Registry

_REGISTRY: Registry[Benchmark] = Registry("trustdelta.benchmarks", "benchmark", group="trustdelta.benchmarks")

table = _REGISTRY.table
built_in = _REGISTRY.built_in
names = _REGISTRY.names
load = _REGISTRY.load
origin = _REGISTRY.origin
