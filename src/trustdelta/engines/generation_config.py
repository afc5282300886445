"""A model's generation_config.json: the recommended sampling, and its settings that are not applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from trustdelta.config import COMMON_SAMPLING, Sampling
from trustdelta.errors import EngineError
from trustdelta.parsing import short
from trustdelta.records import Json

OTHERS: dict[str, float] = {
    **dict.fromkeys(("typical_p", "encoder_repetition_penalty", "num_beams", "guidance_scale", "top_h"), 1),
    **dict.fromkeys(("presence_penalty", "frequency_penalty", "no_repeat_ngram_size", "penalty_alpha"), 0),
    **dict.fromkeys(
        ("epsilon_cutoff", "eta_cutoff", "encoder_no_repeat_ngram_size", "min_new_tokens", "min_length"), 0
    ),
}
"""Further settings that change sampling, with their neutral values."""

LISTS = (
    *("bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "sequence_bias", "forced_bos_token_id"),
    *("forced_eos_token_id", "exponential_decay_length_penalty", "stop_strings", "force_words_ids", "constraints"),
)
"""Settings that change sampling wherever they are set."""


TRUNCATIONS = ("top_p", "top_k", "min_p")

DECLARED = "configuration"
RECOMMENDED = "generation_config.json"
COMMON = "common to all models, because its generation_config.json names none"
"""Origins of a sampling."""


class Choice(NamedTuple):
    """The sampling of a model and its origin."""

    sampling: Sampling
    origin: str


def choose_sampling(declared: Sampling | None, generation: Any) -> Choice:
    """The declared sampling, else that of the model's generation_config.json, else the common sampling.

    The file recommends a sampling by a temperature, by a truncation with `do_sample` (at temperature 1, the default of
    `transformers.generate` and of vLLM) or by `do_sample: false`. Otherwise the two libraries differ: without
    `do_sample` transformers is greedy and vLLM samples at temperature 1; with it transformers uses top-k 50 and vLLM
    all tokens. Then the common sampling holds, updated by the file's values. Sources: transformers 5.23
    `GenerationConfig.get_generation_mode` and `_get_default_generation_params`; vLLM
    `ModelConfig.get_diff_sampling_param` with `--generation-config auto`.
    """
    if declared is not None:
        return Choice(declared, DECLARED)
    named = {name: value for name in Sampling.model_fields if (value := getattr(generation, name, None)) is not None}
    sampled = getattr(generation, "do_sample", None)
    if not isinstance(sampled, bool | None):
        raise EngineError(
            f"generation_config.json: do_sample: found {short(sampled)}, wanted true or false; correct it."
        )
    if sampled is False:
        penalty = {k: v for k, v in named.items() if k == "repetition_penalty"}
        return Choice(_valid({**penalty, "temperature": 0.0}), RECOMMENDED)
    if "temperature" in named or (sampled and any(name in named for name in TRUNCATIONS)):
        return Choice(_valid(named), RECOMMENDED)
    return Choice(_valid({**COMMON_SAMPLING, **named}), COMMON)


def _valid(values: Mapping[str, Json]) -> Sampling:
    try:
        return Sampling.model_validate(values)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise EngineError(
            f"generation_config.json: {first['loc'][0]}: found {short(first['input'])}: {first['msg']}; correct it, or "
            "set the model's sampling."
        ) from None


def sampling_text(sampling: Mapping[str, Json]) -> str:
    """A sampling as text: the temperature and every non-default value."""
    if not sampling["temperature"]:
        return "greedy"
    plain = Sampling().model_dump()
    return ", ".join(f"{k} {sampling[k]:g}" for k in plain if k == "temperature" or sampling[k] != plain[k])


def sampling_note(source: str, fingerprint: Mapping[str, Json]) -> str:
    """A note on a model with the common sampling; "" for any other."""
    if fingerprint.get("sampling_from") != COMMON:
        return ""
    return f"{source}: sampling: {sampling_text(fingerprint['sampling'])}, {COMMON}."


def not_applied(generation: Any) -> dict[str, Json]:
    """Settings of generation_config.json that no engine applies."""
    settings = {name: getattr(generation, name, None) for name in (*OTHERS, *LISTS)}
    return {name: value for name, value in settings.items() if value is not None and value != OTHERS.get(name)}


def end_ids(generation: Any, tokenizer: Any) -> frozenset[int]:
    """Every token id that ends a response, from the model's generation_config.json and its tokenizer."""
    named = getattr(generation, "eos_token_id", None)
    listed = [] if named is None else named if isinstance(named, list) else [named]
    for value in listed:
        if not isinstance(value, int) or isinstance(value, bool):
            raise EngineError(
                f"{tokenizer.name_or_path}: eos_token_id in generation_config.json: found {short(value)}, wanted token "
                "ids, which are whole numbers."
            )
    ids = {i for i in [*listed, tokenizer.eos_token_id] if i is not None}
    if not ids:
        raise EngineError(
            f"{tokenizer.name_or_path}: no end-of-sequence token; set eos_token_id in generation_config.json."
        )
    return frozenset(ids)
