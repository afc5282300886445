"""Resolves models, a profile and settings to the complete configuration of an audit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from trustdelta import config as configs
from trustdelta import organisms
from trustdelta.config import COMMON_SAMPLING, AuditConfig, JudgeConfig, ModelConfig
from trustdelta.errors import ConfigError
from trustdelta.judges.guards import registry as guards
from trustdelta.own.prompts import recorded_columns
from trustdelta.own.sources import Chosen, choose
from trustdelta.pairs.defaults import pair_of, settings_of
from trustdelta.pairs.registry import find
from trustdelta.pipeline.scoring.judges import judges_of, with_judges
from trustdelta.pipeline.selection import check_dimensions, expanded
from trustdelta.pipeline.task import load_benchmarks
from trustdelta.profiles import Profile, choices
from trustdelta.profiles import profile as profile_named
from trustdelta.records import Json


def resolve(
    baseline: str | ModelConfig, candidate: str | ModelConfig, *, profile: str = "quick", **settings: Json
) -> AuditConfig:
    """The full configuration of an audit: the profile's values, overridden by `settings`.

    Unset model settings come from the registry of pairs. The setting `sampling` is own (each model's recommendation) or
    common (the same for both); a sampling in a model's configuration takes precedence.

    Raises UnknownNameError for an unknown profile, organism, benchmark or metric, before anything is written.
    """
    pair = [ModelConfig(source=m) if isinstance(m, str) else m for m in (baseline, candidate)]
    chosen = profile_named(str(profile))
    bases = [m.place.partition("+")[0] for m in pair]  # without an adapter
    miniatures = [base.removeprefix("organism:") for base in bases if base.startswith("organism:")]
    for name in miniatures:
        organisms.folder(name)
    settings = configs.merged({name: value for name, value in settings.items() if value is not None})
    data = settings.get("data", {})
    names = expanded(_names("benchmarks", data.pop("benchmarks", None)))
    chosen_benchmarks = choose(names, configs.own_sources(data.pop("own", None)))
    benchmarks, own = chosen_benchmarks.names, chosen_benchmarks.own
    pair = [with_own_columns(model, chosen_benchmarks) for model in pair]
    primary = _names("primary", data.get("primary"))
    common = _common_sampling(settings.pop("sampling", None), chosen, real=len(miniatures) < len(pair))
    values = {
        **_models(pair, common),
        "profile": chosen.name,
        "prompts_per_metric": None if any(m.recorded for m in pair) else chosen.prompts_per_metric,
        "draws": chosen.draws,
        "baseline_draws": chosen.baseline_draws,
        **choices(chosen, benchmarks, organisms=len(miniatures) == len(pair)),
    }
    if judges := settings.pop("judges", None):
        settings["judges"] = tuple(
            judge_settings(judge) for judge in (judges if isinstance(judges, (list, tuple)) else [judges])
        )
    if own:
        values["own"] = {name: member.source for name, member in own.items()}
        values["own_files"] = {name: member.file for name, member in own.items() if member.file}
    members = {name: member.benchmark for name, member in own.items()}
    selected = load_benchmarks(values["benchmarks"], primary or values.get("primary"), members)
    config = configs.check(configs.merged(values, settings))
    check_dimensions(config, selected)
    with_judges(selected, judges_of(config.judges))  # refuses what does not fit before a folder is written
    return config


def with_own_columns(model: ModelConfig, chosen: Chosen) -> ModelConfig:
    """A recorded model whose files name their benchmark by its name, with the columns that its own file declares.

    Columns of the command override those of the benchmark's file.
    """
    if not model.recorded:
        return model
    files = []
    for file in model.recorded:
        name = chosen.named_by.get(file.benchmark, file.benchmark)
        member = chosen.own.get(name)
        columns = recorded_columns(member.source.definition) if member and member.source.definition else {}
        files.append(file.model_copy(update={"benchmark": name, "columns": {**columns, **file.columns}}))
    return model.model_copy(update={"recorded": tuple(files)})


def _names(setting: str, values: Json) -> tuple[str, ...]:
    """A list of names; raises ConfigError for anything else."""
    names = () if values is None else values
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{setting}: found {values!r}, wanted a list of names.")
    return tuple(names)


def _models(pair: Sequence[ModelConfig], common: Mapping[str, float] | None) -> dict[str, Json]:
    """Both models' settings and the method, in order of precedence: explicit, common sampling, registry."""
    names = [m.model_name for m in pair]
    registered = pair_of(names[0], names[1])
    defaults = settings_of(registered, names[0], names[1]) if registered else {"baseline": {}, "candidate": {}}
    values: dict[str, Json] = {}
    for model, (arm, registry) in zip(pair, defaults.items(), strict=True):
        if model.recorded:
            registry = {k: v for k, v in registry.items() if k == "thinking_format"}
        elif common:
            registry = {**registry, "sampling": dict(common)}
        values[arm] = model.model_dump() | {k: v for k, v in registry.items() if k not in model.model_fields_set}
    if registered and registered == find(names[0], names[1]):
        values |= {"pair": registered.name, "method": registered.method}
    return values


def _common_sampling(sampling: str | None, chosen: Profile, *, real: bool) -> Mapping[str, float] | None:
    """The sampling of both models; None if each has its own. Raises ConfigError."""
    if sampling not in (None, "own", "common"):
        raise ConfigError(f"sampling: found {sampling!r}, wanted own or common; own is each model's recommendation.")
    if sampling == "common":
        return COMMON_SAMPLING
    return COMMON_SAMPLING if real and sampling is None and chosen.sampling == "common" else None


def judge_settings(judge: str | Json | JudgeConfig) -> Json:
    """The configuration values of one judge: NAME=SOURCE, RUBRIC.yaml=SOURCE, NAME with its model, or its fields.

    Raises UnknownNameError for an unknown judge, ConfigError for a missing source.
    """
    if isinstance(judge, JudgeConfig):
        judge = judge.model_dump()
    if isinstance(judge, str):
        name, _, source = judge.partition("=")
        judge = {"judge": name, "model": {"source": source}}
        if Path(name).suffix.lower() in (".yaml", ".yml"):
            judge |= {"judge": "rubric", "form": configs.load_rubric(Path(name))}
        if Path(source).suffix.lower() in configs.TABLES and not Path(source).is_file():
            raise ConfigError(
                f"{source}: there is no such file; write the judge's outputs into it (columns prompt, answer, output)."
            )
    if not isinstance(judge, dict) or not isinstance(judge.get("model") or {}, dict):
        raise ConfigError(f"judges: found {judge!r}, wanted NAME, NAME=SOURCE, or `judge` and the fields of a `model`.")
    guard = guards.load(str(judge.get("judge", "")))
    model = dict(judge.get("model") or {})
    model["source"] = model.get("source") or next(iter(guard.models), "")
    if not model["source"]:
        raise ConfigError(f"judges: {guard.name} has no default model; name one, as {guard.name}=SOURCE.")
    return {**judge, "judge": guard.name, "model": model}


def default_folder(config: AuditConfig) -> Path:
    """`runs/BASELINE--CANDIDATE-HASH`: equal audits share a folder, from which they resume."""
    return Path("runs") / f"{_slug(config.baseline.source)}--{_slug(config.candidate.source)}-{config.hash[:8]}"


def _slug(source: str) -> str:
    name = re.sub(r"[^A-Za-z0-9.]+", "-", source.removeprefix("organism:").rstrip("/").rsplit("/", 1)[-1])
    return name.strip("-.")[:60] or "model"
