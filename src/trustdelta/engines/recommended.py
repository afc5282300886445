"""What a model's generation_config.json recommends: sampling that we apply, and what it asks for that we do not."""

from __future__ import annotations

from typing import Any

from trustdelta.config import Sampling
from trustdelta.errors import EngineError
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


def recommended_sampling(found: Any) -> Sampling:
    """The sampling that a model's generation_config.json recommends; plain sampling where it says nothing."""
    if getattr(found, "do_sample", None) is False:
        return Sampling(temperature=0.0)
    said = {name: getattr(found, name, None) for name in Sampling.model_fields}
    return Sampling.model_validate({name: value for name, value in said.items() if value is not None})


def not_applied(found: Any) -> dict[str, Json]:
    """What generation_config.json asks for beyond the sampling that every engine here applies."""
    said = {name: getattr(found, name, None) for name in (*OTHERS, *LISTS)}
    return {name: value for name, value in said.items() if value is not None and value != OTHERS.get(name)}


def end_ids(found: Any, tokenizer: Any) -> frozenset[int]:
    """Every token id that ends a response, from the model's generation_config.json and its tokenizer."""
    named = getattr(found, "eos_token_id", None)
    listed = [] if named is None else named if isinstance(named, list) else [named]
    ids = {i for i in [*listed, tokenizer.eos_token_id] if i is not None}
    if not ids:
        raise EngineError(
            f"{tokenizer.name_or_path}: no end-of-sequence token; set eos_token_id in generation_config.json."
        )
    return frozenset(ids)
