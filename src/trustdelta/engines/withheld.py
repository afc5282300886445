"""Errors of content filters outside the model: a withheld response is a result, not a server fault.

Azure, Moonshot, DashScope and Zhipu name it in a code; OpenRouter adds flagged fields; DeepSeek only in its message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from trustdelta.records import Json, read_finish

STATUSES = frozenset({200, 400, 403, 451})
"""Status codes of filters."""

CODES = ("code", "type", "reason", "status", "block_reason", "blockReason")
"""Fields of an error that name its kind."""

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
"""Messages of services whose code is that of any bad request."""

DEEPEST = 8
"""Deepest nesting of an error's objects that is searched."""

LONGEST = 2_000
"""Characters of a message that are searched; longer messages repeat the request."""


def withheld_by(status: int, body: Json) -> str:
    """The filter's term in an error reply, or ""; `body` is its JSON, as text or parsed."""
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
    """The error's object and its nested objects, down to `depth`."""
    if isinstance(body, Mapping) and depth:
        yield body
        for name in NESTED:
            yield from _levels(body.get(name), depth - 1)
