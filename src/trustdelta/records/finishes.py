"""Finish reasons of servers and libraries: one table for engines and files.

Sources: the APIs of OpenAI (chat, Responses), Anthropic, Google (`Candidate.FinishReason`), Amazon Bedrock (Converse),
Cohere, Mistral, watsonx, Ollama; vLLM, SGLang, TGI, llama.cpp; Inspect, HELM and the Vercel AI SDK.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from trustdelta.records.terms import Finish, Json


class FinishReason(NamedTuple):
    """How generation ended."""

    finish: Finish
    moderated: bool = False
    """Whether an external filter withheld the response; `finish` is then ERROR."""
    word: str = ""
    """The reason in the table's spelling; an unknown reason in its own."""


STOPPED = (
    *("stop", "eos", "eos_token", "eos_token_id", "end_turn", "stop_sequence", "stop_sequences", "stop_token"),
    *("stop_string", "word", "endoftext", "end_of_text", "eot", "complete", "completed", "succeeded", "success"),
    *("finish", "finished", "normal", "tool_calls", "tool_call", "tool_use", "function_call", "functioncall"),
)
CUT = (
    *("length", "max_tokens", "max_length", "max_output_tokens", "max_completion_tokens", "max_new_tokens", "limit"),
    *("model_length", "token_limit", "max_output", "max_token", "max_context_length", "context_length", "truncated"),
    *("model_context_window_exceeded", "context_length_exceeded", "incomplete", "length_capped", "repetition"),
    *("max_tokens_reached", "max_time", "pause_turn"),
)
FAILED = (
    *("error", "abort", "aborted", "cancelled", "canceled", "cancel", "user_cancel", "failed", "failure", "timeout"),
    *("timed_out", "time_limit", "network_error", "server_error", "insufficient_system_resource", "other", "expired"),
    *("malformed_function_call", "malformed_model_output", "malformed_tool_use", "malformed_response", "language"),
    *("unexpected_tool_call", "too_many_tool_calls", "missing_thought_signature", "error_limit", "not_finished"),
    *("in_progress", "queued", "load", "unload"),
)
WITHHELD = (
    *("content_filter", "content_filtered", "content_filter_error", "filtered", "safety", "refusal", "moderation"),
    *("moderated", "guardrail_intervened", "guardrails", "recitation", "blocklist", "prohibited_content", "spii"),
    *("model_armor", "image_safety", "sensitive", "error_toxic", "blocked", "block", "jailbreak", "policy_violation"),
    *("content_policy_violation", "responsible_ai_policy_violation", "data_inspection_failed"),
)
REASONS: dict[str, FinishReason] = {
    **{word: FinishReason(Finish.STOP, word=word) for word in STOPPED},
    **{word: FinishReason(Finish.LENGTH, word=word) for word in CUT},
    **{word: FinishReason(Finish.ERROR, word=word) for word in FAILED},
    **{word: FinishReason(Finish.ERROR, moderated=True, word=word) for word in WITHHELD},
}
"""By the word in lower case with underscores (`maxTokens` and `max-tokens` are `max_tokens`)."""

BY_WORD: tuple[tuple[frozenset[str], FinishReason], ...] = (
    (
        frozenset(("filter", "filtered", "safety", "moderation", "moderated", "guardrail", "guardrails", "policy"))
        | frozenset(("blocked", "prohibited", "censored", "sensitive", "flagged")),
        FinishReason(Finish.ERROR, moderated=True),
    ),
    (
        frozenset(("error", "failed", "failure", "timeout", "cancelled", "canceled", "abort", "aborted", "exception")),
        FinishReason(Finish.ERROR),
    ),
    (frozenset(("length", "truncated", "budget", "max", "limit")), FinishReason(Finish.LENGTH)),
)
"""Meaning of a reason that is not in the table, by one of its words; the first match counts."""
FIELDS = ("type", "reason", "finish_reason", "finishReason", "stop_reason", "stopReason", "name", "status")
"""Keys of the word in a reason that is an object: SGLang's `type`, HELM's `reason`, enumerations' `name`."""
_PREFIX = re.compile(r"^(?:candidate_)?(?:finish|stop|done)_?reason_|^error_(?=max_tokens)")
_ENUM = re.compile(r"^<?(?:[A-Za-z_]\w*\.)+(\w+)")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_QUOTED = re.compile(r"""['"]([\w.\- ]+)['"]""")


def read_finish(reason: Json) -> FinishReason:
    """The meaning of a finish reason: a text in any spelling, an enumeration's name, or an object with one.

    UNKNOWN for an empty reason and for words that are not in the table; never raises.
    """
    if isinstance(reason, str):
        return _read_text(reason)
    if isinstance(reason, Mapping):
        named = [read_finish(reason[field]) for field in FIELDS if reason.get(field)]
        return next((n for n in named if n.finish is not Finish.UNKNOWN), _unknown(reason))
    if isinstance(reason, list | tuple):
        return read_finish(reason[0]) if len(reason) == 1 else _unknown(reason)
    return FinishReason(Finish.UNKNOWN)


@lru_cache(maxsize=4096)
def _read_text(reason: str) -> FinishReason:
    """The meaning of a text: a word, or an object as text, as tables have it."""
    text = reason.strip()
    if not text:
        return FinishReason(Finish.UNKNOWN)
    if text.startswith("{"):
        words = [REASONS.get(normal(word)) for word in _QUOTED.findall(text)]
        return next((n for n in words if n is not None), _unknown(reason))
    return _read_word(text)


def _read_word(text: str) -> FinishReason:
    """The meaning of a word, by the table or else by one of its parts."""
    general = text.partition(":")[0]  # "content_filter: PROHIBITED_CONTENT", Gemini's OpenAI form
    word = normal(text)
    if known := REASONS.get(word) or REASONS.get(normal(general)):
        return known
    parts = frozenset(word.split("_"))
    by_part = next((end for words, end in BY_WORD if words & parts), None)
    return _unknown(text) if by_part is None else by_part._replace(word=word[:60])


def normal(word: str) -> str:
    """A word in the table's spelling: lower case with underscores, without an enumeration's name or prefix."""
    if named := _ENUM.match(word):
        word = named[1]
    snake = re.sub(r"[\s\-]+", "_", _HUMP.sub("_", word)).lower()
    return _PREFIX.sub("", snake)


def _unknown(reason: Json) -> FinishReason:
    return FinishReason(Finish.UNKNOWN, word=str(reason)[:60])
