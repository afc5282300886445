"""Names of settings: by group, by path (`statistics.alpha`) or by a short name (`alpha`).

The table of names is derived from the fields of the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from trustdelta.config.base import Group, Later, Short, Unhashed
from trustdelta.errors import ConfigError
from trustdelta.parsing import short
from trustdelta.records import Json

Path = tuple[str, ...]


@dataclass(frozen=True)
class Names:
    """The names of a configuration's settings."""

    groups: frozenset[str]
    """Fields that are groups of settings."""
    paths: Mapping[str, Path]
    """Group and field by short name, including names of earlier versions."""
    shorts: Mapping[Path, str]
    """Short name by group and field."""
    unhashed: frozenset[str]
    """Short names of the settings that affect no measured number."""
    plain: frozenset[str]
    """Fields that belong to no group."""
    later: frozenset[str]
    """Short names of the settings that are hashed only where they are set."""

    @classmethod
    def of(cls, kind: type[BaseModel]) -> Names:
        """The names of one configuration class; raises ValueError for two settings with one short name."""
        groups = {name: members for name, field in kind.model_fields.items() if (members := _group(field))}
        plain = {name: field for name, field in kind.model_fields.items() if name not in groups}
        paths: dict[str, Path] = {}
        shorts: dict[Path, str] = {}
        unhashed = {name for name, field in plain.items() if _is(Unhashed, field)}
        later: set[str] = set()
        for group, members in groups.items():
            for name, field in members.model_fields.items():
                names = next((mark.names for mark in field.metadata if isinstance(mark, Short)), (name,))
                shorts[group, name] = names[0]
                unhashed |= {names[0]} if _is(Unhashed, field) else set()
                later |= {names[0]} if _is(Later, field) else set()
                for alias in names:
                    if alias in plain or paths.setdefault(alias, (group, name)) != (group, name):
                        raise ValueError(f"two settings have the short name {alias!r}; mark one with Short(...)")
        return cls(frozenset(groups), paths, shorts, frozenset(unhashed), frozenset(plain), frozenset(later))

    def path(self, name: str, value: Json = None) -> Path:
        """Path of the setting with that name; a group's own name is the group if the value is a mapping."""
        head, *rest = name.split(".")
        if not rest and head in self.groups and isinstance(value, (Mapping, BaseModel)):
            return (head,)
        if head in self.paths and not (rest and head in self.groups):
            return (*self.paths[head], *rest)
        return (head, *rest) if head in self.groups else (name,)

    def short_name(self, name: str) -> str:
        """The short name of a setting; an unknown name unchanged."""
        path = self.path(name)
        return ".".join([self.shorts[path[:2]], *path[2:]]) if path[:2] in self.shorts else name

    def grouped(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """The same settings by group; raises ConfigError for a setting with two different values."""
        tree: dict[str, Json] = {}
        for name, value in values.items():
            for path, leaf in self._leaves(name, value):
                _put(tree, path, leaf)
        return tree

    def merged(self, *layers: Mapping[str, Json]) -> dict[str, Json]:
        """Settings by group; later layers override earlier ones."""
        tree: dict[str, Json] = {}
        for layer in layers:
            for name, value in self.grouped(layer).items():
                tree[name] = {**tree.get(name, {}), **value} if name in self.groups else value
        return tree

    def short(self, tree: Mapping[str, Json]) -> dict[str, Json]:
        """Grouped settings by their short names."""
        flat = {name: value for name, value in tree.items() if name not in self.groups}
        for group in self.groups:
            flat |= {self.shorts[group, name]: value for name, value in tree[group].items()}
        return flat

    def _leaves(self, name: str, value: Json) -> Iterator[tuple[Path, Json]]:
        path = self.path(name, value)
        if path != (name,) or name not in self.groups:
            yield path, value
            return
        if not isinstance(value, (Mapping, BaseModel)):
            raise ConfigError(f"{name}: found {short(value)}, wanted settings of this group; write {name}.SETTING.")
        members = value if isinstance(value, Mapping) else {k: getattr(value, k) for k in value.model_fields_set}
        for member, leaf in members.items():
            yield (name, str(member)), leaf


def _put(tree: dict[str, Json], path: Path, value: Json) -> None:
    *parents, last = path
    node = tree
    for depth, part in enumerate(parents, start=1):
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise ConfigError(f"{'.'.join(path)}: {'.'.join(path[:depth])} is set too; keep one of them.")
    if last in node and node[last] != value:
        raise ConfigError(f"{'.'.join(path)}: found two values, under two of its names; keep one of them.")
    node[last] = value


def _group(field: FieldInfo) -> type[Group] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Group) else None


def _is(mark: type, field: FieldInfo) -> bool:
    return any(isinstance(entry, mark) for entry in field.metadata)
