"""Locates a model's own text: without role headers, end-of-turn tokens, and marks that wrap an answer."""

from __future__ import annotations

import re
from typing import NamedTuple

from trustdelta.thoughts.formats import END_OF_TURN, PADDING
from trustdelta.thoughts.marks import Mark, kind_of, marks_in, quoted, special, strip_span

_SELF = r"assistant|chatbot|model|bot|ai|gpt"
_HEADER = re.compile(
    rf"<[|｜]?[^<>\s]{{0,24}}(?:assistant|chatbot)[^<>\s]{{0,24}}>|\[\|assistant\|\]|<role>ASSISTANT</role>"
    rf"|<\|open\|>message role=\"assistant\"<\|sep\|>"
    rf"|<[|｜]?(?:im_start|start_header_id|start_of_role|header_start|start_of_turn|turn|seed:bos|begin|start)[|｜]?>"
    rf"(?:{_SELF})(?:<[|｜]?(?:end_header_id|end_of_role|header_end|im_middle)[|｜]?>|(?=[\s<]))|\]~b\]ai(?=\s)"
    rf"|<SPECIAL_11>Assistant(?=\s)|<\|START_OF_TURN_TOKEN\|>|<\|begin_of_text\|>|<｜begin▁of▁sentence｜>|\[BOS\]|(?-i:<bos>|<s>)"
    rf"|assistant(?=\n)|(?-i:model)(?=\n)",
    re.IGNORECASE,
)
_NEXT_HEADER = re.compile(rf"<\|?(?:start|im_start|turn|start_of_turn|start_header_id)\|?>(?:{_SELF})\s*\Z")
"""The header of an empty next turn."""
_TAIL = re.compile(r"(?:<\|close\|>message<\|sep\|>|<[^<>\s]{1,40}>|\[[^\[\]\s]{1,30}\]|\[e~\[)\Z")
_FILLER = re.compile(r"<[|｜](?:dummy|reserved|extra|unused|placeholder|fim_pad|pad)[\w▁]{0,40}[|｜]>")
"""A token that a tokenizer holds in reserve."""
_END_NAME = re.compile(r"(?:^|[^a-z])(?:end|eo[tsmdp]|stop|return|turn)(?:[^a-z]|$)|endof|end_of")
_USER = (
    r"\s*(?:<[|｜]?[^<>\s]{0,24}(?:[Uu]ser|[Hh]uman|USER)[^<>\s]{0,24}>|\[\|user\|\]|<role>HUMAN</role>|\[INST\]"
    r"|<[|｜]?(?:im_start|start_header_id|start_of_turn|turn|seed:bos|start)[|｜]?>(?:user|human|system)\b"
    r"|<\|START_OF_TURN_TOKEN\|><\|USER_TOKEN\|>|<\|open\|>message role=\"user\"|\]~b\]user|(?:Human|User):)"
)
_NEXT_TURNS = (
    re.compile(
        r"<(?:(?:\|endoftext\||\|end_of_text\||｜end▁of▁sentence｜|eos)>(?=\s*\S)"
        r"|(?:/s|\|(?:im_end|eot_id|eot|end|role_end|END_OF_TURN_TOKEN|eom|end_of_msg)\||end_of_turn|turn\||seed:eos)>"
        rf"{_USER})"
    ),
    re.compile(rf"\[(?:\|endofturn\|\]|e~\[){_USER}"),
)


MOST_WRAPS = 8
"""Most nested marks that are removed from an answer."""


class Trim(NamedTuple):
    """The span of the model's own text in a raw text."""

    head: int
    end: int
    ended_turn: bool
    """Whether an end-of-turn token follows."""
    turn_follows: bool
    """Whether another turn follows."""
    notes: tuple[str, ...]


def trim(text: str) -> Trim:
    """Exclude role headers at the start, padding and end-of-turn tokens at the end, and a turn that follows."""
    start, end = strip_span(text, 0, len(text))
    notes: list[str] = []
    ended = False
    if (behind := behind_headers(text, start, end)) > start:
        start = behind
        notes.append("role_header")
    if next_turn := _next_turn(text, start, end):
        end = strip_span(text, start, next_turn.start())[1]
        ended = True
        notes.append("text_after_end_of_turn")
    if (header := _NEXT_HEADER.search(text, max(start, end - 60), end)) and last_token(text, start, header.start()):
        end = header.start()
    while token := last_token(text, start, end):
        ended = ended or not (token in PADDING or _FILLER.fullmatch(token))
        _, end = strip_span(text, start, end - len(token))
        notes.append("special_tokens_at_end")
    return Trim(start, end, ended, next_turn is not None, tuple(notes))


def behind_headers(text: str, start: int, end: int) -> int:
    """Start of the text behind the role headers at the start of a span."""
    while start < end and text[start] in "<[]aAm" and (header := _HEADER.match(text, start, end)):
        start, _ = strip_span(text, header.end(), end)
    return start


def _next_turn(text: str, start: int, end: int) -> re.Match[str] | None:
    """The end-of-turn token that another turn follows."""
    ends = [m for pattern in _NEXT_TURNS for m in pattern.finditer(text, start, end)]
    if not ends:
        return None
    marks = [Mark(m.start(), m.end(), "other", "") for m in ends]
    bad = quoted(text, marks, start, end, inline_code=True)
    real = [m for i, m in enumerate(ends) if i not in bad and strip_span(text, start, m.start())[1] > start]
    return min(real, key=lambda m: m.start(), default=None)


def last_token(text: str, start: int, end: int) -> str:
    """The end-of-turn or padding token at the end of the span, or empty."""
    if end <= start or text[end - 1] not in ">][":
        return ""
    at = text.rfind("<", max(start, end - 32), end)
    if at >= 0 and (token := text[at:end]) in PADDING:
        return token
    last = _TAIL.search(text, max(start, end - 44), end)
    token = last.group() if last else ""
    if token in END_OF_TURN or token in PADDING or _FILLER.fullmatch(token):
        return token
    named = token and special(token) and kind_of(token).side == "other" and _END_NAME.search(token.lower())
    return token if named else ""


def unwrapped(text: str, answer: tuple[int, int], *, thought: bool) -> tuple[int, int]:
    """The answer without marks that wrap all of it.

    The closing mark may be missing, or be alone at the end. Without a thought, tags that could be the answer's own
    markup (with further tags inside) are not removed.
    """
    start, end = answer
    if thought:
        start = behind_headers(text, start, end)
    for _ in range(MOST_WRAPS):
        ends = dict.fromkeys((end, _before_special(text, start, end)))
        inner = next((s for e in ends if start < e and (s := _inner(text, start, e, thought=thought))), None)
        if inner is None:
            break
        start, end = strip_span(text, *inner)
        while token := last_token(text, start, end):
            start, end = strip_span(text, start, end - len(token))
    return start, _before_special(text, start, end)


def _before_special(text: str, start: int, end: int) -> int:
    """End of an answer without a final special token that is not a mark: such tokens are never part of an answer."""
    last = _TAIL.search(text, max(start, end - 44), end) if end > start and text[end - 1] in ">]" else None
    if last is None or last.start() == start or not special(last.group()) or kind_of(last.group()).side != "other":
        return end
    return strip_span(text, start, last.start())[1] or end


def _inner(text: str, start: int, end: int, *, thought: bool) -> tuple[int, int] | None:
    """The span inside the outermost wrapping marks, or None."""
    if text[start] not in "<[" and text[end - 1] not in ">]":
        return None
    marks = [m for m in marks_in(text, start, end) if m.side in ("answer", "answer_end")]
    if not marks:
        return None
    first, last = marks[0], marks[-1]
    opens, closes = first.start == start and first.side == "answer", last.end == end and last.side == "answer_end"
    if closes and not opens:
        openers = [m for m in marks if m.side == "answer"]
        return None if openers else (start, last.start)
    if not opens:
        return None
    if closes:
        inner = first.end, last.start
    elif any(m.side == "answer_end" for m in marks):
        return None
    else:
        inner = first.end, end
    markup = not thought and not first.sure and text[slice(*inner)].lstrip()[:1] == "<"
    return None if markup else inner
