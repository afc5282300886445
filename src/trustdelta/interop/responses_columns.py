"""The columns of a file of recorded responses: `ColumnMap`, from keyword flags, a dictionary or a YAML file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from trustdelta.errors import ConfigError
from trustdelta.interop.responses_paths import nearest, split_rows
from trustdelta.parsing import load_yaml
from trustdelta.records import Json

PLAIN = (
    *("prompt", "input", "response", "system", "reasoning", "draw", "finish", "error", "id"),
    *("question", "rendered", "document", "cluster"),
)
"""Roles with one column."""
BY_NAME = ("scores", "metadata", "groups")
"""Roles with several columns, each with a name."""
OPTIONAL = frozenset(PLAIN) - {"prompt", "response"}
"""Roles whose column may be missing."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Paths of the columns (see `responses_paths`), relative to a row if `rows` is set, else to the file."""

    prompt: str = ""
    """A text or a list of chat messages."""
    input: str = ""
    """A text to append to the prompt's (Alpaca)."""
    response: str = ""
    """One text or several, which are draws; `reasoning`, `finish` and scores then have one value per text."""
    rows: str = ""
    """The rows."""
    system: str = ""
    reasoning: str = ""
    draw: str = ""
    finish: str = ""
    error: str = ""
    id: str = ""
    question: str = ""
    """The bare question, which joins a registered benchmark."""
    rendered: str = ""
    """The rendered prompt."""
    document: str = ""
    """The name of a document of both files."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Values of columns, as text, that select rows."""
    scores: Mapping[str, str] = field(default_factory=dict)
    """Score columns by name; the `recorded` scorer reads "score"."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Further columns by name, for strata and clusters."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """By kind (topic, language), the column of a prompt's group; every group is tested separately."""
    cluster: str = ""
    """The cluster of a prompt: a template, source document or conversation."""
    requests: str = ""
    """File of the requests of a batch, whose outputs name them by `custom_id` and hold no prompts."""
    prompt_opened_thought: bool | None = None
    """Whether the prompts ended inside a thought; None: from rendered prompts, else inferred from the responses."""

    @classmethod
    def of(cls, values: Mapping[str, Json]) -> ColumnMap:
        """From a dictionary; `score` is short for scores.score; `metadata` and `group` may be lists of names.

        Raises ConfigError for an unknown key or a value that is not a path.
        """
        known = [f.name for f in fields(cls)]
        entries = dict(values)
        for key in entries:
            if key not in (*known, "score", "group"):
                listed = ", ".join([*known, "score", "group"])
                raise ConfigError(f"unknown column role {key!r}{nearest(key, known)}. Known: {listed}.")
        named = {n: _named(n, entries.pop(n, None)) for n in BY_NAME}
        named["groups"] |= _named("group", entries.pop("group", None))
        if score := entries.pop("score", None):
            named["scores"]["score"] = _text("score", score)
        where = conditions(entries.pop("where", None))
        opened = entries.pop("prompt_opened_thought", None)
        opened = {"true": True, "false": False}.get(str(opened), opened)  # a flag's value is text
        if opened is not None and not isinstance(opened, bool):
            raise ConfigError(f"prompt_opened_thought is {opened!r}; wanted true, false or nothing.")
        plain = {key: _text(key, value) for key, value in entries.items() if value not in (None, "")}
        values_of: dict[str, Any] = {**plain, **named, "where": where, "prompt_opened_thought": opened}
        return cls(**values_of)

    @classmethod
    def load(cls, path: Path) -> ColumnMap:
        """From a YAML file; raises ConfigError if it is not a mapping."""
        values = load_yaml(path, "wanted a mapping such as 'prompt: question'")
        if not isinstance(values, dict):
            raise ConfigError(f"{path}: holds {type(values).__name__}; wanted a mapping such as 'prompt: question'.")
        return cls.of(values)

    @property
    def paths(self) -> dict[str, str]:
        """All declared paths, by role."""
        paths = {name: str(getattr(self, name)) for name in PLAIN if getattr(self, name)}
        return paths | {f"{kind}.{name}": path for kind in BY_NAME for name, path in getattr(self, kind).items()}

    def without(self, roles: Collection[str]) -> ColumnMap:
        """The map without the columns of these roles (`finish`, `metadata.topic`)."""
        plain: dict[str, Any] = {role: "" for role in roles if "." not in role}
        named: dict[str, Any] = {
            kind: {name: path for name, path in getattr(self, kind).items() if f"{kind}.{name}" not in roles}
            for kind in BY_NAME
        }
        return replace(self, **named, **plain)

    def json(self) -> dict[str, Json]:
        """As plain JSON, for fingerprints."""
        return asdict(self)

    def within_rows(self) -> ColumnMap:
        """The map with `rows`, derived from the prompt's path, and with all paths relative to a row."""
        if self.rows:
            return self
        rows, _ = split_rows(self.prompt)
        if not rows:
            return self
        plain: dict[str, Any] = {role: _within(path, rows) for role, path in self.paths.items() if "." not in role}
        named: dict[str, Any] = {
            kind: {name: _within(path, rows) for name, path in getattr(self, kind).items()} for kind in BY_NAME
        }
        return replace(self, rows=rows, **named, **plain)


def _within(path: str, rows: str) -> str:
    return path.removeprefix(f"{rows}.")


def conditions(value: Json) -> dict[str, str]:
    """Columns with the required values of rows: from a mapping, `COLUMN=VALUE`, or a list of those.

    Raises ConfigError for anything else.
    """
    if value in (None, "", [], {}):
        return {}
    if isinstance(value, Mapping):
        return {str(column): str(required) for column, required in value.items()}
    pairs = [str(v).partition("=") for v in (value if isinstance(value, list) else [value])]
    if any(not column or not sign for column, sign, _ in pairs):
        raise ConfigError(f"column 'where' is {value!r}; wanted COLUMN=VALUE, as in where=model=NAME.")
    return {column: required for column, _, required in pairs}


def _text(role: str, value: Json) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"column {role!r} is {value!r}; wanted the name or path of a column.")
    return value


def _named(role: str, value: Json) -> dict[str, str]:
    """Columns by name: from a mapping, a list of names and NAME=PATH, or a comma-separated text of those."""
    if value is None:
        return {}
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list):
        parts = [str(part).partition("=") for part in value]
        value = {name if sign else name.rpartition(".")[2]: path or name for name, sign, path in parts}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{role!r} is {value!r}; wanted names of columns, or a mapping of names to paths.")
    return {str(name): _text(f"{role}.{name}", path) for name, path in value.items()}
