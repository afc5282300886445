"""Sources of benchmarks outside the package: named files and folders, TRUSTDELTA_BENCHMARKS, distributions."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark
from trustdelta.config import OwnBenchmark, OwnSource
from trustdelta.errors import ConfigError, UnknownNameError
from trustdelta.own.build import build
from trustdelta.own.definition import read_definition
from trustdelta.own.modules import ran, run_file

VARIABLE = "TRUSTDELTA_BENCHMARKS"
"""Environment variable of a folder whose benchmarks are known by name."""
YAML = (".yaml", ".yml")
SUFFIXES = (*YAML, ".py")


@dataclass(frozen=True, slots=True)
class Own:
    """One benchmark from outside the package."""

    benchmark: Benchmark
    """The benchmark."""
    source: OwnSource
    """What an audit records of it."""
    file: Path | None = None
    """The file that defines it; None for a distribution's."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The benchmarks of an audit."""

    names: tuple[str, ...]
    """Names, in order."""
    own: Mapping[str, Own] = field(default_factory=dict)
    """Those from outside the package, by name."""
    named_by: Mapping[str, str] = field(default_factory=dict)
    """Name by the file that the user wrote in its place."""


def choose(names: Sequence[str], described: Mapping[str, OwnSource] | None = None) -> Chosen:
    """Names, files and folders of benchmarks to names; raises ConfigError or UnknownNameError.

    `described`: benchmarks by name that no file defines.
    """
    described = described or {}
    own: dict[str, Own] = {}
    listed: list[str] = []
    named_by: dict[str, str] = {}
    for name in names:
        if name in described:
            members = [Own(restored(name, described[name], None), described[name])]
        elif is_path(name):
            members = read_path(Path(name).expanduser())
            named_by |= {name: members[0].benchmark.name} if len(members) == 1 else {}
        else:
            members = [member] if (member := by_name(name)) else []
        for member in members:
            add(own, member)
        listed += [m.benchmark.name for m in members] or [name]
    return Chosen(tuple(dict.fromkeys(listed)), own, named_by)


def add(own: dict[str, Own], member: Own) -> None:
    """Add a benchmark; raises ConfigError for a name that another benchmark has."""
    name = member.benchmark.name
    if member.file is not None and name in registry.names():
        raise ConfigError(f"{member.file}: name: {name!r} is the name of a built-in benchmark; choose another one.")
    other = own.setdefault(name, member)
    if other.file != member.file:
        raise ConfigError(f"{member.file}: name: {name!r} is also the name of {other.file}; rename one of them.")


def is_path(name: str) -> bool:
    """Whether a name is a file or a folder rather than the name of a benchmark."""
    return name.endswith(SUFFIXES) or "/" in name or (os.sep in name)


def read_path(path: Path) -> list[Own]:
    """The benchmarks of a file or a folder; raises ConfigError."""
    if path.is_dir():
        members = [member for file in files_of(path) for member in read_path(file)]
        if not members:
            raise ConfigError(f"{path}: found no file that ends in {', '.join(SUFFIXES)}, wanted at least one.")
        return members
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file or folder; `trustdelta benchmarks init {path}` writes one.")
    if path.suffix in YAML:
        return [of_yaml(path)]
    if path.suffix == ".py":
        digest, benchmarks = run_file(path)
        return [Own(benchmark, OwnSource(sha256=digest), path) for benchmark in benchmarks]
    raise ConfigError(f"{path}: found the suffix {path.suffix or 'none'!r}, wanted {' or '.join(SUFFIXES)}.")


def files_of(folder: Path) -> list[Path]:
    """The files of a folder that may define benchmarks, sorted; hidden ones and those with an underscore do not."""
    return sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES and p.is_file() and p.name[0] not in "._")


def of_yaml(path: Path) -> Own:
    """The benchmark of a YAML file."""
    definition = read_definition(path)
    source = OwnSource(sha256=_digest(path), data=dict(_digests(definition, path.parent)), definition=definition)
    return Own(build(definition, path.parent, source.data), source, path)


def _digests(definition: OwnBenchmark, folder: Path) -> Iterator[tuple[str, str]]:
    """Name and digest of the file of prompts; a missing file is named when it is read."""
    prompts = definition.prompts
    if prompts.file and not prompts.hub and (path := folder / Path(prompts.file).expanduser()).is_file():
        yield path.name, _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder() -> Path | None:
    """The folder TRUSTDELTA_BENCHMARKS; raises ConfigError where it does not exist."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    path = Path(named).expanduser()
    if not path.is_dir():
        raise ConfigError(f"{VARIABLE}: found {named!r}, which is no folder; create it, or unset the variable.")
    return path


def in_folder() -> dict[str, Own]:
    """The benchmarks of the folder TRUSTDELTA_BENCHMARKS by name; raises ConfigError."""
    own: dict[str, Own] = {}
    place = folder()
    for file in files_of(place) if place else ():
        for member in read_path(file):
            add(own, member)
    return own


def by_name(name: str) -> Own | None:
    """The benchmark of that name from the folder or a distribution; None for a built-in one.

    Raises UnknownNameError for a name of none.
    """
    if origin := registry.origin(name):
        return Own(registry.load(name), OwnSource(distribution=origin))
    if name in registry.names():
        return None
    members = in_folder()
    if name not in members:
        raise UnknownNameError.of("benchmark", name, [*registry.names(), *members])
    return members[name]


def restored(name: str, source: OwnSource, file: Path | None) -> Benchmark:
    """The benchmark of an audit's record; code runs only where the user named its file or keeps it in the folder.

    Raises ConfigError for code that is not there, or not the same.
    """
    if source.definition is not None:
        return build(source.definition, file.parent if file else Path(), source.data)
    if source.distribution:
        return registry.load(name)
    for benchmark in ran(source.sha256):
        if benchmark.name == name:
            return benchmark
    member = in_folder().get(name)
    if member is None or member.source.sha256 != source.sha256:
        raise ConfigError(
            f"{name}: it is defined by Python code ({file}, sha256 {source.sha256[:12]}…), which a saved "
            f"configuration does not run; put that file, unchanged, into a folder and set {VARIABLE} to it."
        )
    return member.benchmark
