"""The column mapping of recorded files: `--column ROLE=PATH`, for both models or one, or a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trustdelta.errors import UsageError

if TYPE_CHECKING:
    from trustdelta.records import Json

ARMS = ("baseline", "candidate")
SEVERAL = ("where", "group")
"""Roles that may have several flags."""


def recorded_columns(flags: list[str] | None, file: Path | None) -> dict[str, dict[str, Json]]:
    """The column mapping of each model, from a YAML file and flags, which override it; `ARM.ROLE` is for one model.

    Conditions (`where`) and groups add up. Raises UsageError for a flag that is no KEY=VALUE or is repeated.
    """
    shared: dict[str, Json] = yaml_mapping(file) if file is not None else {}
    own: dict[str, dict[str, Json]] = {arm: of_arm(shared, arm) for arm in ARMS}
    for key, value in pairs("--column", [f for f in flags or [] if role_of(f) not in SEVERAL]).items():
        arm, dot, role = key.partition(".")
        target = own[arm] if dot and arm in own else shared
        target[role if dot and arm in own else key] = value
    for arm, role in ((arm, role) for arm in ARMS for role in SEVERAL):
        values = [f.partition("=")[2] for f in flags or [] if f.partition("=")[0] in (role, f"{arm}.{role}")]
        all_values = [*listed(shared.get(role)), *listed(own[arm].get(role)), *values]
        own[arm] |= {role: all_values} if all_values else {}
    return {arm: {**shared, **own[arm]} for arm in ARMS}


def role_of(flag: str) -> str:
    """The role that a flag names, for both models or for one."""
    key = flag.partition("=")[0]
    return key.partition(".")[2] if key.partition(".")[0] in ARMS else key


def of_arm(mapping: dict[str, Json], arm: str) -> dict[str, Json]:
    """Remove one model's entries from a mapping and return them: under its name, or as `candidate.ROLE`."""
    own = mapping.pop(arm, None) or {}
    if not isinstance(own, dict):
        raise UsageError(f"{arm}: found {own!r:.40} in the column map, wanted a mapping such as `reasoning: thinking`.")
    prefixed = [key for key in mapping if key.startswith(f"{arm}.")]
    return {**own, **{key.partition(".")[2]: mapping.pop(key) for key in prefixed}}


def listed(where: Json) -> list[str]:
    """Conditions as a list of COLUMN=VALUE."""
    if isinstance(where, dict):
        return [f"{column}={value}" for column, value in where.items()]
    return [str(w) for w in where] if isinstance(where, list) else [str(where)] if where else []


def pairs(option: str, flags: list[str] | None) -> dict[str, str]:
    """KEY=VALUE flags as a mapping; raises UsageError for another form and a repeated key."""
    values: dict[str, str] = {}
    for item in flags or []:
        key, sign, value = item.partition("=")
        if not sign:
            raise UsageError(f"{option}: found {item!r}, wanted KEY=VALUE.")
        if key in values:
            raise UsageError(f"{option}: found {key} twice; keep one of them.")
        values[key] = value
    return values


def yaml_mapping(file: Path) -> dict[str, Json]:
    """A YAML file that holds a mapping; raises ConfigError or UsageError."""
    from trustdelta.parsing import load_yaml

    values = load_yaml(file, "pass a mapping such as `prompt: user_prompt`")
    if not isinstance(values, dict):
        raise UsageError(f"{file}: found {type(values).__name__}, wanted a mapping such as `prompt: user_prompt`.")
    return values


def recorded_files(
    benchmarks: list[str] | None, files: list[Path] | None, scores: list[Path] | None, columns: dict[str, Json]
) -> list[Json]:
    """Configuration values of recorded responses; raises UsageError where files and benchmarks do not match."""
    if not files:
        return []
    names = benchmarks or []
    if not names:
        raise UsageError(
            "found response files without a benchmark, wanted --benchmark NAME for each, or, for prompts of your own, "
            "--scorer, --dimension and --better."
        )
    if len(names) != len(files) or (scores and len(scores) != len(files)):
        raise UsageError(
            f"found {len(files)} response files, {len(scores or [])} score files and {len(names)} benchmarks; "
            "wanted one --benchmark for each response file, in the same order, and a score file for each or none."
        )
    columns = dict(columns)
    score_columns = columns.pop("score_columns", {})
    aligned: list[Path | None] = [*scores] if scores else [None] * len(files)
    return [
        {
            "benchmark": name,
            "file": str(file),
            "scores": str(score) if score else None,
            "columns": columns,
            "score_columns": score_columns if score else {},
        }
        for name, file, score in zip(names, files, aligned, strict=True)
    ]
