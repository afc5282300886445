"""Which of two texts is more likely under a model, for benchmarks that measure stereotypes by likelihood.

The texts follow the beginning-of-text token only, without chat template and reasoning trace. Such figures describe the
language model, not a chat model's answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from trustdelta.engines.decode import one_thread_if_small
from trustdelta.records import Finish, Json, Prompt, Request, Response

KEY = "likelier"
"""The key of a prompt's target that holds the texts: {"likelier": [first, second], "per_token": bool}."""


def is_comparison(prompt: Prompt) -> bool:
    """Whether a prompt is a comparison of two texts instead of a question."""
    return isinstance(prompt.target, dict) and KEY in prompt.target


def texts_of(prompt: Prompt) -> tuple[str, str, bool]:
    """The two texts of a comparison, and whether likelihoods are per token."""
    target: Json = prompt.target
    first, second = target[KEY]
    return first, second, bool(target["per_token"])


def compare(model: Any, tokenizer: Any, request: Request) -> Response:
    """The more likely text as the response; see `preferred`."""
    first, second, per_token = texts_of(request.prompt)
    return preferred(
        request, [log_probability(model, tokenizer, text, per_token=per_token) for text in (first, second)]
    )


def preferred(request: Request, logp: Sequence[float]) -> Response:
    """The more likely text as the response, with score 1 where it is the first one; equal likelihoods score 0.

    `logp`: log-probabilities of both texts in nats, per token where the target requires it; stored in `recorded`.
    """
    first, second, _ = texts_of(request.prompt)
    is_first = logp[0] > logp[1]
    return Response(
        prompt_id=request.prompt.id,
        draw=request.draw,
        text=first if is_first else second,
        finish=Finish.STOP,
        seed=request.seed,
        recorded={"score": float(is_first), "log_probability": list(logp)},
    )


def log_probability(model: Any, tokenizer: Any, text: str, *, per_token: bool = False) -> float:
    """Log-probability of a text after the beginning-of-text token in nats, summed or averaged over tokens."""
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    ids_1L = torch.tensor([[start, *ids]], device=model.device)
    with one_thread_if_small(model), torch.inference_mode():
        logits_LV = model(ids_1L).logits[0, :-1].double()
    logp_L = logits_LV.log_softmax(-1).gather(1, ids_1L[0, 1:, None])[:, 0]
    return float(logp_L.mean() if per_token else logp_L.sum())
