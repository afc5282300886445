"""Formats with a channel in the header of each message: gpt-oss, Solar Open, Inkling, Muse."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trustdelta.thoughts.marks import Mark, quoted, strip_span
from trustdelta.thoughts.split import ASSUMED_OPEN, Split, joined

HARMONY = "harmony"


@dataclass(frozen=True, slots=True)
class ChannelFormat:
    """One family of channel headers."""

    name: str
    header: str
    """Pattern of a header; its group `kind` is the channel."""
    start: str
    """Pattern of the start of a message, before its header."""
    ends: tuple[str, ...]
    """Tokens that end a message."""
    answers: tuple[str, ...]
    """Channels shown to the user."""
    opening: tuple[str, ...]
    """Headers of a thought at the end of a rendered prompt."""
    models: str
    example: str
    """A response with the thought "A" and the answer "B"."""

    def headers(self) -> re.Pattern[str]:
        """The compiled header."""
        return re.compile(self.header)

    def before(self) -> re.Pattern[str]:
        """The separator of two messages: the end of one, the start of the next, or both."""
        ends = "|".join(re.escape(e) for e in self.ends)
        return re.compile(rf"(?:{ends})?\s*{self.start}\Z|(?:{ends})\s*\Z")


CHANNEL_FORMATS = (
    ChannelFormat(
        HARMONY,
        r"<\|channel\|>(?P<kind>analysis|commentary|final)\b[^<]{0,200}(?:<\|constrain\|>[^<]{0,50})?<\|message\|>",
        r"<\|start\|>assistant[^<]{0,200}",
        ("<|end|>", "<|return|>", "<|call|>", "<|endoftext|>"),
        ("final",),
        ("<|channel|>analysis<|message|>",),
        "gpt-oss",
        "<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>final<|message|>B<|return|>",
    ),
    ChannelFormat(
        "solar",
        r"<\|(?P<kind>think|content|tool_calls)\|>",
        r"<\|begin\|>assistant\s{0,5}",
        ("<|end|>", "<|flush|>", "<|calls|>"),
        ("content",),
        ("<|begin|>assistant<|think|>",),
        "Solar Open",
        "<|think|>A<|end|><|begin|>assistant<|content|>B<|flush|>",
    ),
    ChannelFormat(
        "inkling",
        r"<\|content_(?P<kind>thinking|text|invoke_tool_json|invoke_tool_text|invoke_tool)\|>",
        r"<\|message_model\|>[^<]{0,200}",
        ("<|end_message|>", "<|content_model_end_sampling|>"),
        ("text",),
        ("<|message_model|><|content_thinking|>",),
        "Inkling",
        "<|message_model|><|content_thinking|>A<|end_message|><|message_model|><|content_text|>B<|end_message|>",
    ),
    ChannelFormat(
        "muse",
        r"(?:to=(?P<kind>[\w.\-]{1,80}))?<\|message\|>",
        r"<\|start\|>assistant\s{0,5}",
        ("<|eom|>", "<|eot|>"),
        ("user", ""),
        ("<|start|>assistant to=self<|message|>",),
        "Muse Glimmer",
        "to=self<|message|>A<|eom|><|start|>assistant to=user<|message|>B<|eot|>",
    ),
)

BY_CHANNEL = {f.name: f for f in CHANNEL_FORMATS}
_COMPILED = {f.name: (f.headers(), f.before()) for f in CHANNEL_FORMATS}
LONGEST_START = 260
"""Most characters between the end of one message and the header of the next."""
_ANY = re.compile(r"<\|(?:channel|think|content|message|content_\w+|tool_calls)\|>")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a response."""

    kind: str
    """Its channel."""
    header: int
    """Index of its header."""
    start: int
    """Index of its text."""


def channel_of(text: str, head: int, end: int, *, opened: bool) -> ChannelFormat | None:
    """The family with a header at the start of the text, or behind a thought that the prompt opened."""
    if not _ANY.search(text, head, end):
        return None
    for row in CHANNEL_FORMATS:
        parts = messages(text, head, row)
        if not parts:
            continue
        if _at_head(text, head, parts[0].header, row):
            if _is_family(text, parts, row):
                return row
        elif opened or _follows_end(text, head, parts[0].header, row):
            return row
    return None


def _is_family(text: str, parts: list[Message], row: ChannelFormat) -> bool:
    """Whether a header at the start identifies the family: other models have tags with the names of Solar's headers."""
    return row.name != "solar" or len(parts) > 1 or any(e in text for e in row.ends)


def _follows_end(text: str, head: int, at: int, row: ChannelFormat) -> bool:
    """Whether the end of a message and the start of the next directly precede `at`, so that a thought came first."""
    ends = "|".join(re.escape(e) for e in row.ends)
    return bool(re.search(rf"(?:{ends})\s*{row.start}\Z", text[max(head, at - LONGEST_START) : at]))


def messages(text: str, head: int, row: ChannelFormat) -> list[Message]:
    """The messages of a text. A header counts only at the start of the text or behind the end of a message.

    Without a header at the start, headers in code do not count.
    """
    header, before = _COMPILED[row.name]
    parts = [
        Message(m.group("kind") or "", m.start(), m.end())
        for m in header.finditer(text, head)
        if _at_head(text, head, m.start(), row) or before.search(text[max(head, m.start() - LONGEST_START) : m.start()])
    ]
    if not parts or _at_head(text, head, parts[0].header, row):
        return parts
    marks = [Mark(m.header, m.start, "other", row.name) for m in parts]
    bad = quoted(text, marks, head, len(text), inline_code=True)
    return [m for i, m in enumerate(parts) if i not in bad]


def split_channels(text: str, head: int, row: ChannelFormat, opened: bool) -> Split:
    """Split by channel: the last message to the user is the answer, all other messages are the thought."""
    parts = messages(text, head, row)
    notes: tuple[str, ...] = ()
    if parts and not _at_head(text, head, parts[0].header, row):
        notes = () if opened else (ASSUMED_OPEN,)
        opened = True
    elif parts:
        opened = False
    if opened:
        parts.insert(0, Message("opened", head, head))
    if not parts:
        return Split(answer=strip_span(text, head, len(text)), format=row.name)
    thoughts: list[str] = []
    answer, unclosed, closed = (len(text), len(text)), False, None
    for i, message in enumerate(parts):
        last = i + 1 == len(parts)
        end = len(text) if last else parts[i + 1].header
        if message.kind in row.answers:
            closed = message.start if closed is None else closed
            answer, unclosed = _answer_span(text, message.start, end, row), False
            continue
        stop = min((p for p in (text.find(e, message.start, end) for e in row.ends) if p >= 0), default=end)
        unclosed = last and stop == end
        thoughts.append(text[message.start : stop])
    thought = joined(_without_start(t, row) for t in thoughts) if thoughts else None
    return Split(answer, thought, row.name, notes, open_at_end=unclosed, thought_end=closed if thoughts else None)


def opened_by(prompt: str, turn: int) -> str | None:
    """The family whose open thought ends a rendered prompt; `turn`: start of the assistant's turn, or -1."""
    stripped = prompt.rstrip()
    for row in CHANNEL_FORMATS:
        for opening in row.opening:
            at = prompt.rfind(opening)
            if at < 0:
                continue
            rest = prompt[at + len(opening) :]
            begun = turn >= 0 and turn >= at - 40 and not any(e in rest for e in row.ends) and "<|" not in rest
            if stripped.endswith(opening) or begun:
                return row.name
    return None


def _at_head(text: str, head: int, at: int, row: ChannelFormat) -> bool:
    """Whether only the start of a message precedes `at`."""
    if at - head > LONGEST_START:
        return False
    between = text[head:at].strip()
    return not between or bool(re.fullmatch(row.start + r"\s*", between))


def _without_start(text: str, row: ChannelFormat) -> str:
    """An unended thought without the start of the next message."""
    body, tail = text[:-LONGEST_START], text[-LONGEST_START:]
    return body + re.sub(rf"{row.start}\Z", "", tail)


def _answer_span(text: str, start: int, end: int, row: ChannelFormat) -> tuple[int, int]:
    """The span of a message to the user without the tokens that end it or start the next one."""
    start, end = strip_span(text, start, end)
    following = max((m.start() for m in re.finditer(row.start, text[start:end])), default=-1)
    if following >= 0 and re.fullmatch(row.start + r"\s*", text[start + following : end]):
        end = start + following
    while ends := next((e for e in row.ends if text.endswith(e, start, end)), None):
        start, end = strip_span(text, start, end - len(ends))
    return start, end
