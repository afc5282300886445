"""Finds what one folder holds: every file with a module-level NOUN (one) or NOUNS (several), each with a `name`.

Benchmarks, scorers, guards and report sections are added by adding a file; no list has to be edited. Installed
distributions add members by entry points of the folder's group; a file of the user's own adds them for one process.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, TypeVar

from trustdelta.errors import UnknownNameError, UsageError


class Named(Protocol):
    """Anything with a name of its own."""

    @property
    def name(self) -> str:
        """The name, unique in its folder."""


Member = TypeVar("Member", bound=Named)


class Registry(Generic[Member]):
    """The members of one package folder by name; a file is imported only when one of its members may be needed."""

    def __init__(
        self, package: str, noun: str, helpers: frozenset[str] = frozenset({"base", "registry"}), group: str = ""
    ) -> None:
        self.package = package
        self.noun = noun
        self.helpers = helpers
        """Files of the folder that hold no member; files that begin with an underscore hold none either."""
        self.group = group
        """Group of the entry points of further members; empty: none."""
        self._members: dict[str, tuple[Member, ...]] = {}
        self._added: dict[str, Member] = {}

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """Names of the files that may hold members, sorted; the folder is listed once."""
        files = pkgutil.iter_modules(importlib.import_module(self.package).__path__)
        return tuple(sorted(f.name for f in files if not f.ispkg and f.name[0] != "_" and f.name not in self.helpers))

    def in_module(self, module: str) -> tuple[Member, ...]:
        """The members that one file exports; empty where it exports none."""
        if module not in self._members:
            namespace = vars(importlib.import_module(f"{self.package}.{module}"))
            self._members[module] = self._exported(namespace)
        return self._members[module]

    def _exported(self, namespace: Any) -> tuple[Member, ...]:
        single = namespace.get(self.noun.upper())
        return (*(() if single is None else (single,)), *namespace.get(f"{self.noun.upper()}S", ()))

    @cached_property
    def _table(self) -> dict[str, Member]:
        table: dict[str, Member] = {}
        for module in self.modules:
            for member in self.in_module(module):
                if table.setdefault(member.name, member) is not member:
                    folder = self.package.rpartition(".")[2]
                    raise ValueError(
                        f"two {self.noun}s are named {member.name!r}, one in {folder}/{module}.py; rename one"
                    )
        return table

    @cached_property
    def _installed(self) -> dict[str, tuple[Member, str]]:
        """The members of installed distributions, with the distribution's name and version."""
        members: dict[str, tuple[Member, str]] = {}
        for point in entry_points(group=self.group) if self.group else ():
            origin = distribution_of(point)
            for member in self._loaded(point, origin):
                if member.name in self._table or member.name in members:
                    raise UsageError(
                        f"{origin}: its {self.noun} {member.name!r} has the name of another one; rename it, or "
                        f"uninstall {point.dist.name if point.dist else origin}."
                    )
                members[member.name] = (member, origin)
        return members

    def _loaded(self, point: EntryPoint, origin: str) -> Iterator[Member]:
        try:
            loaded: Any = point.load()
        except Exception as problem:
            raise UsageError(
                f"{origin}: its entry point {point.name!r} of {self.group} fails ({type(problem).__name__}: "
                f"{' '.join(str(problem).split())[:200]}); upgrade or uninstall it."
            ) from problem
        exported = self._exported(vars(loaded)) if hasattr(loaded, "__spec__") else loaded
        members = exported if isinstance(exported, (tuple, list)) else (exported,)
        for member in members:
            if not isinstance(getattr(member, "name", None), str):
                raise UsageError(
                    f"{origin}: its entry point {point.name!r} of {self.group} gives {type(member).__name__}, wanted a "
                    f"{self.noun}, several, or a module that defines {self.noun.upper()}."
                )
            yield member

    def add(self, member: Member) -> None:
        """Add a member for this process; raises UsageError for the name of another one."""
        taken = self._added.get(member.name) or self.table().get(member.name)
        if taken is not None and taken != member:
            raise UsageError(f"the {self.noun} {member.name!r} exists already; choose another name.")
        self._added[member.name] = member

    def origin(self, name: str) -> str:
        """The installed distribution that adds a member, with its version; empty for any other member."""
        return self._installed[name][1] if name in self._installed else ""

    def built_in(self) -> dict[str, Member]:
        """The members of the folder by name; raises ValueError where two files claim one name."""
        return dict(self._table)

    def table(self) -> dict[str, Member]:
        """Every member by name; raises ValueError where two files claim one name, UsageError for a broken one."""
        further = {name: member for name, (member, _) in self._installed.items()}
        return {**self._table, **further, **self._added}

    def names(self) -> list[str]:
        """Names of all members, sorted."""
        return sorted(self.table())

    def load(self, name: str) -> Member:
        """The member of that name; raises UnknownNameError. Files whose name begins its name are looked in first."""
        for module in self.modules:
            if f"{name}_".startswith(f"{module}_"):
                for member in self.in_module(module):
                    if member.name == name:
                        return member
        if name in self._table:
            return self._table[name]
        if name in self._added:
            return self._added[name]
        if name not in self._installed:
            raise UnknownNameError.of(self.noun, name, self.table())
        return self._installed[name][0]


def distribution_of(point: EntryPoint) -> str:
    """The distribution of an entry point with its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value
