"""What a model's generation_config.json recommends: sampling that we apply, and what it asks for that we do not."""

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
"""Further settings that bend what is drawn, with the value that does nothing."""

LISTS = (
    *("bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "sequence_bias", "forced_bos_token_id"),
    *("forced_eos_token_id", "exponential_decay_length_penalty", "stop_strings", "force_words_ids", "constraints"),
)
"""Settings that do so wherever they are given."""


TRUNCATIONS = ("top_p", "top_k", "min_p")

DECLARED = "configuration"
RECOMMENDED = "generation_config.json"
COMMON = "common to all models, because its generation_config.json names none"
"""Where a sampling is from."""


class Choice(NamedTuple):
    """What a model draws with, and where that is from."""

    sampling: Sampling
    origin: str


def choose_sampling(declared: Sampling | None, found: Any) -> Choice:
    """What is declared, else what the model's generation_config.json recommends, else the common sampling.

    A temperature that the file names is its recommendation, as is a truncation beside `do_sample` (at temperature 1,
    the default of `transformers.generate` and of vLLM) and `do_sample: false`. Where it names less, the two differ:
    without `do_sample` the one is greedy and the other draws at temperature 1, with it the one takes the 50 likeliest
    tokens and the other all. Then the common sampling holds, with what the file does name. Sources: transformers 5.23
    `GenerationConfig.get_generation_mode` and `_get_default_generation_params`; vLLM
    `ModelConfig.get_diff_sampling_param` with `--generation-config auto`.
    """
    if declared is not None:
        return Choice(declared, DECLARED)
    named = {name: value for name in Sampling.model_fields if (value := getattr(found, name, None)) is not None}
    sampled = getattr(found, "do_sample", None)
    if not isinstance(sampled, bool | None):
        raise EngineError(
            f"generation_config.json: do_sample: found {short(sampled)}, wanted true or false; correct it."
        )
    if sampled is False:
        kept = {k: v for k, v in named.items() if k == "repetition_penalty"}
        return Choice(_valid({**kept, "temperature": 0.0}), RECOMMENDED)
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
    """A sampling in words: what differs from plain sampling, and the temperature."""
    if not sampling["temperature"]:
        return "greedy"
    plain = Sampling().model_dump()
    return ", ".join(f"{k} {sampling[k]:g}" for k in plain if k == "temperature" or sampling[k] != plain[k])


def sampling_note(source: str, fingerprint: Mapping[str, Json]) -> str:
    """What is said of a model that draws with a sampling which nobody chose for it; "" of any other."""
    if fingerprint.get("sampling_from") != COMMON:
        return ""
    return f"{source}: sampling: {sampling_text(fingerprint['sampling'])}, {COMMON}."


def not_applied(found: Any) -> dict[str, Json]:
    """What generation_config.json asks for beyond the sampling that every engine here applies."""
    said = {name: getattr(found, name, None) for name in (*OTHERS, *LISTS)}
    return {name: value for name, value in said.items() if value is not None and value != OTHERS.get(name)}


def end_ids(found: Any, tokenizer: Any) -> frozenset[int]:
    """Every token id that ends a response, from the model's generation_config.json and its tokenizer."""
    named = getattr(found, "eos_token_id", None)
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
