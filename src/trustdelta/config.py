"""Every knob of an audit. The resolved configuration is saved as YAML in the run folder and runs again as it is.

Imports nothing heavy: a configuration can be read, checked and written without torch.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from trustdelta.errors import ConfigError
from trustdelta.parsing import LARGEST, load_yaml, short
from trustdelta.records import SECRET, Json, content_hash
from trustdelta.thoughts import format_problem

Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Strict(BaseModel):
    """Base of all configuration: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Sampling(Strict):
    """How tokens are drawn. `temperature` 0 is greedy; `repetition_penalty` 1 is none."""

    temperature: Annotated[float, Field(ge=0, le=5)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Field(ge=0)] = 0
    min_p: Fraction = 0.0
    repetition_penalty: Annotated[float, Field(gt=0, le=5)] = 1.0


COMMON_SAMPLING = {"temperature": 0.6, "top_p": 0.95, "top_k": 20}
"""What both models draw with where they are compared under the same sampling, and a model that recommends none."""

SERVED = ("http://", "https://")
"""How the address of a server begins."""

ENGINE_PREFIX = re.compile(r"^(?!organism:)([a-z]{2,}):(?!//)")
"""`ENGINE:` in front of a source names the engine that runs it; `organism:` names a model."""

WITH_WEIGHTS = ("transformers", "vllm")
"""Engines that read the model's weights themselves, so that its probabilities can be had."""

REVISION = r"[0-9a-f]{40}|[0-9a-f]{64}"
PINNED = re.compile(rf"^(?!https?:)(.+)@({REVISION})$")
"""A model and the revision of it: a commit, or the hash of a local folder's code."""


def names_secret(value: Json) -> str:
    """The first name in a value, at any depth, that may carry a secret; empty where there is none."""
    if isinstance(value, dict):
        return next(
            (n for k, v in value.items() for n in ([k] if SECRET.search(str(k)) else [names_secret(v)]) if n), ""
        )
    return next((n for v in value if (n := names_secret(v))), "") if isinstance(value, (list, tuple)) else ""


def check_address(source: str) -> None:
    """Raise ConfigError, without repeating it, for a server's address that carries what may be a secret."""
    if source.startswith(SERVED):
        before_model = source.partition("#")[0]
        if "@" in re.split(r"[/?]", before_model.partition("//")[2])[0] or "?" in before_model:
            raise ConfigError(
                "source: found a user name, password or query in a server's address, wanted http://HOST:PORT/v1#MODEL; "
                "pass the key as TRUSTDELTA_API_KEY in the environment."
            )


class RecordedFile(Strict):
    """Responses of one model to one benchmark that exist already. `columns` says where what stands.

    `scores` is a second file, of scores for these responses, with `score_columns` of its own.
    """

    benchmark: str
    file: Path
    scores: Path | None = None
    columns: dict[str, Json] = Field(default_factory=dict)
    score_columns: dict[str, Json] = Field(default_factory=dict)


class ModelConfig(Strict):
    """One of the two models and how it is run, or the files that hold what it wrote.

    `source`: `organism:NAME`, a Hugging Face hub id, a local folder, or a model behind an OpenAI-compatible server
    (`http://HOST:PORT/v1#MODEL`; its key comes from the environment); with `recorded`, only a name for the report.
    `vllm:` before a local model runs it in vLLM; `inspect:PROVIDER/MODEL` asks it through Inspect's model layer.
    `options` are passed to that engine as they are. `request_seconds`: how long a server may take over one request.
    `thinking`: `auto` passes nothing to the chat template, so that the model's own default holds; `on` and `off` set
    its switch. `trust_remote_code` runs code that comes with the model; it wants `revision` (or SOURCE@REVISION): a
    commit of the hub in 40 hex digits, or for a local folder the SHA-256 of its code. `thinking_format`: how thoughts
    are marked, by name or as OPEN...CLOSE; `none`: the marks are part of the answers (docs/thoughts.md). `sampling`:
    None takes the model's own recommendation (generation_config.json), and COMMON_SAMPLING where it names none.
    `tolerate`: what the model's server is known to drop, so that the report says so instead of the run being stopped.
    """

    source: str
    revision: str | None = None
    trust_remote_code: bool = False
    thinking: Literal["auto", "on", "off"] = "auto"
    thinking_format: str = "auto"
    sampling: Sampling | None = None
    system_prompt: str | None = None
    recorded: tuple[RecordedFile, ...] = ()
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    request_seconds: Annotated[float, Field(gt=0)] = 600.0
    options: dict[str, Json] = Field(default_factory=dict)
    tolerate: tuple[Literal["seed", "top_p", "top_k", "min_p", "thinking_switch", "stop_reason"], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _revision_behind_source(cls, values: Json) -> Json:
        found = PINNED.match(str(values.get("source"))) if isinstance(values, dict) else None
        if found is None or values.get("revision") not in (None, found[2]):
            return values
        return {**values, "source": found[1], "revision": found[2]}

    @model_validator(mode="after")
    def _own_code_is_pinned(self) -> Self:
        pinned = re.fullmatch(REVISION, self.revision or "")
        if self.trust_remote_code and not (pinned and self.engine in WITH_WEIGHTS):
            raise ValueError(
                "a model's own code wants a pinned revision of a model that runs here: SOURCE@COMMIT, 40 hex digits "
                "(a local folder: the SHA-256 of its code, 64)"
            )
        return self

    @field_validator("source")
    @classmethod
    def _holds_no_secret(cls, source: str) -> str:
        check_address(source)
        return source

    @field_validator("options")
    @classmethod
    def _options_hold_no_secret(cls, options: dict[str, Json]) -> dict[str, Json]:
        if named := names_secret(options):
            raise ValueError(f"{named} may hold a secret, which belongs in the environment")
        return options

    @field_validator("thinking_format")
    @classmethod
    def _is_a_format(cls, name: str) -> str:
        if problem := format_problem(name):
            raise ValueError(problem)
        return name

    @property
    def engine(self) -> str:
        """Name of the engine that runs the model."""
        if self.source.startswith(SERVED):
            return "endpoint"
        named = ENGINE_PREFIX.match(self.source)
        return named[1] if named else "transformers"

    @property
    def place(self) -> str:
        """The source without the engine's name."""
        return ENGINE_PREFIX.sub("", self.source, count=1)

    @property
    def model_name(self) -> str:
        """The model's own name (hub id, folder, organism), as a server serves it or this machine loads it."""
        return self.source.partition("#")[2] if self.engine == "endpoint" else self.place

    @property
    def served(self) -> bool:
        """Whether a server runs the model, so that its weights are out of reach."""
        return self.engine not in WITH_WEIGHTS


class JudgeConfig(Strict):
    """A model that judges in the place of the built-in scorers that it can fill.

    `judge`: a name of `trustdelta judges list`, with its way of reading where there are several ("qwen3guard/strict"),
    which is thereby declared beforehand. `model`: how it is run, like an audited model, greedily unless a sampling is
    set; its source may also be a file of recorded outputs (columns `prompt`, `answer`, `output`). `rubrics`: for the
    judge "rubric", what YES and NO mean, by the name of the scorer that each takes the place of.
    """

    judge: str
    model: ModelConfig
    rubrics: dict[str, str] = Field(default_factory=dict)

    @field_validator("model")
    @classmethod
    def _greedy(cls, model: ModelConfig) -> ModelConfig:
        return model.model_copy(update={"sampling": model.sampling or Sampling(temperature=0.0)})

    @property
    def file(self) -> Path | None:
        """The file of recorded outputs, where the source is one."""
        path = Path(self.model.source)
        return path if path.suffix.lower() in TABLES and path.is_file() else None


TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
"""Endings of files that hold rows."""


class Limits(Strict):
    """How much may be missing: shares of truncated and unscored responses, and how far the arms may differ in them."""

    truncated: Fraction = 0.05
    unscored: Fraction = 0.05
    gap: Fraction = 0.03


class AuditConfig(Strict):
    """One audit: two models, the benchmarks, their size, the decoding budget and the statistical plan.

    `coupling`: whether both models draw with the same random numbers, which makes the differences less noisy
    (`shared`), or the candidate's responses begin as the baseline's as far as its own distribution allows (`maximal`);
    auto shares them where both models have one vocabulary and one engine of this machine.
    `noise_floor`: also audit the baseline against itself with other draws, and report the differences. `pair`: name
    of the registered pair that settings were taken from, which the report states.
    `prompts_per_metric`: size of the seeded, stratified sample that every metric with a verdict rests on; None takes
    every prompt. `primary`: full names of the metrics that carry verdicts; None leaves that to the benchmarks. `draws`
    and `baseline_draws`: responses per prompt; `benchmark_draws` raises both for single benchmarks. `thought_tokens`
    and `answer_tokens` override the benchmarks' own budgets; `token_budgets`: each bounds its own part, as far as the
    engine can hold them apart, or both together bound the sum. `option_seed`: show the options of multiple choice
    questions in an order drawn from it; None as published. `personal_data`: also run sets that hold personal data of
    real people. `rule`: certify (verdicts), or screen (a list at a false discovery rate of 10 %; nothing stops early).
    `estimand`: what verdicts are about, prompts like these or exactly these. `margins` and `effects`: by metric name,
    the margin, and what alignment had gained (a quarter of it may be lost), in the metric's units. `youden`: what an
    unchecked judge is taken to be worth. `futility`: of the sequential design. `budget`: most candidate responses;
    looks then go where a claim is nearest for its cost. `drift_mode`: both models in memory at once, or one after the
    other with the first one's hidden states on disk; the numbers are the same. `drift_top_logprobs`: likeliest tokens
    asked of a server at each position, -1 for its whole vocabulary. `drift_yardstick`: the model that the baseline
    was made from, whose distance from the baseline is reported beside the candidate's. `judges`: models that judge in
    the place of built-in scorers; the first that fills a scorer decides its metrics, and the second gives a second
    opinion.
    """

    baseline: ModelConfig
    candidate: ModelConfig
    pair: str = ""
    benchmarks: tuple[str, ...]
    primary: tuple[str, ...] | None = None
    profile: str = "custom"
    prompts_per_metric: Count | None = None
    draws: Count = 1
    baseline_draws: Count = 1
    benchmark_draws: dict[str, Count] = Field(default_factory=dict)
    seed: Annotated[int, Field(ge=0, lt=LARGEST)] = 0
    coupling: Literal["auto", "independent", "shared", "maximal"] = "auto"
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    design: Literal["group_sequential", "fixed", "anytime"] = "group_sequential"
    rule: Literal["certify", "screen"] = "certify"
    estimand: Literal["population", "benchmark"] = "population"
    margins: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    effects: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    youden: Annotated[float, Field(gt=0, le=1)] = 0.80
    futility: Annotated[float, Field(ge=0, lt=0.5)] = 0.05
    budget: Count | None = None
    limits: Limits = Limits()
    thought_tokens: Count | None = None
    answer_tokens: Count | None = None
    token_budgets: Literal["apart", "together"] = "apart"
    option_seed: Annotated[int, Field(ge=0, lt=LARGEST)] | None = None
    personal_data: bool = False
    batch_size: Count = 128
    noise_floor: bool = False
    drift: bool = True
    drift_prompts_per_benchmark: Count = 200
    drift_mode: Literal["auto", "one_pass", "two_pass"] = "auto"
    drift_top_logprobs: Annotated[int, Field(ge=-1)] = 20
    drift_yardstick: str = ""
    judges: Annotated[tuple[JudgeConfig, ...], Field(max_length=2)] = ()
    method: Literal["sft", "rl", "distill", "hybrid", "mixed", "unknown"] = "unknown"
    data_dir: Path | None = None
    allow_download: bool = False
    include_text: bool = False

    def model(self, arm: str) -> ModelConfig:
        """The model of `baseline` or `candidate`."""
        return self.baseline if arm == "baseline" else self.candidate

    @property
    def sequential(self) -> bool:
        """Whether the candidate is asked in looks; recorded responses are there already, so nothing could be saved."""
        return self.design != "fixed" and not self.candidate.recorded

    def measured(self) -> Json:
        """What decides the numbers: everything but where data lie and what a report shows."""
        beside = {"data_dir", "allow_download", "include_text", "profile", "noise_floor"}
        beside |= {"drift_mode", "drift_yardstick"}  # what is measured beside, under the yardstick's own name
        return self.model_dump(mode="json", exclude=beside)

    @property
    def hash(self) -> str:
        """Hash of everything that decides the numbers."""
        return content_hash(self.measured())[:16]


def check(values: Json) -> AuditConfig:
    """A configuration from plain values; raises ConfigError with one line that names the field."""
    return agreed(_checked(AuditConfig, values, "configuration"))


def check_model(arm: str, values: Json) -> ModelConfig:
    """One model's configuration from plain values; raises ConfigError with one line that names the field."""
    return _checked(ModelConfig, values, arm)


M = TypeVar("M", bound=Strict)


def _checked(kind: type[M], values: Json, name: str) -> M:
    try:
        return kind.model_validate(values)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or name
        secret = SECRET.search(where) or names_secret(first["input"])
        found = "a value that is not shown" if secret else short(first["input"])
        raise ConfigError(f"{where}: {first['msg']} (found {found}); see `trustdelta audit --help`.") from None


def agreed(config: AuditConfig) -> AuditConfig:
    """The configuration, if its settings go together; raises ConfigError where two of them do not."""
    if config.rule == "screen" and config.sequential:
        raise ConfigError(f"rule: found screen with design {config.design}, wanted design fixed; --set design=fixed.")
    if config.budget is not None and not (config.sequential and config.design == "group_sequential"):
        raise ConfigError(
            "budget: found one for an audit that does not ask in looks, wanted design group_sequential and a model."
        )
    return config


def dumps(config: AuditConfig) -> str:
    """The configuration as YAML that `load` reads back equal."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load(path: Path) -> AuditConfig:
    """Read a saved configuration; raises ConfigError where the file is not one."""
    values = load_yaml(path, "pass a file saved by an audit")
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: found {type(values).__name__}, wanted a mapping of settings; pass an audit's YAML.")
    return check(values)
