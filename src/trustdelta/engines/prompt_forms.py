"""Formats in which servers return log-probabilities of a prompt: vLLM's, SGLang's, and the older `echo`.

Pure functions from a prompt to a request's body, and from a reply to the prompt's tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from trustdelta.records import Json

Ids = Sequence[int]
LEAST_LOGP = -1e4
"""Replaces minus infinity, which JSON lacks."""


class Token(NamedTuple):
    """One token of a prompt."""

    text: str
    logp: float | None
    """Log-probability in nats; None for the first token."""
    listed: Mapping[str, float]
    """Log-probabilities of the most likely tokens at this position."""


class Form(NamedTuple):
    """One format."""

    route: str
    under_base: bool
    """Whether the route is below the base URL."""
    body: Callable[[str, Ids | str, int], Json]
    """Request body of model, prompt and list length."""
    read: Callable[[Json, Ids | str], list[Token]]
    """Tokens of a reply."""


def vllm_body(model: str, prompt: Ids | str, top: int) -> Json:
    """A completion of one token whose prompt is scored."""
    return {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0, "prompt_logprobs": top}


def vllm_tokens(reply: Json, prompt: Ids | str) -> list[Token]:
    """From a list of {id: {logprob, decoded_token}}, null for the first token."""
    tokens = []
    for token, entry in zip(prompt, reply["choices"][0]["prompt_logprobs"], strict=True):
        listed = {name: _logp(e["logprob"]) for name, e in (entry or {}).items()}
        own = (entry or {}).get(str(token))
        text = "" if own is None else own["decoded_token"] or ""
        tokens.append(Token(text, None if own is None else _logp(own["logprob"]), listed))
    return tokens


def sglang_body(model: str, prompt: Ids | str, top: int) -> Json:
    """A generation of one token whose input is scored; the server has one model, so none is named."""
    del model
    source = {"text": prompt} if isinstance(prompt, str) else {"input_ids": list(prompt)}
    output = {"return_logprob": True, "logprob_start_len": 0, "return_text_in_logprobs": True}
    return {
        **source,
        **output,
        "top_logprobs_num": max(0, top),
        "sampling_params": {"max_new_tokens": 1, "temperature": 0},
    }


def sglang_tokens(reply: Json, prompt: Ids | str) -> list[Token]:
    """From lists of [log-probability, id, text]."""
    del prompt
    meta = reply["meta_info"]
    rows = meta["input_token_logprobs"]
    lists = meta.get("input_top_logprobs") or [None] * len(rows)
    return [
        Token(text or "", None if logp is None else _logp(logp), {str(i): _logp(x) for x, i, *_ in top or ()})
        for (logp, _, text), top in zip(rows, lists, strict=True)
    ]


def echo_body(model: str, prompt: Ids | str, top: int) -> Json:
    """A completion of one token that repeats its prompt."""
    return {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": max(1, top)}


def echo_tokens(reply: Json, prompt: Ids | str) -> list[Token]:
    """From parallel lists of texts, log-probabilities and {text: log-probability}; generated tokens are excluded."""
    logprobs = reply["choices"][0]["logprobs"]
    lists = logprobs.get("top_logprobs") or [None] * len(logprobs["tokens"])
    tokens: list[Token] = []
    read = 0
    for text, logp, top in zip(logprobs["tokens"], logprobs["token_logprobs"], lists, strict=True):
        if read < len(prompt):
            listed = {name: _logp(x) for name, x in (top or {}).items()}
            tokens.append(Token(text, None if logp is None else _logp(logp), listed))
            read += len(text)
    return tokens


def echo_lists_generated(reply: Json, prompt: Ids | str) -> bool:
    """Whether the generated token is listed after the prompt's.

    llama-cpp-python (0.3.36) omits it where it adds no beginning-of-text token; each token is then paired with the
    distribution of the next position.
    """
    try:
        return len(reply["choices"][0]["logprobs"]["tokens"]) > len(echo_tokens(reply, prompt))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return False


FORMS = {
    "prompt_logprobs": Form("/completions", True, vllm_body, vllm_tokens),
    "generate": Form("/generate", False, sglang_body, sglang_tokens),
    "echo": Form("/completions", True, echo_body, echo_tokens),
}
"""Formats in the order of attempts."""


def _logp(value: float) -> float:
    return max(LEAST_LOGP, float(value))
