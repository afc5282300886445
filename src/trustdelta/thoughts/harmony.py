"""gpt-oss Harmony channels: `<|channel|>analysis<|message|>thought<|end|>…<|channel|>final<|message|>answer`."""

from __future__ import annotations

import re

from trustdelta.thoughts.tags import Split, joined, strip_span

HARMONY = "harmony"

_HEADER = re.compile(
    r"<\|channel\|>(analysis|commentary|final)\b[^<]{0,200}(?:<\|constrain\|>[^<]{0,50})?<\|message\|>"
)
_BEFORE = re.compile(r"(?:<\|end\|>|<\|call\|>)?\s*<\|start\|>assistant[^<]{0,200}\Z|(?:<\|end\|>|<\|call\|>)\s*\Z")
_ENDS = ("<|end|>", "<|return|>", "<|call|>", "<|endoftext|>")


def looks_like_harmony(text: str, opened: bool) -> bool:
    """Whether a channel header stands at the head of the text, or after the end of a thought the prompt opened."""
    first = _HEADER.search(text)
    if first is None:
        return False
    return _starts_message(text, 0, first.start()) and (opened or not _opening_text(text, first.start()))


def split_harmony(text: str, head: int, opened: bool) -> Split:
    """Split by channel: the last `final` message is the answer, all other messages are the thought.

    A header counts only at the head or after the end of a message, so that an answer may quote one.
    """
    headers = [m for m in _HEADER.finditer(text, head) if _starts_message(text, head, m.start())]
    starts = [(m.group(1), m.end(), m.start()) for m in headers]
    if opened and (not starts or _opening_text(text, starts[0][2])):
        starts.insert(0, ("analysis", head, head))
    thoughts: list[str] = []
    answer, unclosed = (len(text), len(text)), False
    for i, (channel, start, _) in enumerate(starts):
        end = starts[i + 1][2] if i + 1 < len(starts) else len(text)
        if channel == "final":
            answer, unclosed = _final_span(text, start, end), False
            continue
        stop = min((p for p in (text.find(e, start, end) for e in _ENDS) if p >= 0), default=end)
        unclosed = stop == end and i + 1 == len(starts)
        thoughts.append(text[start:stop])
    if not starts:
        return Split(answer=strip_span(text, head, len(text)), format=HARMONY)
    closed = next((start for channel, start, _ in starts if channel == "final"), None) if thoughts else None
    return Split(answer, joined(thoughts) if thoughts else None, HARMONY, open_at_end=unclosed, thought_end=closed)


def _starts_message(text: str, head: int, at: int) -> bool:
    """Whether a channel header at `at` begins a message rather than being quoted in one."""
    window = text[max(head, at - 260) : at]
    return not text[head:at].strip() or bool(_BEFORE.search(window)) or window.strip() == "<|start|>assistant"


def _opening_text(text: str, at: int) -> bool:
    """Whether words of a message come before the first channel header, which begins at `at`."""
    return text[:at].strip() not in ("", "<|start|>assistant")


def _final_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The final message without the tokens that end it or begin the next one."""
    start, end = strip_span(text, start, end)
    following = text.rfind("<|start|>assistant", start, end)
    if following >= 0 and "<" not in text[following + len("<|start|>assistant") : end]:
        end = following
    while ends := next((e for e in _ENDS if text.endswith(e, start, end)), None):
        start, end = strip_span(text, start, end - len(ends))
    return start, end
