"""Chats as APIs, harnesses and training sets write them -> messages with plain text.

A prompt may be a text, a list of messages (OpenAI, Anthropic, Gemini, Bedrock, ShareGPT, OpenCompass), a request's body
that holds such a list, one of these as JSON text, or a chat that a model's template has rendered already.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from trustdelta.interop.templates import chat_of, role_of, without_open_thought
from trustdelta.parsing import parse_json
from trustdelta.records import Json, Message

CONTENTS = ("content", "value", "parts", "prompt", "text", "message")
"""Where a message keeps what it says."""
SPEAKERS = ("role", "from", "sender", "author", "speaker")
"""Where a message names who says it."""
CHATS = (
    "messages",
    "contents",
    "conversations",
    "conversation",
    "turns",
    "chat",
    "input",
    "prompt",
    "body",
    "raw",
    "text",
)
"""Where a request or a wrapped prompt keeps its messages or its text, the first that is there."""
SYSTEMS = ("system", "system_instruction", "systemInstruction", "instructions")
"""Where a request keeps its system text apart from its messages."""
THOUGHTS = ("thinking", "reasoning", "redacted_thinking", "reasoning_text", "reasoning.text", "summary_text")
"""Types of content parts that hold a thought."""


class Asked(NamedTuple):
    """What was asked: its messages, and the text that the model was sent where a template had rendered it already."""

    messages: tuple[Message, ...]
    rendered: str = ""


def read_prompt(value: Json) -> Asked | None:
    """The chat that a value holds, or None where it holds none; a blank text or a chat without words is none."""
    asked = _read(value)
    return asked if asked and any(m.content.strip() for m in asked.messages) else None


def _read(value: Json) -> Asked | None:
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, Mapping):
        return _from_request(value)
    if isinstance(value, Sequence) and value:
        return _from_list(value)
    return None


def _from_text(text: str) -> Asked | None:
    if text.lstrip().startswith(('[{"', '{"', "[{'", "[ {")):
        parsed = _json(text)
        if parsed is not None and (asked := _read(parsed)) is not None:
            return asked
    if (chat := chat_of(text)) is not None:
        return Asked(chat, text)
    plain = without_open_thought(text)
    return Asked((Message("user", plain),), text if plain is not text else "")


def _json(text: str) -> Json:
    """The value of a text that is JSON, or a list as Python prints it; None for any other."""
    try:
        return parse_json(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text) if text.lstrip().startswith("[{'") else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _from_request(body: Mapping[str, Json]) -> Asked | None:
    if any(speaker in body for speaker in SPEAKERS):
        return _from_list([body])
    key = next((k for k in CHATS if body.get(k)), None)
    asked = None if key is None else _read(body[key])
    system = next((text_of(body[k]) for k in SYSTEMS if body.get(k)), "")
    if asked is None or not system.strip():
        return asked
    return Asked((Message("system", system), *asked.messages), asked.rendered)


def _from_list(items: Sequence[Json]) -> Asked | None:
    if all(isinstance(item, str) for item in items):
        if len(items) == 1:
            return _from_text(items[0])
        said = ("user", "assistant")  # turns without names: the first asks, and they take turns
        return Asked(tuple(Message(said[i % 2], text) for i, text in enumerate(items)))
    if not all(isinstance(item, Mapping) for item in items):
        return None
    messages = [_message(item) for item in items]
    return None if any(m is None for m in messages) else Asked(tuple(m for m in messages if m is not None))


def _message(item: Mapping[str, Json]) -> Message | None:
    """One message; None where it is none. Calls of tools that say nothing beside them are written as calls."""
    key = next((k for k in CONTENTS if item.get(k) is not None), None)
    calls = item.get("tool_calls") or ()
    if key is None and not any(k in item for k in (*CONTENTS, "tool_calls")):
        return None
    role = next((str(item[k]) for k in SPEAKERS if item.get(k)), "user")
    text = "" if key is None else text_of(item[key])
    return Message(role_of(role), text or "\n".join(filter(None, map(call_of, calls))))


def text_of(content: Json) -> str:
    """The text of a message's content: a text, nothing, one part or a list of parts; thoughts are left out."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return _part(content)
    if isinstance(content, Sequence):
        return "".join(text_of(part) for part in content)
    return str(content)


def _part(part: Mapping[str, Json]) -> str:
    """The text of one content part; a picture or sound is named, so that two prompts with different ones differ."""
    if is_thought(part):
        return ""
    for key in ("text", "refusal", "parts", "content", "answer"):
        if part.get(key) is not None:
            return text_of(part[key])
    return call_of(part) or (f"[{part['type']}]" if part.get("type") not in (None, "text") else "")


def is_thought(part: Mapping[str, Json]) -> bool:
    """Whether a content part is a thought."""
    return part.get("type") in THOUGHTS or part.get("thought") is True or "reasoningContent" in part


def thought_of(part: Mapping[str, Json]) -> str:
    """The words of a thought; of one that is withheld, its summary."""
    for key in ("thinking", "reasoning", "text", "summary", "content", "reasoningContent", "reasoningText"):
        if part.get(key):
            return _words(part[key])
    return ""


def _words(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return thought_of(value)
    return "".join(map(_words, value)) if isinstance(value, Sequence) else ""


def call_of(call: Json) -> str:
    """A call of a tool as `name(arguments)`; "" where no tool is named."""
    if not isinstance(call, Mapping):
        return ""
    function = call.get("function") or call.get("functionCall") or call.get("toolUse") or call
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        return ""
    arguments = next((function[k] for k in ("arguments", "input", "args") if k in function), "")
    return f"{function['name']}({arguments if isinstance(arguments, str) else json.dumps(arguments)})"
