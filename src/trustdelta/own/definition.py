"""Reads the YAML file of a benchmark of one's own; every error is one line with the file and the key."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from trustdelta.config import OwnBenchmark, OwnMetric
from trustdelta.errors import ConfigError
from trustdelta.own.targets import check_target
from trustdelta.parsing import load_yaml
from trustdelta.problems import described, first_of, suggestion
from trustdelta.records import Json
from trustdelta.scorers import registry as scorers

NEXT = "correct it, or see `trustdelta benchmarks init` for a commented example"


def read_definition(path: Path) -> OwnBenchmark:
    """The definition in a YAML file; raises ConfigError in one line."""
    return defined(load_yaml(path, NEXT), str(path))


def defined(values: Json, name: str) -> OwnBenchmark:
    """A checked definition from plain values; `name` begins every error message."""
    if not isinstance(values, dict):
        raise ConfigError(
            f"{name}: found {type(values).__name__}, wanted a mapping with name, prompts, metrics; {NEXT}."
        )
    try:
        json.dumps(values, allow_nan=False)
        definition = OwnBenchmark.model_validate(values)
    except ValidationError as problem:
        raise ConfigError(f"{name}: {described(OwnBenchmark, first_of(problem))}; {NEXT}.") from None
    except ValueError:
        raise ConfigError(f"{name}: found a number that is not finite, wanted a finite one; {NEXT}.") from None
    if contradictions := _contradictions(definition):
        raise ConfigError(f"{name}: {contradictions[0]}; {NEXT}.")
    return definition


def _contradictions(definition: OwnBenchmark) -> list[str]:
    """What contradicts the registered scorers or the definition itself."""
    known = scorers.names()
    for i, metric in enumerate(definition.metrics):
        if not scorers.known(metric.scorer):
            near = suggestion(metric.scorer, known) or f"; wanted one of {', '.join(known)}"
            return [f"metrics.{i}.scorer: there is no scorer {metric.scorer!r}{near}"]
    targets = check_target(definition.target, [(m.name, m.scorer) for m in definition.metrics])
    return [*targets, *_wrong_known(definition)]


def _wrong_known(definition: OwnBenchmark) -> list[str]:
    metrics = {m.name: m for m in definition.metrics}
    for i, known in enumerate(definition.known):
        for name, value in known.scores.items():
            if name not in metrics:
                near = suggestion(name, metrics) or f"; wanted one of {', '.join(metrics)}"
                return [f"known.{i}.scores: there is no metric {name!r}{near}"]
            if metrics[name].part == "thought":
                return [f"known.{i}.scores.{name}: a metric of reasoning traces cannot be proven; leave it out"]
            if value is not None and not _in_range(metrics[name], value):
                low = -metrics[name].bound if metrics[name].signed else 0
                return [f"known.{i}.scores.{name}: found {value:g}, wanted {low:g} to {metrics[name].bound:g}"]
    return []


def _in_range(metric: OwnMetric, value: float) -> bool:
    return (-metric.bound if metric.signed else 0) <= value <= metric.bound
