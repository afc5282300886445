"""Which benchmarks an audit selects: by name, by pattern (`world_*`), and by dimension."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import accumulate

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import AuditConfig
from trustdelta.errors import ConfigError, UnknownNameError
from trustdelta.records import Dimension, Part, Role

WILD = frozenset("*?[")
"""Characters of a pattern; a path has a slash and is none."""


def expanded(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each pattern replaced by the benchmarks that match it, without repeats.

    Raises UnknownNameError for a pattern that matches none.
    """
    return tuple(dict.fromkeys(n for name in names for n in (_matching(name) if is_pattern(name) else [name])))


def is_pattern(name: str) -> bool:
    """Whether a name stands for several benchmarks."""
    return bool(WILD & set(name)) and "/" not in name


def _matching(pattern: str) -> list[str]:
    known = registry.names()
    if matches := [name for name in known if fnmatchcase(name, pattern)]:
        return matches
    near = difflib.get_close_matches(pattern, [*known, *_families(known)], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise UnknownNameError(
        f"benchmarks: no benchmark matches the pattern {pattern!r}{hint} See `trustdelta benchmarks list`."
    )


def _families(names: Iterable[str]) -> list[str]:
    """Patterns of the beginnings that several names share (`decodingtrust_toxicity_*`)."""
    starts = Counter(start for name in names for start in accumulate(name.split("_")[:-1], "{}_{}".format))
    return [f"{start}_*" for start, count in starts.items() if count > 1]


def dimensions_of(benchmark: Benchmark) -> set[str]:
    """The dimensions that a benchmark covers: those of its primary metrics of answers, else its own."""
    primary = {m.dimension for m in benchmark.metrics if m.role is Role.PRIMARY and m.part is Part.ANSWER}
    return {d.value for d in primary or {benchmark.dimension}}


def check_dimensions(config: AuditConfig, benchmarks: Mapping[str, Benchmark]) -> None:
    """Raise UnknownNameError for an unknown dimension, ConfigError for one that no selected benchmark covers."""
    covered = {d for b in benchmarks.values() for d in dimensions_of(b)}
    for name in config.data.dimensions or ():
        if name not in covered | {d.value for d in Dimension}:
            raise UnknownNameError.of("dimension", name, covered | {d.value for d in Dimension})
        if name not in covered:
            raise ConfigError(
                f"dimensions: found {name}, which none of the {len(benchmarks)} selected benchmarks covers; wanted "
                f"one of its dimensions: {', '.join(sorted(covered))}, or another benchmark."
            )
    if config.data.dimensions == ():
        raise ConfigError("dimensions: found none, wanted at least one; leave it out for every dimension.")


def left_out(config: AuditConfig, benchmarks: Mapping[str, Benchmark]) -> dict[str, str]:
    """The reason by benchmark that the chosen dimensions leave out."""
    chosen = config.data.dimensions
    if chosen is None:
        return {}
    reason = f"left out by the choice of dimensions ({', '.join(chosen)})"
    return {name: reason for name, b in benchmarks.items() if not dimensions_of(b) & set(chosen)}
