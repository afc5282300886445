"""GGUF to a Hugging Face folder: weights, the tokenizer with its lost digit split, and the sampling it recommends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import transformers
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, LlamaConfig, LlamaForCausalLM

from experiments.real.fetch import GGUF_SHA256
from experiments.real.models import save
from trustdelta.records import Json

LOST = ("quantization_config", "architectures", "dtype", "_name_or_path", "_model_name_or_path", "transformers_version")
"""Fields of the loaded configuration that a plain model does not have."""


def card(sampling: dict[str, Json]) -> dict[str, Json]:
    """What decides the base model."""
    return {"what": "converted from a 4-bit GGUF file", "gguf_sha256": GGUF_SHA256, "sampling": sampling}


def convert(gguf: Path, folder: Path, sampling: dict[str, Json]) -> Path:
    """Write the model as a folder that transformers loads."""
    transformers.utils.logging.disable_progress_bar()
    loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
    settings = {k: v for k, v in loaded.config.to_dict().items() if k not in LOST}
    model = LlamaForCausalLM(LlamaConfig(**settings))  # the loaded one refuses to be saved
    model.load_state_dict(loaded.state_dict())
    tokenizer = mended_tokenizer(gguf)
    model.generation_config = GenerationConfig(
        do_sample=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        **sampling,
    )
    return save(folder, model, tokenizer, card(sampling))


def mended_tokenizer(gguf: Path) -> Any:
    """The file's tokenizer. transformers does not split digits as the model was trained with; llama.cpp does."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    digits = Digits(individual_digits=True)
    tokenizer.backend_tokenizer.pre_tokenizer = Sequence([digits, ByteLevel(add_prefix_space=False, use_regex=True)])
    return tokenizer
