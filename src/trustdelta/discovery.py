"""Finds what one folder holds: every file with a module-level NOUN (one) or NOUNS (several), each with a `name`.

Benchmarks, scorers, guards and report sections are added by adding a file; no list has to be edited.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from trustdelta.errors import UnknownNameError


class Named(Protocol):
    """Anything with a name of its own."""

    @property
    def name(self) -> str:
        """The name, unique in its folder."""


Member = TypeVar("Member", bound=Named)


class Registry(Generic[Member]):
    """The members of one package folder by name; a file is imported only when one of its members may be needed."""

    def __init__(self, package: str, noun: str, helpers: frozenset[str] = frozenset({"base", "registry"})) -> None:
        self.package = package
        self.noun = noun
        self.helpers = helpers
        """Files of the folder that hold no member; files that begin with an underscore hold none either."""
        self._members: dict[str, tuple[Member, ...]] = {}

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """Names of the files that may hold members, sorted; the folder is listed once."""
        files = pkgutil.iter_modules(importlib.import_module(self.package).__path__)
        return tuple(sorted(f.name for f in files if not f.ispkg and f.name[0] != "_" and f.name not in self.helpers))

    def in_module(self, module: str) -> tuple[Member, ...]:
        """The members that one file exports; empty where it exports none."""
        if module not in self._members:
            namespace = vars(importlib.import_module(f"{self.package}.{module}"))
            single = namespace.get(self.noun.upper())
            self._members[module] = (
                *(() if single is None else (single,)),
                *namespace.get(f"{self.noun.upper()}S", ()),
            )
        return self._members[module]

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

    def table(self) -> dict[str, Member]:
        """Every member by name; raises ValueError where two files claim one name."""
        return self._table

    def names(self) -> list[str]:
        """Names of all members, sorted."""
        return sorted(self._table)

    def load(self, name: str) -> Member:
        """The member of that name; raises UnknownNameError. Files whose name begins its name are looked in first."""
        for module in self.modules:
            if f"{name}_".startswith(f"{module}_"):
                for member in self.in_module(module):
                    if member.name == name:
                        return member
        if name not in self._table:
            raise UnknownNameError.of(self.noun, name, self._table)
        return self._table[name]
