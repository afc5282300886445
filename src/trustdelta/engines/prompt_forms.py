"""In which forms servers tell log-probabilities of a given prompt: vLLM's, SGLang's, and the older `echo`.

Pure functions from a prompt to a request's body, and from a reply to the prompt's tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from trustdelta.records import Json

Ids = Sequence[int]
LEAST_LOGP = -1e4
"""Stands for minus infinity, which JSON does not have."""


class Token(NamedTuple):
    """One token of a prompt: its text, its log-probability (None for the first), and the likeliest ones by name."""

    text: str
    logp: float | None
    listed: Mapping[str, float]


class Form(NamedTuple):
    """Route, whether it is under the base URL, body of a request for lists of some length, and reading of a reply."""

    route: str
    under_base: bool
    body: Callable[[str, Ids | str, int], Json]
    read: Callable[[Json, Ids | str], list[Token]]


def vllm_body(model: str, prompt: Ids | str, top: int) -> Json:
    """A completion of one token whose prompt is scored."""
    return {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0, "prompt_logprobs": top}


def vllm_tokens(reply: Json, prompt: Ids | str) -> list[Token]:
    """From a list of {id: {logprob, decoded_token}}, null for the first token."""
    found = []
    for token, entry in zip(prompt, reply["choices"][0]["prompt_logprobs"], strict=True):
        listed = {name: _logp(e["logprob"]) for name, e in (entry or {}).items()}
        own = (entry or {}).get(str(token))
        text = "" if own is None else own["decoded_token"] or ""
        found.append(Token(text, None if own is None else _logp(own["logprob"]), listed))
    return found


def sglang_body(model: str, prompt: Ids | str, top: int) -> Json:
    """A generation of one token whose input is scored; the server holds one model, so none is named."""
    del model
    given = {"text": prompt} if isinstance(prompt, str) else {"input_ids": list(prompt)}
    wanted = {"return_logprob": True, "logprob_start_len": 0, "return_text_in_logprobs": True}
    return {
        **given,
        **wanted,
        "top_logprobs_num": max(0, top),
        "sampling_params": {"max_new_tokens": 1, "temperature": 0},
    }


def sglang_tokens(reply: Json, prompt: Ids | str) -> list[Token]:
    """From lists of [log-probability, id, text]."""
    del prompt
    told = reply["meta_info"]
    rows = told["input_token_logprobs"]
    lists = told.get("input_top_logprobs") or [None] * len(rows)
    return [
        Token(text or "", None if logp is None else _logp(logp), {str(i): _logp(x) for x, i, *_ in top or ()})
        for (logp, _, text), top in zip(rows, lists, strict=True)
    ]


def echo_body(model: str, prompt: Ids | str, top: int) -> Json:
    """A completion of one token that repeats its prompt."""
    return {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": max(1, top)}


def echo_tokens(reply: Json, prompt: Ids | str) -> list[Token]:
    """From parallel lists of texts, log-probabilities and {text: log-probability}; what was generated is left out."""
    told = reply["choices"][0]["logprobs"]
    lists = told.get("top_logprobs") or [None] * len(told["tokens"])
    found: list[Token] = []
    read = 0
    for text, logp, top in zip(told["tokens"], told["token_logprobs"], lists, strict=True):
        if read < len(prompt):
            listed = {name: _logp(x) for name, x in (top or {}).items()}
            found.append(Token(text, None if logp is None else _logp(logp), listed))
            read += len(text)
    return found


def echo_tells_what_it_generated(reply: Json, prompt: Ids | str) -> bool:
    """Whether the generated token is listed after the prompt's.

    llama-cpp-python (0.3.36) leaves it out where it puts no beginning token before the text, and then each token stands
    beside the distribution that follows it, not beside its own.
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
"""In the order in which they are tried."""


def _logp(value: float) -> float:
    return max(LEAST_LOGP, float(value))
