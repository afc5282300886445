"""Settings of one model: its source, engine and sampling."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from trustdelta.config.base import Fraction, Strict
from trustdelta.errors import ConfigError
from trustdelta.records import SECRET, Json
from trustdelta.thoughts import format_problem


class Sampling(Strict):
    """How tokens are sampled."""

    temperature: Annotated[float, Field(ge=0, le=5)] = 1.0
    """Divisor of the logits; 0 is greedy decoding."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Probability mass of the tokens that are sampled from; 1: all."""
    top_k: Annotated[int, Field(ge=0)] = 0
    """Number of most probable tokens that are sampled from; 0: all."""
    min_p: Fraction = 0.0
    """Least probability of a token, as a fraction of the most probable one's."""
    repetition_penalty: Annotated[float, Field(gt=0, le=5)] = 1.0
    """Factor that lowers the logits of tokens that occurred; 1 is none."""


COMMON_SAMPLING = {"temperature": 0.6, "top_p": 0.95, "top_k": 20}
"""Sampling of both models if they share one, and of a model that recommends none."""

SERVED = ("http://", "https://")
"""Prefixes of a server's address."""

GGUF = ".gguf"
"""End of the name of a file that llama.cpp runs."""

ENGINE_PREFIX = re.compile(r"^(?!organism:)([a-z]{2,}):(?!//)")
"""`ENGINE:` in front of a source names the engine that runs it; `organism:` names a model."""

WITH_WEIGHTS = ("transformers", "vllm")
"""Engines that read the model's weights, so that its probabilities are available."""

READS_TEXTS = (*WITH_WEIGHTS, "endpoint")
"""Engines that compute the probabilities of an existing text."""

REVISION = r"[0-9a-f]{40}|[0-9a-f]{64}"
PINNED = re.compile(rf"^(?!https?:)(.+)@({REVISION})$")
"""A model and its revision: a commit, or the hash of a local folder's code."""


def names_secret(value: Json) -> str:
    """The first name in a value, at any depth, that may be of a secret; empty if there is none."""
    if isinstance(value, dict):
        return next(
            (n for k, v in value.items() for n in ([k] if SECRET.search(str(k)) else [names_secret(v)]) if n), ""
        )
    return next((n for v in value if (n := names_secret(v))), "") if isinstance(value, (list, tuple)) else ""


def check_address(source: str) -> None:
    """Raise ConfigError, without the address, for a server's address that may contain a secret."""
    if source.startswith(SERVED):
        before_model = source.partition("#")[0]
        if "@" in re.split(r"[/?]", before_model.partition("//")[2])[0] or "?" in before_model:
            raise ConfigError(
                "source: found a user name, password or query in a server's address, wanted http://HOST:PORT/v1#MODEL; "
                "pass the key as TRUSTDELTA_API_KEY in the environment."
            )


class RecordedFile(Strict):
    """Existing responses of one model to one benchmark."""

    benchmark: str
    """Name of the benchmark."""
    file: Path
    """File of the responses."""
    scores: Path | None = None
    """Second file, with scores of these responses."""
    columns: dict[str, Json] = Field(default_factory=dict)
    """Column mapping of `file`, by role."""
    score_columns: dict[str, Json] = Field(default_factory=dict)
    """Column mapping of `scores`, by role."""


class ModelConfig(Strict):
    """One of the two models, or the files of its responses."""

    source: str
    """The model: `organism:NAME`, a Hugging Face hub id, a local folder or a server's model.

    A server is OpenAI-compatible (`http://HOST:PORT/v1#MODEL`), and its key comes from the environment. `vllm:` before
    a local model runs it in vLLM; BASE+ADAPTER adds an adapter (LoRA), whose folder alone is enough where it names its
    base; `inspect:PROVIDER/MODEL` uses Inspect's model layer. With `recorded`, the source is
    only a name for the report.
    """
    revision: str | None = None
    """Commit of the hub in 40 hex digits, or the SHA-256 of a local folder's code; SOURCE@REVISION is the same."""
    trust_remote_code: bool = False
    """Whether the model's remote code may run; it needs `revision`."""
    thinking: Literal["auto", "on", "off"] = "auto"
    """Switch of the chat template; `auto` passes nothing, so that the model's default holds."""
    thinking_format: str = "auto"
    """How reasoning traces are marked: a format's name, OPEN...CLOSE, or `none`, where marks belong to the answers."""
    sampling: Sampling | None = None
    """How tokens are sampled; None: as the model's generation_config.json recommends, else COMMON_SAMPLING."""
    system_prompt: str | None = None
    """System prompt before every chat; None: the benchmark's own, if any."""
    recorded: tuple[RecordedFile, ...] = ()
    """Files of existing responses, which are read instead of running a model."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Number type of the weights; `auto`: that of the model's files on a GPU.

    On a CPU `auto` is bfloat16 for a model whose files are bfloat16 if the CPU computes it, else float32. Two models of
    this machine run in one type: where one is configured, `auto` is the same, and where files differ, float32.
    """
    device: str = "auto"
    """Device that runs the model, by torch's name; `auto`: a GPU where there is one."""
    request_seconds: Annotated[float, Field(gt=0)] = 600.0
    """Longest time that a server may take to answer one request, in seconds."""
    options: dict[str, Json] = Field(default_factory=dict)
    """Arguments that are passed to the engine named before the source, unchanged."""
    tolerate: tuple[Literal["seed", "top_p", "top_k", "min_p", "thinking_switch", "stop_reason"], ...] = ()
    """Parameters that the model's server may ignore: the report states it, and the run is not stopped."""

    @model_validator(mode="before")
    @classmethod
    def _revision_behind_source(cls, values: Json) -> Json:
        named = PINNED.match(str(values.get("source"))) if isinstance(values, dict) else None
        if named is None or values.get("revision") not in (None, named[2]):
            return values
        return {**values, "source": named[1], "revision": named[2]}

    @model_validator(mode="after")
    def _own_code_is_pinned(self) -> Self:
        pinned = re.fullmatch(REVISION, self.revision or "")
        if self.trust_remote_code and not (pinned and self.engine in WITH_WEIGHTS):
            raise ValueError(
                "a model's remote code needs a pinned revision of an in-process model: SOURCE@COMMIT, 40 hex digits "
                "(a local folder: the SHA-256 of its code, 64)"
            )
        return self

    @field_validator("thinking", mode="before")
    @classmethod
    def _word_of_truth_value(cls, value: Json) -> Json:
        return {True: "on", False: "off"}[value] if isinstance(value, bool) else value  # YAML reads on as true

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
        if named:
            return named[1]
        return "llamacpp" if self.source.endswith(GGUF) else "transformers"

    @property
    def place(self) -> str:
        """The source without the engine's name."""
        return ENGINE_PREFIX.sub("", self.source, count=1)

    @property
    def model_name(self) -> str:
        """The model's name (hub id, folder, organism), as a server or this machine loads it."""
        return self.source.partition("#")[2] if self.engine == "endpoint" else self.place

    @property
    def served(self) -> bool:
        """Whether a server runs the model, so that its weights are not accessible."""
        return self.engine not in WITH_WEIGHTS
