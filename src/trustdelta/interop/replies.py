"""Reads replies of APIs and servers: text, reasoning field, and finish reason.

Formats are detected by their keys: OpenAI (chat, completions, Responses, batch), Anthropic, Gemini, Bedrock, Cohere,
Ollama, TGI, SGLang, vLLM, HELM. A failed request of any format is a reply with `Finish.ERROR`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from trustdelta.interop.chats import call_of, is_thought, text_of, thought_of
from trustdelta.parsing import parse_json
from trustdelta.records import Finish, FinishReason, Json, read_finish

UNKNOWN = FinishReason(Finish.UNKNOWN)
LONGEST = 200
"""Most characters of an error message."""


class Reply(NamedTuple):
    """One response."""

    text: str
    reasoning: str | None = None
    end: FinishReason = UNKNOWN
    error: str = ""
    """The error message, if `end` is an error."""


WRAPPERS = ("body", "response", "result", "modelOutput", "model_response", "message", "data", "output", "delta")
"""Keys of objects around a reply."""
TEXTS = (
    *("text", "generated_text", "completion", "generation", "output_text", "outputText", "output", "response"),
    *("prediction", "answer", "value", "body"),
)
"""Keys of a reply's text in unknown formats."""
FIELDS = (
    *("reasoning_content", "reasoning", "thinking", "reasoning_details", "thought", "thoughts", "reasoningContent"),
    *("reasoning_text", "thinking_content", "thinking_blocks"),
)
"""Names of the separate reasoning field."""
ENDS = (
    *("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason", "completionReason"),
    *("incomplete_details", "status", "meta_info", "details", "generation_info", "response_metadata"),
)
"""Keys of the finish reason, or of an object with it."""
FAILURES = (
    *("error", "errors", "exception", "fault", "detail", "details", "errormessage", "error_message", "faultstring"),
    "traceback",
)
"""Keys, in lower case, of an error in an object without a response."""
MESSAGES = ("message", "Message", "errorMessage", "faultstring", "msg", "error")
"""Keys of an error's message."""
BESIDE_MESSAGE = frozenset(("code", "type", "status", "__type", "errorcode", "error_code", "error_type"))
"""Keys beside the message of a failed request."""
PART_TYPES = frozenset(
    (
        *("text", "output_text", "input_text", "thinking", "redacted_thinking", "reasoning", "message", "refusal"),
        *("tool_use", "function_call", "image", "tool_call", "web_search_call", "reasoning_text"),
    )
)
GEMINI = {1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY", 4: "RECITATION", 5: "OTHER", 6: "BLOCKLIST", 7: "PROHIBITED_CONTENT"}
"""Gemini's finish reasons by number, as in its Python client; source: google.ai.generativelanguage Candidate."""


def read_replies(value: Json, end: FinishReason = UNKNOWN) -> list[Reply] | None:
    """The responses in a value: a text, nothing, an API's reply or a list; None for an unknown format.

    `end`: the finish reason of an enclosing object. Several choices are several responses.
    """
    if isinstance(value, str):
        return _from_text(value, end)
    if value is None or value != value:  # tables write NaN for nothing
        return [Reply("", None, *failed("no response is there", end))]
    if isinstance(value, Mapping):
        return _from_object(value, end)
    if isinstance(value, Sequence):
        return _from_list(value, end)
    return None


def _from_text(text: str, end: FinishReason) -> list[Reply]:
    """A text; an API's whole reply as JSON text is parsed, any other JSON is an answer."""
    if text.startswith("{") and any(f'"{key}"' in text for key in WHOLE):
        value = _json(text)
        if isinstance(value, Mapping) and is_reply(value):
            return _from_object(value, end) or [Reply(text, None, end)]
    return [Reply(text, None, end)]


def _json(text: str) -> Json:
    try:
        return parse_json(text)
    except ValueError:
        return None


def failed(why: str, end: FinishReason = UNKNOWN) -> tuple[FinishReason, str]:
    """The finish reason and message of a request without a response; a known reason is preserved."""
    return (end if end.finish is not Finish.UNKNOWN else FinishReason(Finish.ERROR), why[:LONGEST])


def error_of(value: Mapping[str, Json]) -> tuple[FinishReason, str] | None:
    """The failure in an object: an error, a status from 400 on, or a blocked prompt; None without one."""
    blocked = value.get("promptFeedback") or value.get("prompt_feedback")
    if isinstance(blocked, Mapping) and (why := blocked.get("blockReason") or blocked.get("block_reason")):
        return FinishReason(Finish.ERROR, moderated=True, word=str(why)), f"the prompt was blocked ({why})"
    for key in ("status_code", "statusCode", "http_status", "status"):
        code = value.get(key)
        if isinstance(code, int) and code >= 400:
            return _failure(_error_within(value) or f"status {code}")
    if value.get("type") in ("errored", "error", "expired", "canceled", "cancelled"):
        return _failure(value.get("error") or value["type"])
    error = value.get("error") or value.get("errors") or value.get("exception")
    return None if not error else _failure(error)


def _stated_failure(value: Mapping[str, Json]) -> tuple[FinishReason, str] | None:
    """The failure that an object without a response states, in whatever words; None for an unknown format."""
    keys = {str(key).lower(): key for key in value}
    named = next((value[keys[k]] for k in FAILURES if k in keys and value[keys[k]]), None)
    if named is not None:
        return _failure(named)
    message = next((value[keys[k]] for k in ("message", "msg") if k in keys and isinstance(value[keys[k]], str)), "")
    states = [read_finish(value[keys[k]]) for k in ("status", "state", "finish_reason") if k in keys]
    state = next((s for s in states if s.finish is Finish.ERROR), None)
    if state is not None:
        return state, message[:LONGEST] or f"status {state.word!r}"
    unsuccessful = any(value.get(key) is False for key in ("success", "ok"))
    if unsuccessful or value.get("object") == "error" or (message and not BESIDE_MESSAGE.isdisjoint(keys)):
        return _failure({"type": value.get("type"), "code": value.get("code"), "message": message or "no success"})
    blank = all(value[key] is None for key in value if key in TEXTS) and any(key in TEXTS for key in value)
    return failed("no response is there") if blank or not value else None


def _error_within(value: Json) -> Json:
    """The error of an object or of one nested in it."""
    while isinstance(value, Mapping):
        if value.get("error"):
            return value["error"]
        value = value.get("body") or value.get("response")
    return None


def _failure(error: Json) -> tuple[FinishReason, str]:
    """An error's finish reason and message; moderated by its code, not by its message."""
    nested = error
    while isinstance(nested, Mapping):
        codes = [read_finish(str(nested[k])) for k in ("code", "type", "errorCode") if nested.get(k) is not None]
        if any(code.moderated for code in codes):
            return FinishReason(Finish.ERROR, moderated=True, word="content_filter"), _words(error)
        nested = nested.get("error") or nested.get("innererror")
    return FinishReason(Finish.ERROR), _words(error)


def _words(error: Json) -> str:
    if isinstance(error, Mapping):
        error = next((error[k] for k in MESSAGES if error.get(k)), error)
    return (error if isinstance(error, str) else json.dumps(error, default=str))[:LONGEST]


def ending(value: Mapping[str, Json], outer: FinishReason = UNKNOWN) -> FinishReason:
    """The finish reason of an object, or else that of an enclosing object."""
    ends = [_ending(key, value[key]) for key in ENDS if value.get(key) is not None]
    return next((end for end in ends if end.finish is not Finish.UNKNOWN), outer)


def _ending(key: str, reason: Json) -> FinishReason:
    if key == "status" and not isinstance(reason, str):
        return UNKNOWN
    if isinstance(reason, int):
        return read_finish(GEMINI.get(reason, ""))
    return read_finish(reason)


def _from_object(value: Mapping[str, Json], outer: FinishReason) -> list[Reply] | None:
    end = ending(value, outer)
    error = error_of(value)
    replies = next((items for read in READERS if (items := read(value, end)) is not None), None)
    if error is None and replies is None:
        error = _stated_failure(value)
        return None if error is None else [Reply("", None, *error)]
    if error is None:
        return replies
    text = replies[0].text if replies else ""
    return [Reply(text, replies[0].reasoning if replies else None, *error)]


def _listed(key: str) -> Callable[[Mapping[str, Json], FinishReason], list[Reply] | None]:
    """A reader of the list under a key, each item one response; an empty list is a failed request."""

    def read(value: Mapping[str, Json], end: FinishReason) -> list[Reply] | None:
        items = value.get(key, ())
        if not isinstance(items, list | None) or (items and _are_parts(items)):
            return None
        if not items:
            return [Reply("", None, *failed(f"{key} is empty", end))]
        each = [_choice(item, end) for item in items]
        return None if any(replies is None for replies in each) else [r for replies in each for r in replies or ()]

    return read


def _choice(item: Json, end: FinishReason) -> list[Reply] | None:
    """One choice, candidate or output; without content it is empty, or withheld by its finish reason."""
    replies = read_replies(item, end)
    if replies is not None or not isinstance(item, Mapping):
        return replies
    if (ends := ending(item)).finish is not Finish.UNKNOWN:
        return [Reply("", None, ends)]
    empty = any(key in item for key in ("message", "content", "text")) and not any(map(item.get, ("content", "text")))
    return [Reply("", None, *failed("it holds no message"))] if empty and not item.get("message") else None


def _message(value: Mapping[str, Json], end: FinishReason) -> list[Reply] | None:
    """A message: its content in parts or as text, its refusal, its tool calls, and its reasoning field."""
    holds = ("content", "parts", "refusal", "tool_calls")
    if not any(key in value for key in holds):
        return None
    content = value["content"] if value.get("content") is not None else value.get("parts")
    if isinstance(content, Mapping):  # Gemini nests the parts of a candidate one object deeper
        return read_replies(content, end) or [Reply("", None, end)]
    reply = _parts(content, end) if isinstance(content, list) else Reply(text_of(content), None, end)
    calls = "\n".join(filter(None, map(call_of, value.get("tool_calls") or ())))
    text = reply.text or text_of(value.get("refusal")) or calls
    return [_with_field(reply, value)._replace(text=text)]


def _parts(parts: Sequence[Json], end: FinishReason) -> Reply:
    """A list of content parts, or of output items with parts, as one response."""
    texts, thoughts = [], []
    for part in parts:
        inner = part.get("content") if isinstance(part, Mapping) else None
        if isinstance(part, Mapping) and is_thought(part):
            thoughts.append(thought_of(part))
        elif isinstance(inner, list):
            reply = _parts(inner, end)
            texts.append(reply.text)
            thoughts += [reply.reasoning] if reply.reasoning else []
        else:
            texts.append(text_of(part))
    withheld = [t for t in thoughts if t]
    return Reply("".join(texts), "\n\n".join(withheld) if withheld else None, end)


def _with_field(reply: Reply, value: Mapping[str, Json]) -> Reply:
    """The reply with its separate reasoning field, if there is one."""
    field = next((f for k in FIELDS if (f := _field(value.get(k)))), None)
    return reply if field is None else reply._replace(reasoning=field)


def _field(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return thought_of(value)
    return "".join(thought_of(v) for v in value if isinstance(v, Mapping)) if isinstance(value, list) else ""


def _wrapped(value: Mapping[str, Json], end: FinishReason) -> list[Reply] | None:
    """A reply nested in another object."""
    inner = [value[key] for key in WRAPPERS if isinstance(value.get(key), Mapping | list)]
    return next((replies for item in inner if (replies := read_replies(item, end)) is not None), None)


def _plain(value: Mapping[str, Json], end: FinishReason) -> list[Reply] | None:
    """A text under one of the usual keys; a list is several responses."""
    for key in TEXTS:
        if isinstance(value.get(key), str):
            return [_with_field(Reply(value[key], None, end), value)]
        if key in ("text", "generated_text") and isinstance(value.get(key), list):
            return _from_list(value[key], end)
    return None


def _from_list(items: Sequence[Json], end: FinishReason) -> list[Reply] | None:
    if not items:
        return [Reply("", None, *failed("the list of responses is empty", end))]
    if _are_parts(items):
        return [_parts(items, end)]
    each = [_choice(item, end) for item in items]
    return None if any(replies is None for replies in each) else [r for replies in each for r in replies or ()]


def _are_parts(items: Sequence[Json]) -> bool:
    """Whether a list is the parts of one response, not several responses."""
    return all(
        isinstance(item, Mapping)
        and (item.get("type") in PART_TYPES or "reasoningContent" in item or item.get("thought") is True)
        for item in items
    )


READERS: tuple[Callable[[Mapping[str, Json], FinishReason], list[Reply] | None], ...] = (
    *(_listed(key) for key in ("choices", "candidates", "outputs", "completions", "generations", "results")),
    _message,
    _wrapped,
    _plain,
)
"""Readers in order: lists of choices, a message, an object around a reply, a text."""
WHOLE = frozenset(("choices", "candidates", "promptFeedback"))
"""Keys of replies only: a row with one of them is a reply."""


def is_reply(row: Mapping[str, Json]) -> bool:
    """Whether a row of a file is an API's reply, besides its prompt."""
    if any(key in row for key in WHOLE):
        return True
    output, content = row.get("output"), row.get("content")
    if isinstance(output, Mapping) and "message" in output:
        return True
    if isinstance(output, list) and output and _are_parts(output):
        return True
    if isinstance(row.get("outputs"), list) and all(isinstance(o, Mapping) for o in row["outputs"]):
        return True
    return isinstance(content, list) and (row.get("role") == "assistant" or "stop_reason" in row)
