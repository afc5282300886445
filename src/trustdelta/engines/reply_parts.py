"""Which text of a server's message is the thought and which is the answer, whatever the message is made of.

Content is a string, one part, or a list of parts; thoughts are parts of their own, parts with a flag, or a field beside
the content. Parts that hold no text of the model (images, tools, citations, ciphertext) are silent. Pieces are joined
as they are: servers cut texts at any letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from trustdelta.records import Json

THOUGHT = re.compile(r"think|thought|reason", re.IGNORECASE)
"""In the type of a part, or the name of a field, that holds a thought."""

SILENT = re.compile(
    r"redacted|encrypted|tool|function|image|audio|video|file|document|citation|reference|source|search", re.IGNORECASE
)
"""In the type of a part that holds no text of the model."""

CARRIERS = ("text", "thinking", "thought", "reasoning", "reasoningContent", "reasoningText", "content", "parts")
SUMMARIES = ("summary", "refusal")
"""Where a part keeps its text, the first that has any; a summary only stands for a text that is withheld."""

THOUGHT_FIELDS = (
    *("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks", "thinking_content"),
    *("thought", "thoughts"),
)
"""Fields of a message that hold its thought, the first that has text: vLLM and SGLang, what vLLM renamed it to, Ollama,
OpenRouter, LiteLLM. Where there are several, they say the same."""


class Piece(NamedTuple):
    """A stretch of text, and whether it is a thought's."""

    thought: bool
    text: str


def read_message(message: Mapping[str, Json]) -> tuple[str, str | None]:
    """The text of a message and its thought; None where it has none or it is withheld."""
    pieces = list(pieces_of(message.get("content")))
    thought = "".join(p.text for p in pieces if p.thought)
    fields = (_join(message.get(name)) for name in THOUGHT_FIELDS)
    text = "".join(p.text for p in pieces if not p.thought)
    return text or _join(message.get("refusal")), thought or next((t for t in fields if t), None)


def pieces_of(content: Json, *, thought: bool = False) -> Iterator[Piece]:
    """The pieces of a content, in order; nothing for what is no text."""
    if isinstance(content, str):
        yield Piece(thought, content)
    elif isinstance(content, list):
        for part in content:
            yield from pieces_of(part, thought=thought)
    elif isinstance(content, Mapping):
        yield from _part(content, thought=thought)


def unreadable(content: Json) -> str:
    """What in a content is neither text nor a part that is known to hold or lack text; "" where all is known."""
    parts = content if isinstance(content, list) else [content]
    for part in parts:
        if isinstance(part, Mapping):
            known = SILENT.search(str(part.get("type") or "")) or any(k in part for k in (*CARRIERS, *SUMMARIES))
            if not known:
                return f"a part with {', '.join(sorted(map(str, part))) or 'nothing'}"
        elif not isinstance(part, str | None):
            return type(part).__name__
    return ""


def _part(part: Mapping[str, Json], *, thought: bool) -> Iterator[Piece]:
    kind = str(part.get("type") or "")
    if SILENT.search(kind):
        return
    thought = thought or part.get("thought") is True or bool(THOUGHT.search(kind))
    for name in (*CARRIERS, *SUMMARIES):
        found = list(pieces_of(part.get(name), thought=thought or bool(THOUGHT.search(name))))
        if any(p.text for p in found):
            yield from found
            return


def _join(value: Json) -> str:
    return "".join(p.text for p in pieces_of(value))
