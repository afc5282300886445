"""What a study is: `study.yaml`, its pairs, and the audit configuration of each of them."""

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
from trustdelta.records import Arm, Json
from trustdelta.resolve import resolve
from trustdelta.store import Store

FILE = "study.yaml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Dose(Strict):
    """Where a pair stands in a graded series: checkpoints of one run, replay, learning rates, shares of a mix.

    `worse`: whether more or less of it is expected to harm. Claims over a series are tested in that order, so it is
    declared, never found.
    """

    series: str
    value: FiniteFloat
    unit: str = ""
    worse: Literal["more", "less"] = "more"


class PairSpec(Strict):
    """One pair of a study.

    `name` is its folder under `runs/`. `family`: pairs that share a baseline are one family; by default the baseline's
    source. `labels`: free values. `dose`: its place in a series, which the page draws a curve over. `benchmarks` and
    `settings` add to, or override, those of the study.
    """

    name: str
    baseline: ModelConfig
    candidate: ModelConfig
    method: Literal["sft", "rl", "distill", "hybrid", "mixed", "unknown"] = "unknown"
    lineage: Literal["strict", "sibling", "conventional", "unknown"] = "unknown"
    family: str = ""
    labels: dict[str, Json] = Field(default_factory=dict)
    dose: Dose | None = None
    benchmarks: tuple[str, ...] = ()
    settings: dict[str, Json] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_a_folder_name(self) -> PairSpec:
        if not NAME.fullmatch(self.name):
            raise ValueError("a pair's name is at most 100 letters, digits, dots, dashes and underscores")
        return self


class Budget(Strict):
    """What a study may cost at most, by its forecast, before anything is generated; None: no bound.

    `responses` and `tokens` count both models, shared baselines once, each token budget as filled. `hours` are those of
    one engine that writes `throughput` tokens per second.
    """

    responses: Annotated[int, Field(gt=0)] | None = None
    tokens: Annotated[int, Field(gt=0)] | None = None
    hours: Annotated[FiniteFloat, Field(gt=0)] | None = None
    throughput: Annotated[FiniteFloat, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _hours_need_a_speed(self) -> Budget:
        if self.hours is not None and self.throughput is None:
            raise ValueError("hours need a throughput, in tokens per second")
        return self


class Study(Strict):
    """Pairs, benchmarks, settings and budget of a study; `settings` are fields of an audit's configuration."""

    title: str = "Study"
    profile: str = "quick"
    benchmarks: tuple[str, ...] = ()
    settings: dict[str, Json] = Field(default_factory=dict)
    budget: Budget = Budget()
    pairs: tuple[PairSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Study:
        names = [p.name.casefold() for p in self.pairs]  # a folder each, on file systems that ignore case too
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"pair {twice[0]!r} is there twice; give it another name")
        return self

    @model_validator(mode="after")
    def _baselines_are_one_family(self) -> Study:
        seen: dict[tuple[str, str | None], PairSpec] = {}
        for pair in self.pairs:
            first = seen.setdefault((pair.baseline.source, pair.baseline.revision), pair)
            if family_of(first) != family_of(pair):
                raise ValueError(f"{first.name!r} and {pair.name!r} share a baseline; give both one `family`, or none")
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
            other = seen.setdefault((dose.series, family_of(pair), dose.value), pair.name)
            if other != pair.name:
                raise ValueError(f"series {dose.series!r}: {other!r} and {pair.name!r} have one dose; name two series")
        return self

    def config(self, spec: PairSpec) -> AuditConfig:
        """The full configuration of one pair's audit; raises UnknownNameError or ConfigError."""
        benchmarks = spec.benchmarks or self.benchmarks
        own = {"profile": self.profile, "benchmarks": benchmarks}
        values = merged(own, self.settings, spec.settings)
        if models := values.keys() & {"baseline", "candidate"}:
            raise ConfigError(f"{spec.name}: settings: found {min(models)}, wanted it as a field of the pair; move it.")
        if spec.method != "unknown":
            values.setdefault("method", spec.method)
        try:
            return resolve(spec.baseline, spec.candidate, **values)
        except UsageError as problem:
            raise type(problem)(f"pair {spec.name}: {problem}") from None


def family_of(spec: PairSpec) -> str:
    """The family of a pair: pairs with one baseline belong together."""
    return spec.family or spec.baseline.source


def load(path: Path, root: Path | None = None) -> Study:
    """Read a study; relative paths of recorded responses are taken from `root`, by default the file's folder.

    Raises ConfigError where the file is not a study, UnknownNameError for a registered pair that there is not.
    """
    values = load_yaml(path, "pass a study.yaml")
    if not isinstance(values, dict) or not isinstance(values.get("pairs"), list):
        raise ConfigError(f"{path}: found no list under `pairs`; see docs/studies.md for a study.yaml.")
    base = (root or path.parent).resolve()
    values["pairs"] = [_pair_values(given, base) for given in values["pairs"]]
    return _checked(values, str(path))


def _pair_values(given: Json, root: Path) -> Json:
    """One pair's values: a registered name, or its fields; models may be given by their source alone."""
    if isinstance(given, str):
        pair = registry.load(given)
        found = pair.settings
        arms = {arm: {k: v for k, v in found[arm].items() if v is not None} for arm in ("baseline", "candidate")}
        return {"name": pair.name, "method": pair.method, "lineage": pair.lineage, **arms}
    if not isinstance(given, dict):
        return given
    values = dict(given)
    for arm in ("baseline", "candidate"):
        model = values.get(arm)
        model = {"source": model} if isinstance(model, str) else model
        values[arm] = _placed(model, root) if isinstance(model, dict) else model
    if "name" not in values and all(isinstance(values[arm], dict) for arm in ("baseline", "candidate")):
        values["name"] = "--".join(_slug(str(values[arm].get("source", ""))) for arm in ("baseline", "candidate"))
    return values


def _placed(model: dict[str, Json], root: Path) -> dict[str, Json]:
    """A model's values with the paths of its recorded files made absolute."""
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
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "study"
        raise ConfigError(f"{where}: {field}: {first['msg']}; see docs/studies.md.") from None


def dumps(study: Study) -> str:
    """The study as YAML that `load` reads back equal."""
    return yaml.safe_dump(study.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


FREE = {"pairs", "title", "budget"}
"""What of a study may change without any stored response or verdict being another; pairs are looked at one by one."""


def freeze(study: Study, out: Path) -> None:
    """Write the study's copy into its folder, or check that the one there is the same.

    Pairs may be added, and a pair whose candidate never answered may change or go; anything else that changed raises
    StoreError, since stored runs rest on it.
    """
    path = out / FILE
    if path.is_file():
        kept = load(path)
        if kept.model_dump(exclude=FREE) != study.model_dump(exclude=FREE):
            raise StoreError(f"{path}: its profile, benchmarks or settings are not those asked for; pass a new --out.")
        asked = {p.name: p for p in study.pairs}
        for pair in kept.pairs:
            if asked.get(pair.name) != pair and not set_aside(out, pair):
                raise StoreError(f"{path}: pair {pair.name!r} changed or is gone; pass a new --out.")
    out.mkdir(parents=True, exist_ok=True)
    save_text(path, dumps(study))


def set_aside(out: Path, pair: PairSpec) -> bool:
    """Move away what a pair stored whose candidate never answered; False, and nothing is touched, where it did."""
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
    """The study of a folder; raises UsageError where there is none."""
    if not (folder / FILE).is_file():
        raise UsageError(f"{folder}: found no {FILE}; pass the folder of a study (its --out).")
    return load(folder / FILE)


def run_folder(out: Path, spec: PairSpec) -> Path:
    """The run folder of one pair."""
    return out / "runs" / spec.name
