"""Probabilities of a few words as the first token of a response, which some judges' model cards prescribe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from trustdelta.engines.decode import left_pad, one_thread_if_small
from trustdelta.errors import EngineError


def weigh(
    model: Any, tokenizer: Any, prompts: Sequence[tuple[int, ...]], words: Sequence[str]
) -> list[tuple[str, dict[str, float]]]:
    """For each prompt the most likely token as text, and the words' probabilities, normalised among them.

    Raises EngineError where a word is not a single token of the model.
    """
    vocabulary = tokenizer.get_vocab()
    for word in words:
        if word not in vocabulary:
            raise EngineError(
                f"{tokenizer.name_or_path}: {word!r} is no token of it; pass the model this judge is for."
            )
    ids_K = torch.tensor([vocabulary[word] for word in words], device=model.device)
    ids_BT, mask_BT = left_pad(prompts, model.device)
    with one_thread_if_small(model), torch.inference_mode():
        logits_BV = model(
            input_ids=ids_BT,
            attention_mask=mask_BT,
            position_ids=(mask_BT.cumsum(-1) - 1).clamp_min(0),
            logits_to_keep=1,
        ).logits[:, -1]
    top = [str(tokenizer.decode([token])) for token in logits_BV.argmax(-1).tolist()]
    p_BK = logits_BV[:, ids_K].double().softmax(-1).tolist()
    return [(text, dict(zip(words, row, strict=True))) for text, row in zip(top, p_BK, strict=True)]
