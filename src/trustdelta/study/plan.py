"""The definition of a study: `study.yaml`, its pairs, and the audit configuration of each pair."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, FiniteFloat, ValidationError, model_validator

from trustdelta.config import AuditConfig, ModelConfig, Strict, merged
from trustdelta.errors import ConfigError, StoreError, UsageError
from trustdelta.files import save_text
from trustdelta.pairs import registry
from trustdelta.parsing import load_yaml
from trustdelta.problems import described, first_of
from trustdelta.records import Arm, Json
from trustdelta.resolve import resolve
from trustdelta.store import Store

FILE = "study.yaml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Dose(Strict):
    """Position of a pair in a series: checkpoints of one run, replay, learning rates, interpolation weights."""

    series: str
    """Name of the series."""
    value: FiniteFloat
    """Position in it."""
    unit: str = ""
    """Unit of the value."""
    worse: Literal["more", "less"] = "more"
    """Whether a larger or smaller value is expected to harm; declared, since claims are tested in this order."""


class PairSpec(Strict):
    """One pair of a study."""

    name: str
    """Its folder below `runs/`."""
    baseline: ModelConfig
    """The model before the change; its source alone is enough."""
    candidate: ModelConfig
    """The model after the change; its source alone is enough."""
    method: Literal["sft", "rl", "distill", "hybrid", "mixed", "unknown"] = "unknown"
    """How the candidate was trained from the baseline."""
    lineage: Literal["strict", "sibling", "conventional", "unknown"] = "unknown"
    """Relation of the two models; contrasts never mix lineages."""
    family: str = ""
    """Name shared by all pairs with one baseline; by default the baseline's source."""
    labels: dict[str, Json] = Field(default_factory=dict)
    """Arbitrary values."""
    dose: Dose | None = None
    """Its position in a series, over which the page draws a curve."""
    benchmarks: tuple[str, ...] = ()
    """Benchmarks instead of the study's."""
    settings: dict[str, Json] = Field(default_factory=dict)
    """Settings in addition to the study's, which they override."""

    @model_validator(mode="after")
    def _is_a_folder_name(self) -> PairSpec:
        if not NAME.fullmatch(self.name):
            raise ValueError("a pair's name is at most 100 letters, digits, dots, dashes and underscores")
        return self


class Budget(Strict):
    """Limits on the forecast of a study, checked before generation; None: no limit. Shared baselines count once."""

    responses: Annotated[int, Field(gt=0)] | None = None
    """Responses of both models."""
    tokens: Annotated[int, Field(gt=0)] | None = None
    """Tokens of both models, with full token budgets."""
    hours: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """Hours of one engine at `throughput`."""
    throughput: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """Tokens per second."""

    @model_validator(mode="after")
    def _hours_need_a_speed(self) -> Budget:
        if self.hours is not None and self.throughput is None:
            raise ValueError("hours need a throughput, in tokens per second")
        return self


class Study(Strict):
    """One study; `settings` are fields of an audit's configuration."""

    title: str = "Study"
    """Heading of the page."""
    profile: str = "quick"
    """Profile of every audit."""
    benchmarks: tuple[str, ...] = ()
    """Benchmarks or patterns; none: the profile's."""
    settings: dict[str, Json] = Field(default_factory=dict)
    """Settings of every audit."""
    budget: Budget = Budget()
    """Limits on the forecast."""
    pairs: tuple[PairSpec, ...] = Field(min_length=1)
    """The pairs: names of registered ones, or their fields."""

    @model_validator(mode="after")
    def _names_are_unique(self) -> Study:
        names = [p.name.casefold() for p in self.pairs]  # folder names, on case-insensitive file systems too
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"pair {twice[0]!r} is listed twice; rename one")
        return self

    @model_validator(mode="after")
    def _baselines_are_one_family(self) -> Study:
        seen: dict[tuple[str, str | None], PairSpec] = {}
        for pair in self.pairs:
            first = seen.setdefault((pair.baseline.source, pair.baseline.revision), pair)
            if family_of(first) != family_of(pair):
                raise ValueError(
                    f"{first.name!r} and {pair.name!r} share a baseline; set the same `family` for both, or none"
                )
        return self

    @model_validator(mode="after")
    def _series_are_in_order(self) -> Study:
        seen: dict[tuple[str, str, float], str] = {}
        kinds: dict[str, tuple[str, str]] = {}
        for pair in self.pairs:
            if (dose := pair.dose) is None:
                continue
            if kinds.setdefault(dose.series, (dose.unit, dose.worse)) != (dose.unit, dose.worse):
                raise ValueError(f"series {dose.series!r}: unit and `worse` must be the same for all its pairs")
            first = seen.setdefault((dose.series, family_of(pair), dose.value), pair.name)
            if first != pair.name:
                raise ValueError(
                    f"series {dose.series!r}: {first!r} and {pair.name!r} have the same dose; name two series"
                )
        return self

    def config(self, spec: PairSpec) -> AuditConfig:
        """The full configuration of one pair's audit; raises UnknownNameError or ConfigError."""
        benchmarks = spec.benchmarks or self.benchmarks
        own = {"profile": self.profile, "benchmarks": benchmarks}
        values = merged(own, self.settings, spec.settings)
        if models := values.keys() & {"baseline", "candidate"}:
            raise ConfigError(f"{spec.name}: settings: found {min(models)}, wanted a field of the pair; move it.")
        if spec.method != "unknown":
            values.setdefault("method", spec.method)
        try:
            return resolve(spec.baseline, spec.candidate, **values)
        except UsageError as problem:
            raise type(problem)(f"pair {spec.name}: {problem}") from None


def family_of(spec: PairSpec) -> str:
    """The family of a pair, by default the baseline's source."""
    return spec.family or spec.baseline.source


def load(path: Path, root: Path | None = None) -> Study:
    """Read a study; paths of recorded responses are relative to `root`, by default the file's folder.

    Raises ConfigError for an invalid file, UnknownNameError for an unknown registered pair.
    """
    values = load_yaml(path, "pass a study.yaml")
    if not isinstance(values, dict) or not isinstance(values.get("pairs"), list):
        raise ConfigError(f"{path}: found no list under `pairs`; see docs/studies.md for a study.yaml.")
    base = (root or path.parent).resolve()
    values["pairs"] = [_pair_values(entry, base) for entry in values["pairs"]]
    return _checked(values, str(path))


def _pair_values(entry: Json, root: Path) -> Json:
    """One pair's values: a registered name, or its fields, where a model may be its source only."""
    if isinstance(entry, str):
        pair = registry.load(entry)
        settings = pair.settings
        arms = {arm: {k: v for k, v in settings[arm].items() if v is not None} for arm in ("baseline", "candidate")}
        return {"name": pair.name, "method": pair.method, "lineage": pair.lineage, **arms}
    if not isinstance(entry, dict):
        return entry
    values = dict(entry)
    for arm in ("baseline", "candidate"):
        model = values.get(arm)
        model = {"source": model} if isinstance(model, str) else model
        values[arm] = _placed(model, root) if isinstance(model, dict) else model
    if "name" not in values and all(isinstance(values[arm], dict) for arm in ("baseline", "candidate")):
        values["name"] = "--".join(_slug(str(values[arm].get("source", ""))) for arm in ("baseline", "candidate"))
    return values


def _placed(model: dict[str, Json], root: Path) -> dict[str, Json]:
    """A model's values with absolute paths of its recorded files."""
    recorded = model.get("recorded")
    if not isinstance(recorded, list):
        return model
    return {**model, "recorded": [_at(entry, root) if isinstance(entry, dict) else entry for entry in recorded]}


def _at(entry: dict[str, Json], root: Path) -> dict[str, Json]:
    return {k: str(root / str(v)) if k in ("file", "scores") and v is not None else v for k, v in entry.items()}


def _slug(source: str) -> str:
    name = re.sub(r"[^A-Za-z0-9.]+", "-", source.removeprefix("organism:").rstrip("/").rsplit("/", 1)[-1])
    return name.strip("-.")[:48] or "model"


def _checked(values: Json, where: str) -> Study:
    try:
        return Study.model_validate(values)
    except ValidationError as problem:
        raise ConfigError(f"{where}: {described(Study, first_of(problem))}; see docs/studies.md.") from None


def study_schema() -> dict[str, Json]:
    """The JSON Schema (draft 2020-12) of a study file, where a pair may be a name and a model its source."""
    schema = Study.model_json_schema()
    text = {"type": "string"}
    pair = schema["$defs"]["PairSpec"]
    pair["required"] = ["baseline", "candidate"]
    for arm in ("baseline", "candidate"):
        pair["properties"][arm] = {"anyOf": [text, pair["properties"][arm]]}
    schema["properties"]["pairs"]["items"] = {"anyOf": [text, schema["properties"]["pairs"]["items"]]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def dumps(study: Study) -> str:
    """The study as YAML that `load` reads back equal."""
    return yaml.safe_dump(study.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


FREE = {"pairs", "title", "budget"}
"""Fields that may change without an effect on stored responses and verdicts; pairs are checked one by one."""


def freeze(study: Study, out: Path) -> None:
    """Write a copy of the study into its folder, or compare it with the existing copy.

    Pairs may be added. A pair without candidate responses may change or be removed. Any other change raises StoreError,
    since stored runs depend on it.
    """
    path = out / FILE
    if path.is_file():
        stored = load(path)
        if stored.model_dump(exclude=FREE) != study.model_dump(exclude=FREE):
            raise StoreError(
                f"{path}: its profile, benchmarks or settings differ from the requested ones; pass a new --out."
            )
        pairs = {p.name: p for p in study.pairs}
        for pair in stored.pairs:
            if pairs.get(pair.name) != pair and not set_aside(out, pair):
                raise StoreError(f"{path}: pair {pair.name!r} changed or was removed; pass a new --out.")
    out.mkdir(parents=True, exist_ok=True)
    save_text(path, dumps(study))


def set_aside(out: Path, pair: PairSpec) -> bool:
    """Move the run of a pair without candidate responses to `aside`; False, without a change, if it has some."""
    folder = run_folder(out, pair)
    if not (folder / "run.sqlite").is_file():
        return not folder.exists()
    with Store(folder, write=True) as store:
        if store.have(Arm.CANDIDATE):
            return False
    (out / "aside").mkdir(exist_ok=True)
    before = sum(path.name.startswith(f"{pair.name}~") for path in (out / "aside").iterdir())
    folder.rename(out / "aside" / f"{pair.name}~{before + 1}")
    return True


def of_folder(folder: Path) -> Study:
    """The study of a folder; raises UsageError if there is none."""
    if not (folder / FILE).is_file():
        raise UsageError(f"{folder}: found no {FILE}; pass the folder of a study (its --out).")
    return load(folder / FILE)


def run_folder(out: Path, spec: PairSpec) -> Path:
    """The run folder of one pair."""
    return out / "runs" / spec.name
