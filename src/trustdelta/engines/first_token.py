"""Probabilities of a few words as the first token of a response, for judges' labels and for multiple choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from trustdelta.engines.decode import left_pad, one_thread_if_small
from trustdelta.errors import EngineError

LEAST_MASS = 0.5
"""Probability of all options together below which the first token is no answer."""
SPACES = ("", " ", "Ġ", "▁")
"""How vocabularies write the space before a word: not at all, as it is, byte-level (GPT-2), SentencePiece."""


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
    logits_BV = _first_logits(model, prompts)
    top = _most_likely(tokenizer, logits_BV)
    p_BK = logits_BV[:, ids_K].double().softmax(-1).tolist()
    return [(text, dict(zip(words, row, strict=True))) for text, row in zip(top, p_BK, strict=True)]


def choose(
    model: Any, tokenizer: Any, prompts: Sequence[tuple[int, ...]], options: Sequence[Sequence[str]]
) -> list[tuple[str, dict[str, float]]]:
    """For each prompt its most likely option, and the probability of each option as the first token.

    An option has the probability of its tokens with and without a space before it. Where all options together have less
    than `LEAST_MASS`, the model begins its answer with something else, and the text is the most likely token. Raises
    EngineError where an option is not a single token of the model.
    """
    logits_BV = _first_logits(model, prompts)
    p_BV = logits_BV.double().softmax(-1)
    result: list[tuple[str, dict[str, float]]] = []
    for p_V, labels, top in zip(p_BV, options, _most_likely(tokenizer, logits_BV), strict=True):
        p = {label: float(p_V[_ids_of(tokenizer, label)].sum()) for label in labels}
        result.append((max(p, key=p.__getitem__) if sum(p.values()) >= LEAST_MASS else top, p))
    return result


def _ids_of(tokenizer: Any, label: str) -> list[int]:
    vocabulary = tokenizer.get_vocab()
    if ids := [vocabulary[space + label] for space in SPACES if space + label in vocabulary]:
        return ids
    raise EngineError(
        f"{tokenizer.name_or_path}: the option {label!r} is no single token of it; --set choice_answers=written."
    )


def _first_logits(model: Any, prompts: Sequence[tuple[int, ...]]) -> torch.Tensor:
    """Logits of the first token of each response, [B, V]."""
    ids_BT, mask_BT = left_pad(prompts, model.device)
    with one_thread_if_small(model), torch.inference_mode():
        logits_BTV: torch.Tensor = model(
            input_ids=ids_BT,
            attention_mask=mask_BT,
            position_ids=(mask_BT.cumsum(-1) - 1).clamp_min(0),
            logits_to_keep=1,
        ).logits
    return logits_BTV[:, -1]


def _most_likely(tokenizer: Any, logits_BV: torch.Tensor) -> list[str]:
    return [str(tokenizer.decode([token])) for token in logits_BV.argmax(-1).tolist()]
