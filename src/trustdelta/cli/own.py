"""Recorded responses to any prompts by flags alone: `--scorer`, `--dimension` and `--better` describe the metric."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trustdelta.cli.columns import pairs
from trustdelta.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from trustdelta.records import Json

NAME = "responses"
"""Name of the benchmark where `--benchmark` gives none."""
BESIDE = ("better", "target", "margin")
"""Flags that describe the metric of `--scorer`."""
DIRECTIONS = ("higher", "lower")


def described(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Json]]:
    """The options of an audit, and the settings of the benchmark that `--scorer` and its like describe.

    Raises UsageError or UnknownNameError in one line.
    """
    if not options.get("scorer"):
        if named := [name for name in BESIDE if options.get(name) is not None]:
            raise UsageError(f"found --{named[0]} without --scorer, wanted the scorer that it describes.")
        return dict(options), {}
    name = _name(options)
    definition = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "dimension": _dimension(options),
        "prompts": "recorded",
        "target": pairs("--target", options.get("target")),
        "metrics": [_metric(options)],
    }
    from trustdelta.config import OwnSource
    from trustdelta.own.definition import defined

    source = OwnSource(definition=defined(definition, "--scorer"))
    return {**options, "benchmark": [name], "dimension": None}, {"own": {name: source.model_dump(mode="json")}}


def _name(options: Mapping[str, Any]) -> str:
    """The benchmark's name; raises UsageError without responses, or with several benchmarks."""
    for arm in ("baseline", "candidate"):
        if len(options[f"{arm}_responses"] or ()) != 1:
            raise UsageError(
                f"found --scorer with {len(options[f'{arm}_responses'] or ())} --{arm}-responses, wanted one file for "
                "each model; several files, or a model that answers, need a benchmark's file (`benchmarks init`)."
            )
    names = [*(options["benchmark"] or ()), *([options["tasks"]] if options.get("tasks") else [])]
    if len(names) > 1:
        raise UsageError(f"found --scorer with {len(names)} benchmarks, wanted at most one name for the responses.")
    from trustdelta.benchmarks import registry

    if names and names[0] in registry.names():
        raise UsageError(
            f"found --scorer with --benchmark {names[0]}, which has its own metrics; leave out --scorer, or name the "
            "responses otherwise."
        )
    return names[0] if names else NAME


def _dimension(options: Mapping[str, Any]) -> str:
    dimensions = options.get("dimension") or []
    if len(dimensions) != 1:
        raise UsageError(
            f"found --scorer with {len(dimensions)} --dimension, wanted one: safety, toxicity, bias, ethics, privacy, "
            "robustness, capability, or a name of your own."
        )
    return str(dimensions[0])


def _metric(options: Mapping[str, Any]) -> dict[str, Json]:
    """The metric, named after its scorer."""
    from trustdelta.scorers import registry

    scorer, better = options["scorer"], options.get("better")
    if not registry.known(scorer):
        raise UnknownNameError.of("scorer", scorer, registry.names())
    if better not in DIRECTIONS:
        raise UsageError(f"--better: found {better!r}, wanted higher or lower: the better direction of {scorer}.")
    margin = options.get("margin")
    declared = {} if margin is None else {"margin": margin}
    name = re.sub(r"[^a-z0-9_]", "_", scorer.lower())
    return {"name": name, "scorer": scorer, "title": _title(scorer), "better": better, **declared}


def _title(scorer: str) -> str:
    return "Recorded score" if scorer == "recorded" else re.sub(r"[_/-]", " ", scorer).capitalize()
