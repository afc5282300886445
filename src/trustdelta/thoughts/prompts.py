"""Whether a rendered prompt ends inside an open thought."""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache

from trustdelta.thoughts import channels, marks
from trustdelta.thoughts.formats import FORMATS, ThoughtFormat

_ROLE = re.compile(
    r"<[|｜]?[^<>\s]{0,24}(?P<a>assistant|chatbot)[^<>\s]{0,24}>|<[|｜]?[^<>\s]{0,24}(?:user|human|observation)[^<>\s]{0,24}>"
    r"|\[\|(?:(?P<b>assistant)|user|system|tool)\|\]|<role>(?:(?P<c>ASSISTANT)|\w+)</role>"
    r"|<\|open\|>message role=\"(?:(?P<d>assistant)|\w+)\"<\|sep\|>"
    r"|(?:<[^<>\s]{1,30}>|\]~b\])(?:(?P<e>assistant|model|ai|bot)|user|human|system|tool|developer)"
    r"(?:<[|｜]?(?:end_header_id|end_of_role|header_end|im_middle)[|｜]?>|(?=[\s<]|/think\s)|\Z)|(?P<f>\[/INST\])|\[INST\]"
    r"|(?<![\w])(?:(?P<g>ASSISTANT|Assistant)|USER|User|Human|System):|(?P<h><\|message_model\|>)|<\|message_\w+\|>"
    r"|(?P<i><\|begin\|>assistant)",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)  # the draws of one prompt stand behind one another
def prompt_opens_thought(rendered_prompt: str) -> str | None:
    """Name of the format whose open thought ends the rendered prompt, or None.

    For an opening mark at the end (DeepSeek-R1, Qwen3-Thinking), also with the first words of the thought pre-filled
    behind it; not for an empty block that closes itself, nor for a mark inside a user's message.
    """
    tail = _own_turn(rendered_prompt)
    if name := channels.opened_by(rendered_prompt, tail) or _opened_by_words(rendered_prompt, tail):
        return name
    end = marks.strip_span(rendered_prompt, 0, len(rendered_prompt))[1]
    thoughts = [m for m in marks.marks_in(rendered_prompt, max(tail, 0), end) if m.side in ("open", "close")]
    if not thoughts or thoughts[-1].side != "open":
        return None
    last = thoughts[-1]
    at_end = not marks.stripped(rendered_prompt[last.end :])
    if at_end or (tail >= 0 and len(thoughts) == 1 and not marks.stripped(rendered_prompt[tail : last.start])):
        return last.key
    return None


def _own_turn(prompt: str) -> int:
    """Start of the assistant's turn at the end of the prompt; -1 if it does not end in one."""
    roles = deque(_ROLE.finditer(prompt), maxlen=1)
    return roles[0].end() if roles and any(roles[0].groups()) else -1


def _opened_by_words(prompt: str, tail: int) -> str | None:
    """The format whose opening words begin the assistant's turn, without closing words."""
    if tail < 0:
        return None
    start, end = marks.strip_span(prompt, tail, len(prompt))
    return next((f.name for f in FORMATS if f.words and _named(f) and _open(prompt, f, start, end)), None)


def _named(row: ThoughtFormat) -> bool:
    """Whether the opening words are more than a single word, which an answer may begin with."""
    return " " in row.open or "/" in row.open


def _open(prompt: str, row: ThoughtFormat, start: int, end: int) -> bool:
    """Whether the span begins with the row's opening words and holds no close."""
    begins = any(prompt.startswith(o.strip(), start, end) for o in row.opening)
    return begins and all(prompt.find(c.strip(), start, end) < 0 for c in row.closing)
