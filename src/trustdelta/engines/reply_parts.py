"""Reasoning trace and answer of a server's message in any format.

Content is a string, one part, or a list of parts. A trace is a part of another type, a part with a flag, or a separate
field. Parts without text of the model (images, tools, citations, ciphertext) are skipped. Pieces are concatenated
without separators, because servers split texts at any character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from trustdelta.records import Json

THOUGHT = re.compile(r"think|thought|reason", re.IGNORECASE)
"""Matches the type of a part, or the name of a field, that holds a trace."""

SILENT = re.compile(
    r"redacted|encrypted|tool|function|image|audio|video|file|document|citation|reference|source|search", re.IGNORECASE
)
"""Matches the type of a part without text of the model."""

CARRIERS = ("text", "thinking", "thought", "reasoning", "reasoningContent", "reasoningText", "content", "parts")
SUMMARIES = ("summary", "refusal")
"""Fields of a part's text, the first non-empty one; a summary replaces a withheld text."""

THOUGHT_FIELDS = (
    *("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks", "thinking_content"),
    *("thought", "thoughts", "reasoning_text"),
)
"""Fields of a message's trace, the first non-empty one: vLLM and SGLang, vLLM's new name, Ollama, OpenRouter, LiteLLM.
Several such fields have equal content."""


class Piece(NamedTuple):
    """A piece of text, and whether it belongs to the trace."""

    thought: bool
    text: str


def read_message(message: Mapping[str, Json]) -> tuple[str, str | None]:
    """The text of a message and its trace; None without a trace and for a withheld one."""
    pieces = list(pieces_of(message.get("content")))
    thought = "".join(p.text for p in pieces if p.thought)
    fields = (_join(message.get(name)) for name in THOUGHT_FIELDS)
    text = "".join(p.text for p in pieces if not p.thought)
    return text or _join(message.get("refusal")), thought or next((t for t in fields if t), None)


def pieces_of(content: Json, *, thought: bool = False) -> Iterator[Piece]:
    """The text pieces of a content, in order."""
    if isinstance(content, str):
        yield Piece(thought, content)
    elif isinstance(content, list):
        for part in content:
            yield from pieces_of(part, thought=thought)
    elif isinstance(content, Mapping):
        yield from _part(content, thought=thought)


def unreadable(content: Json) -> str:
    """The first part of a content whose type is unknown; "" where all are known."""
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
        pieces = list(pieces_of(part.get(name), thought=thought or bool(THOUGHT.search(name))))
        if any(p.text for p in pieces):
            yield from pieces
            return


def _join(value: Json) -> str:
    return "".join(p.text for p in pieces_of(value))
