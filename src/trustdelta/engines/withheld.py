"""Errors that mean that a filter outside the model withheld the response: a result, not a fault of the server.

Azure, Moonshot, DashScope and Zhipu name it in a code; OpenRouter adds what was flagged; DeepSeek only says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from trustdelta.records import Json, read_finish

STATUSES = frozenset({200, 400, 403, 451})
"""Status codes that filters answer with."""

CODES = ("code", "type", "reason", "status", "block_reason", "blockReason")
"""Where an error names its kind."""

NESTED = ("error", "innererror", "inner_error", "metadata", "prompt_feedback", "promptFeedback")
EVIDENCE = ("flagged_input", "contentFilter")
"""Fields that only a filter adds."""

FILTER = re.compile(r"content_?(filter|policy|moderation)|responsible_?ai|moderation|guardrail|data_?inspection", re.I)
WORDS = re.compile(
    r"(filtered|flagged|violat\w+)\b.{0,80}\b(content|usage|polic\w+|safety|moderation)"
    r"|(rejected|blocked)\b.{0,60}\b(risk|safety|polic\w+|moderation)"
    r"|content exists risk|inappropriate content|input was flagged",
    re.IGNORECASE | re.DOTALL,
)
"""What services say where their code is that of any bad request."""

DEEPEST = 8
"""Objects inside one another in which an error names its kind."""

LONGEST = 2_000
"""Characters of a message that are looked at: longer ones repeat the request."""


def withheld_by(status: int, body: Json) -> str:
    """The filter's word in an error reply, or ""; `body` is its JSON, as text or parsed."""
    if status not in STATUSES:
        return ""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return ""
    for level in _levels(body, DEEPEST):
        named = [str(level[k]) for k in CODES if isinstance(level.get(k), str)]
        named = [word for word in named if read_finish(word).moderated or FILTER.search(word)]
        named += [k for k in EVIDENCE if level.get(k)]
        spoken = WORDS.search(str(level.get("message") or "")[:LONGEST])
        if named or spoken:
            return named[0] if named else spoken[0] if spoken else ""
    return ""


def _levels(body: Json, depth: int) -> Iterator[Mapping[str, Json]]:
    """The error's object and those inside it, `depth` levels of them."""
    if isinstance(body, Mapping) and depth:
        yield body
        for name in NESTED:
            yield from _levels(body.get(name), depth - 1)
