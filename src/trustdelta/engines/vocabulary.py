"""Whether two models have equal token ids, so that they can share random numbers keyed by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import transformers

from trustdelta.config import ModelConfig
from trustdelta.engines.model_files import reading
from trustdelta.engines.transformers import located, tokenizer_located


def vocabulary_difference(first: ModelConfig, second: ModelConfig) -> str:
    """The difference of two local models' token ids; "" where they are equal.

    vLLM's random numbers depend on the number of logits, which must be equal too. Raises EngineError where a tokenizer
    cannot be loaded.
    """
    models = (first, second)
    vocabularies = [_loaded(transformers.AutoTokenizer, m, tokenizer_located).get_vocab() for m in models]
    if differing := dict(vocabularies[0].items() ^ vocabularies[1].items()):
        return f"{len(differing)} tokens stand for different ids in the two models"
    if first.engine == "vllm":
        widths = [_loaded(transformers.AutoConfig, m, located).get_text_config().vocab_size for m in models]
        if widths[0] != widths[1]:
            return f"the models score {widths[0]} and {widths[1]} ids, and vLLM's random numbers depend on that"
    return ""


def _loaded(kind: Any, model: ModelConfig, locate: Callable[[ModelConfig], tuple[str, dict[str, Any]]]) -> Any:
    place, how = locate(model)
    with reading(model.place):
        return kind.from_pretrained(place, **how)
