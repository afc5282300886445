"""Flags of `audit` that stand for settings: lists, patterns and budgets, and the refusal of two values for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from trustdelta.errors import UsageError

if TYPE_CHECKING:
    from trustdelta.records import Json

FLAGS = {
    "seed": ("seed",),
    "draws": ("draws", "baseline_draws"),
    "data_dir": ("data_dir",),
    "limit": ("prompts_per_metric",),
    "offline": ("allow_download",),
    "no_drift": ("drift.enabled",),
    "include_text": ("include_text",),
    "noise_floor": ("noise_floor",),
    "dimension": ("dimensions",),
    "max_tokens": ("thought_tokens", "answer_tokens", "token_budgets"),
}
"""The settings that each flag sets, by short name or path."""


def flagged(options: Mapping[str, Json]) -> dict[str, Json]:
    """The settings that have their own flags; only those that are set."""
    most = options.get("max_tokens")
    values = {
        "seed": options["seed"],
        "draws": options["draws"],
        "baseline_draws": options["draws"],
        "data_dir": options["data_dir"],
        "prompts_per_metric": options.get("limit"),
        "allow_download": False if options.get("offline") else None,
        "drift.enabled": False if options.get("no_drift") else None,
        "include_text": True if options.get("include_text") else None,
        "noise_floor": True if options.get("noise_floor") else None,
        "dimensions": listed("--dimension", options.get("dimension")),
        "thought_tokens": most - most // 2 if most else None,
        "answer_tokens": most // 2 if most else None,
        "token_budgets": "together" if most else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def refuse_two_values(options: Mapping[str, Json], settings: Mapping[str, Json]) -> None:
    """Raise UsageError where a flag and `--set` name one setting."""
    if not settings:
        return
    from trustdelta.config import NAMES

    by_path = {NAMES.path(name): name for name in settings}
    for flag, names in FLAGS.items():
        for name in names if options.get(flag) else ():
            if (clash := by_path.get(NAMES.path(name))) is not None:
                raise UsageError(
                    f"found --{flag.replace('_', '-')} and --set {clash}, two values for one setting; keep one of them."
                )


def refuse_chosen(options: Mapping[str, Json]) -> None:
    """Raise UsageError for flags that choose models or files beside `--config`, which chooses them."""
    others = [
        *("baseline", "candidate", "profile", "benchmark", "tasks", "sampling", "judge", "trust_remote_code"),
        *(f"{arm}_{what}" for arm in ("baseline", "candidate") for what in ("responses", "scores")),
        *("column", "score_column", "columns", "scorer", "better", "target", "margin"),
    ]
    if named := [name for name in others if options.get(name)]:
        listed_names = ", ".join(f"--{name.replace('_', '-')}" for name in named)
        raise UsageError(f"found --config beside {listed_names}, which the file determines; edit the file, or omit it.")


def benchmarks(options: Mapping[str, Json]) -> list[str]:
    """The benchmarks of `--benchmark` and `--tasks`, patterns expanded; raises UnknownNameError or UsageError."""
    names = [*(options["benchmark"] or []), *(listed("--tasks", options.get("tasks")) or [])]
    if not names:
        return []
    from trustdelta.pipeline.selection import expanded

    return list(expanded(names))


def listed(flag: str, values: str | list[str] | None) -> list[str] | None:
    """The names of a flag that takes several, separated by commas; raises UsageError for an empty one."""
    if values is None or values == []:
        return None
    texts = [values] if isinstance(values, str) else values
    names = [name.strip() for text in texts for name in text.split(",")]
    if not all(names):
        raise UsageError(f"{flag}: found an empty name in {','.join(texts)!r}, wanted names separated by commas.")
    return names
