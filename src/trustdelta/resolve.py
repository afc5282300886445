"""From what a user names (models, a profile, settings) to the whole configuration of an audit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from trustdelta import config as configs
from trustdelta import organisms
from trustdelta.config import COMMON_SAMPLING, AuditConfig, JudgeConfig, ModelConfig
from trustdelta.errors import ConfigError
from trustdelta.judges.guards import registry as guards
from trustdelta.pairs.defaults import pair_of, settings_of
from trustdelta.pairs.registry import find
from trustdelta.pipeline.task import load_benchmarks
from trustdelta.profiles import Profile, choices
from trustdelta.profiles import profile as profile_named
from trustdelta.records import Json


def resolve(
    baseline: str | ModelConfig, candidate: str | ModelConfig, *, profile: str = "quick", **settings: Json
) -> AuditConfig:
    """The full configuration of an audit: the profile's values, overridden by `settings`.

    What is not given of a model is taken from the registry of pairs. `sampling` among the settings is own (each model's
    recommendation) or common (the same for both); what a model's configuration declares itself stays.

    Raises UnknownNameError for a profile, organism, benchmark or metric that there is not, before anything is written.
    """
    pair = [ModelConfig(source=m) if isinstance(m, str) else m for m in (baseline, candidate)]
    chosen = profile_named(str(profile))
    miniatures = [m.place.removeprefix("organism:") for m in pair if m.place.startswith("organism:")]
    for name in miniatures:
        organisms.folder(name)
    settings = configs.merged({name: value for name, value in settings.items() if value is not None})
    data = settings.get("data", {})
    given, primary = _names("benchmarks", data.pop("benchmarks", None)), _names("primary", data.get("primary"))
    common = _common_sampling(settings.pop("sampling", None), chosen, real=len(miniatures) < len(pair))
    values = {
        **_models(pair, common),
        "profile": chosen.name,
        "prompts_per_metric": None if any(m.recorded for m in pair) else chosen.prompts_per_metric,
        "draws": chosen.draws,
        "baseline_draws": chosen.baseline_draws,
        **choices(chosen, given, organisms=len(miniatures) == len(pair)),
    }
    if judges := settings.pop("judges", None):
        settings["judges"] = tuple(
            judge_settings(one) for one in (judges if isinstance(judges, (list, tuple)) else [judges])
        )
    load_benchmarks(values["benchmarks"], primary or values.get("primary"))
    return configs.check(configs.merged(values, settings))


def _names(setting: str, found: Json) -> tuple[str, ...]:
    """A list of names; raises ConfigError for anything else."""
    names = () if found is None else found
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{setting}: found {found!r}, wanted a list of names.")
    return tuple(names)


def _models(pair: Sequence[ModelConfig], common: Mapping[str, float] | None) -> dict[str, Json]:
    """Both models' settings and the method: as given, then common sampling, then what the registry knows of them."""
    names = [m.model_name for m in pair]
    registered = pair_of(names[0], names[1])
    known = settings_of(registered, names[0], names[1]) if registered else {"baseline": {}, "candidate": {}}
    values: dict[str, Json] = {}
    for model, (arm, found) in zip(pair, known.items(), strict=True):
        if model.recorded:
            found = {k: v for k, v in found.items() if k == "thinking_format"}
        elif common:
            found = {**found, "sampling": dict(common)}
        values[arm] = model.model_dump() | {k: v for k, v in found.items() if k not in model.model_fields_set}
    if registered and registered == find(names[0], names[1]):
        values |= {"pair": registered.name, "method": registered.method}
    return values


def _common_sampling(wanted: str | None, chosen: Profile, *, real: bool) -> Mapping[str, float] | None:
    """The sampling that both models draw with; None where each draws with its own. Raises ConfigError."""
    if wanted not in (None, "own", "common"):
        raise ConfigError(f"sampling: found {wanted!r}, wanted own or common; own is each model's recommendation.")
    if wanted == "common":
        return COMMON_SAMPLING
    return COMMON_SAMPLING if real and wanted is None and chosen.sampling == "common" else None


def judge_settings(given: str | Json | JudgeConfig) -> Json:
    """The configuration values of one judge: NAME=SOURCE, NAME alone for the model that it is made for, or its fields.

    Raises UnknownNameError for a judge that there is not, ConfigError where a source is needed and none is given.
    """
    if isinstance(given, JudgeConfig):
        given = given.model_dump()
    if isinstance(given, str):
        name, _, source = given.partition("=")
        given = {"judge": name, "model": {"source": source}}
    if not isinstance(given, dict) or not isinstance(given.get("model") or {}, dict):
        raise ConfigError(f"judges: found {given!r}, wanted NAME, NAME=SOURCE, or `judge` and the fields of a `model`.")
    guard = guards.load(str(given.get("judge", "")))
    model = dict(given.get("model") or {})
    model["source"] = model.get("source") or next(iter(guard.models), "")
    if not model["source"]:
        raise ConfigError(f"judges: {guard.name} is no model of its own; name one, as {guard.name}=SOURCE.")
    return {**given, "judge": guard.name, "model": model}


def default_folder(config: AuditConfig) -> Path:
    """`runs/BASELINE--CANDIDATE-HASH`: the same audit always lands in, and resumes from, the same folder."""
    return Path("runs") / f"{_slug(config.baseline.source)}--{_slug(config.candidate.source)}-{config.hash[:8]}"


def _slug(source: str) -> str:
    name = re.sub(r"[^A-Za-z0-9.]+", "-", source.removeprefix("organism:").rstrip("/").rsplit("/", 1)[-1])
    return name.strip("-.")[:60] or "model"
