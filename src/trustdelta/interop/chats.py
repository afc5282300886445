"""Converts chats of APIs, harnesses and training sets to messages with plain text.

A prompt may be a text, a list of messages (OpenAI, Anthropic, Gemini, Bedrock, ShareGPT, OpenCompass), a request's body
with such a list, one of these as JSON text, or a rendered chat.
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
"""Keys of a message's content."""
SPEAKERS = ("role", "from", "sender", "author", "speaker")
"""Keys of a message's role."""
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
"""Keys of the messages or the text of a request or a wrapped prompt; the first one present counts."""
SYSTEMS = ("system", "system_instruction", "systemInstruction", "instructions")
"""Keys of a request's system text outside its messages."""
THOUGHTS = ("thinking", "reasoning", "redacted_thinking", "reasoning_text", "reasoning.text", "summary_text")
"""Types of content parts with a thought."""


class RecordedPrompt(NamedTuple):
    """A recorded prompt."""

    messages: tuple[Message, ...]
    rendered: str = ""
    """The text sent to the model, if it was recorded as a rendered chat."""


def read_prompt(value: Json) -> RecordedPrompt | None:
    """The prompt in a value, or None; a blank text and a chat without text are not prompts."""
    prompt = _read(value)
    return prompt if prompt and any(m.content.strip() for m in prompt.messages) else None


def last_turn(value: Json) -> Mapping[str, Json] | None:
    """The last message of a recorded chat as it was recorded, with its further fields; None without one."""
    if isinstance(value, str):
        value = _json(value) if value.lstrip()[:1] in ("[", "{") else None
    while isinstance(value, Mapping) and not any(speaker in value for speaker in SPEAKERS):
        value = next((value[k] for k in CHATS if value.get(k)), None)
    if isinstance(value, list) and value:
        value = value[-1]
    return value if isinstance(value, Mapping) else None


def _read(value: Json) -> RecordedPrompt | None:
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, Mapping):
        return _from_request(value)
    if isinstance(value, Sequence) and value:
        return _from_list(value)
    return None


def _from_text(text: str) -> RecordedPrompt | None:
    if text.lstrip().startswith(('[{"', '{"', "[{'", "[ {")):
        parsed = _json(text)
        if parsed is not None and (prompt := _read(parsed)) is not None:
            return prompt
    if (chat := chat_of(text)) is not None:
        return RecordedPrompt(chat, text)
    plain = without_open_thought(text)
    return RecordedPrompt((Message("user", plain),), text if plain is not text else "")


def _json(text: str) -> Json:
    """The value of a text in JSON or of a printed Python list; None for any other text."""
    try:
        return parse_json(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text) if text.lstrip().startswith("[{'") else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _from_request(body: Mapping[str, Json]) -> RecordedPrompt | None:
    if any(speaker in body for speaker in SPEAKERS):
        return _from_list([body])
    key = next((k for k in CHATS if body.get(k)), None)
    prompt = None if key is None else _read(body[key])
    system = next((text_of(body[k]) for k in SYSTEMS if body.get(k)), "")
    if prompt is None or not system.strip():
        return prompt
    return RecordedPrompt((Message("system", system), *prompt.messages), prompt.rendered)


def _from_list(items: Sequence[Json]) -> RecordedPrompt | None:
    if all(isinstance(item, str) for item in items):
        if len(items) == 1:
            return _from_text(items[0])
        roles = ("user", "assistant")  # turns without roles alternate, the user's first
        return RecordedPrompt(tuple(Message(roles[i % 2], text) for i, text in enumerate(items)))
    if not all(isinstance(item, Mapping) for item in items):
        return None
    messages = [_message(item) for item in items]
    return None if any(m is None for m in messages) else RecordedPrompt(tuple(m for m in messages if m is not None))


def _message(item: Mapping[str, Json]) -> Message | None:
    """One message, or None; tool calls without other content are written as calls."""
    key = next((k for k in CONTENTS if item.get(k) is not None), None)
    calls = item.get("tool_calls") or ()
    if key is None and not any(k in item for k in (*CONTENTS, "tool_calls")):
        return None
    role = next((str(item[k]) for k in SPEAKERS if item.get(k)), "user")
    text = "" if key is None else text_of(item[key])
    return Message(role_of(role), text or "\n".join(filter(None, map(call_of, calls))))


def text_of(content: Json) -> str:
    """The text of a message's content: a text, nothing, one part or a list of parts, without thoughts."""
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
    """The text of one content part; other media appear as their type."""
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
    """The text of a thought; of a withheld one, its summary."""
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
    """A tool call as `name(arguments)`; "" without a tool's name."""
    if not isinstance(call, Mapping):
        return ""
    function = call.get("function") or call.get("functionCall") or call.get("toolUse") or call
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        return ""
    arguments = next((function[k] for k in ("arguments", "input", "args") if k in function), "")
    return f"{function['name']}({arguments if isinstance(arguments, str) else json.dumps(arguments)})"
