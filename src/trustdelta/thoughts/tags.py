"""The table of thought formats, and how a text with an opening and a closing tag is split."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import NamedTuple

from trustdelta.records import Finish


@dataclass(frozen=True, slots=True)
class ThoughtFormat:
    """One way of marking thoughts. `answer_open` and `answer_close` may wrap the answer and are dropped with it.

    `words`: the markers are ordinary words, so they count only at the head and only where both are there.
    """

    name: str
    open: str
    close: str
    answer_open: str = ""
    answer_close: str = ""
    words: bool = False
    models: str = ""


FORMATS = (
    ThoughtFormat("think", "<think>", "</think>", "<answer>", "</answer>", models="DeepSeek-R1, Qwen3, most others"),
    ThoughtFormat("thinking", "<thinking>", "</thinking>", "<answer>", "</answer>", models="prompted models"),
    ThoughtFormat("mistral", "[THINK]", "[/THINK]", models="Magistral, Ministral-3-Reasoning"),
    ThoughtFormat(
        "sky",
        "<|begin_of_thought|>",
        "<|end_of_thought|>",
        "<|begin_of_solution|>",
        "<|end_of_solution|>",
        models="Sky-T1, Bespoke-Stratos, OpenThinker",
    ),
    ThoughtFormat("s1", "<|im_start|>think", "<|im_start|>answer", models="s1, s1.1"),
    ThoughtFormat("thought", "<thought>", "</thought>", models="EXAONE-Deep"),
    ThoughtFormat("reasoning", "<reasoning>", "</reasoning>", "<answer>", "</answer>", models="GRPO recipes"),
    ThoughtFormat("seed", "<seed:think>", "</seed:think>", models="Seed-OSS"),
    ThoughtFormat("kimi", "◁think▷", "◁/think▷", models="Kimi-VL-Thinking"),
    ThoughtFormat("s1-plain", "think\n", "\nanswer\n", words=True, models="s1 decoded without special tokens"),
    ThoughtFormat("harmony-plain", "analysis", "assistantfinal", words=True, models="gpt-oss, likewise"),
    ThoughtFormat("granite", "Here is my thought process:", "Here is my response:", words=True, models="Granite 3.2"),
)

ASSUMED_OPEN = "assumed_prompt_opened_thought"
REPEATED = "repeated_thought"
REOPENED = "thought_reopened"
MENTIONED = "tag_mentioned"
EMPTY_THOUGHT = "empty_thought"

END_OF_TURN = frozenset({
    "</s>", "<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<｜end▁of▁sentence｜>", "<|return|>",
    "<|end|>", "<eos>", "<end_of_turn>", "<|eom_id|>", "<|END_OF_TURN_TOKEN|>", "<|call|>",
})  # fmt: skip
PADDING = frozenset({"<unk>", "<pad>", "<|pad|>", "[PAD]", "<｜▁pad▁｜>", "<|finetune_right_pad_id|>"})
_HEADER = re.compile(
    r"<\|start_header_id\|>assistant<\|end_header_id\|>|<\|im_start\|>assistant(?=\s)|<｜Assistant｜>|<\|assistant\|>"
    r"|<start_of_turn>model(?=\s)|<\|begin_of_text\|>|<｜begin▁of▁sentence｜>|<s>|assistant(?=\n)"
)
_TURN = re.compile(
    r"<\|(?:im_start|im_end|eot_id|start_header_id|end_header_id|end|user|assistant)\|>|<｜(?:User|Assistant)｜>"
    r"|\[/?INST\]|<(?:start|end)_of_turn>|</s>"
)
_FENCE = re.compile(r"^[ \t]{0,3}(```|~~~)", re.MULTILINE)
_FENCE_HERE = re.compile(r"(```|~~~)")
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_QUOTES = {"`": "`", '"': '"', "'": "'", "“": "”", "‘": "’", "«": "»"}


class Trim(NamedTuple):
    """Where the model's own words begin and end in a raw text, and whether it ended its turn in so many tokens."""

    head: int
    end: int
    ended_turn: bool
    notes: tuple[str, ...]


class Tag(NamedTuple):
    """One opening or closing tag."""

    start: int
    end: int
    closes: bool


class Stretch(NamedTuple):
    """A stretch of text between tags, in a thought or outside of one."""

    start: int
    end: int
    thought: bool


@dataclass(frozen=True, slots=True)
class Split:
    """A split text. `answer` is a span of the raw text; `open_at_end`: the text ends inside a thought.

    `thought_end`: behind the mark that closes the first thought.
    """

    answer: tuple[int, int]
    thought: str | None = None
    format: str = "none"
    notes: tuple[str, ...] = ()
    open_at_end: bool = False
    thought_end: int | None = None


@dataclass(slots=True)
class _Walk:
    """Where the current stretch began, whether it is in a thought, and what came before it."""

    at: int
    inside: bool = False
    fresh: bool = True
    stretches: list[Stretch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def turn(self, tag: Tag, *, inside: bool, note: str = "") -> None:
        """End the current stretch at a tag and begin the next one behind it."""
        self.stretches.append(Stretch(self.at, tag.start, self.inside))
        self.at, self.inside, self.fresh = tag.end, inside, True
        self.notes += [note] if note else []

    def mention(self) -> None:
        """Let a tag stand as text."""
        self.fresh = False
        self.notes.append(MENTIONED)


def joined(parts: Iterable[str]) -> str:
    """Thought parts as one text: stripped, blank ones dropped, a blank line between them."""
    return "\n\n".join(p.strip() for p in parts if p.strip())


def strip_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends; empty where it is blank."""
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end


def trim(text: str) -> Trim:
    """Leave out role headers at the head and white space, padding and end-of-turn tokens at the tail."""
    start, end = strip_span(text, 0, len(text))
    notes: list[str] = []
    ended = False
    while header := _HEADER.match(text, start, end):
        start, _ = strip_span(text, header.end(), end)
        notes.append("role_header")
    while token := _last_token(text, start, end):
        ended = ended or token in END_OF_TURN
        _, end = strip_span(text, start, end - len(token))
        notes.append("special_tokens_at_end")
    return Trim(start, end, ended, tuple(notes))


def _last_token(text: str, start: int, end: int) -> str:
    """The end-of-turn or padding token that the span ends in, or nothing."""
    if end <= start or text[end - 1] not in ">]":
        return ""
    at = max(text.rfind("<", max(start, end - 32), end), text.rfind("[", max(start, end - 32), end))
    token = text[at:end] if at >= 0 else ""
    return token if token in END_OF_TURN or token in PADDING else ""


def prompt_ends_inside(prompt: str, fmt: ThoughtFormat) -> bool:
    """Whether a rendered prompt ends inside this format's thought, perhaps after its pre-filled first words."""
    at = -1 if fmt.words else prompt.rfind(fmt.open)
    if at < 0:
        return False
    after = at + len(fmt.open)
    if not prompt[after:].strip():
        return True
    turns = list(_TURN.finditer(prompt, 0, at))
    if not turns or prompt.find(fmt.close, after) >= 0 or _TURN.search(prompt, after):
        return False
    return prompt[turns[-1].end() : at].strip() in ("", "assistant", "model")


def detect(text: str, where: Trim, opened: bool) -> ThoughtFormat | None:
    """The format of a text, or None where it holds no thought."""
    head, end = where.head, where.end
    for f in FORMATS:
        if text.startswith(f.open, head) and (not f.words or text.find(f.close, head + len(f.open), end) >= 0):
            return f
    marked = [f for f in FORMATS if not f.words]
    if opened:
        closes = [(at, i) for i, f in enumerate(marked) if (at := text.find(f.close, head, end)) >= 0]
        return marked[min(closes)[1]] if closes else FORMATS[0]
    for f in marked:
        if text.find(f.close, head, end) >= 0 or text.find(f.open, head, end) >= 0:
            walk = _walk(text, f, (head, end), bare_close_counts=True)
            if walk.stretches or walk.inside:
                return f
    return None


def split_tags(text: str, where: Trim, fmt: ThoughtFormat, opened: bool, finish: Finish) -> Split:
    """Split a text by one format's tags."""
    start, end = where.head, where.end
    notes: list[str] = []
    opens = int(opened)
    while text.startswith(fmt.open, start, end):
        start, _ = strip_span(text, start + len(fmt.open), end)
        opens += 1
    if opens > 1:
        notes.append(REPEATED)
    if not opens:
        return _assemble(text, fmt, _walk(text, fmt, (start, end), bare_close_counts=True), end)
    close = _first_close(text, fmt, (start, end), finish)
    if close is None:
        return Split((end, end), text[start:end].strip(), fmt.name, tuple(notes), open_at_end=True)
    walk = _walk(text, fmt, (close.end, end), bare_close_counts=not _line_ends(text, close.end, end))
    walk.stretches.insert(0, Stretch(start, close.start, thought=True))
    walk.notes = notes + walk.notes
    return _assemble(text, fmt, walk, end)


def _first_close(text: str, fmt: ThoughtFormat, span: tuple[int, int], finish: Finish) -> Tag | None:
    """The tag that ends the thought which began with `span`, or None where nothing does.

    Mentions do not count, and an opening tag counts as nested only at the edge of a line. Where nothing balances, a
    model that stopped by itself is taken to have closed its thought at the last close there is; a model that was cut
    is taken to have been cut inside the thought.
    """
    found = _tags(text, fmt, *span)
    if fmt.words:
        return next((t for t in found if t.closes), None)
    mentions = _quoted(text, found, *span, inline_code=False) | _pairs(text, found)
    depth = 1
    for i, tag in enumerate(found):
        if i in mentions or (not tag.closes and not _edge(text, tag, *span)):
            continue
        depth += -1 if tag.closes else 1
        if depth == 0:
            return tag
    closes = [i for i, t in enumerate(found) if t.closes]
    if finish is Finish.LENGTH or not closes:
        return None
    return found[max(closes, key=lambda i: (i not in mentions, _edge(text, found[i], *span), i))]


def _walk(text: str, fmt: ThoughtFormat, span: tuple[int, int], *, bare_close_counts: bool) -> _Walk:
    """Go through the text outside the first thought, and tell later thoughts from tags that are only talked about.

    `bare_close_counts`: an unopened close inside a line closes a thought as well, because the first one stood like
    that too, or because no thought was seen to open.
    """
    walk = _Walk(at=span[0])
    found = [] if fmt.words else _tags(text, fmt, *span)
    quoted, pairs = _quoted(text, found, *span, inline_code=True), _pairs(text, found)
    last_close = max((i for i, t in enumerate(found) if t.closes and i not in quoted), default=-1)
    for i, tag in enumerate(found):
        if i in quoted or (walk.inside and not tag.closes):
            walk.mention()
        elif walk.inside:
            walk.turn(tag, inside=False)
        elif not tag.closes and walk.fresh and not text[walk.at : tag.start].strip():
            walk.turn(tag, inside=True, note=REPEATED)
        elif i in pairs:
            walk.mention()
        elif tag.closes and (bare_close_counts or _edge(text, tag, *span)):
            walk.turn(tag, inside=False, note=REPEATED)
        elif not tag.closes and (_line_ends(text, tag.end, span[1]) or (i < last_close and _edge(text, tag, *span))):
            walk.turn(tag, inside=True, note=REOPENED)
        else:
            walk.mention()
    return walk


def _assemble(text: str, fmt: ThoughtFormat, walk: _Walk, end: int) -> Split:
    """The last non-blank stretch outside thoughts is the answer, all other stretches are the thought."""
    if not walk.stretches:  # no thought at all
        return Split(strip_span(text, walk.at, end), None, "none", tuple(walk.notes))
    stretches = [*walk.stretches, Stretch(walk.at, end, walk.inside)]
    notes = list(walk.notes)
    if not stretches[0].thought and not stretches[1].thought:  # it begins with a close that nothing opened
        stretches[0] = stretches[0]._replace(thought=True)
        notes.remove(REPEATED)
        notes.append(ASSUMED_OPEN)
    outside = [i for i, s in enumerate(stretches) if not s.thought and text[s.start : s.end].strip()]
    last = outside[-1] if outside and not walk.inside else -1
    thought = joined(text[s.start : s.end] for i, s in enumerate(stretches) if i != last)
    answer = strip_span(text, *stretches[last][:2]) if last >= 0 else (end, end)
    answer, wrapped = _unwrap(text, fmt, answer)
    notes += ["answer_tags"] if wrapped else []
    notes += [] if thought else [EMPTY_THOUGHT]
    first = next(i for i, s in enumerate(stretches) if s.thought)
    closed = stretches[first + 1].start if first + 1 < len(stretches) else None
    return Split(answer, thought, fmt.name, tuple(notes), open_at_end=walk.inside, thought_end=closed)


def _unwrap(text: str, fmt: ThoughtFormat, answer: tuple[int, int]) -> tuple[tuple[int, int], bool]:
    """The answer without the tags that wrap the whole of it; the closing one may be missing."""
    start, end = answer
    if not fmt.answer_open or not text.startswith(fmt.answer_open, start, end):
        return answer, False
    inner = start + len(fmt.answer_open)
    close = text.find(fmt.answer_close, inner, end)
    if close < 0:
        return strip_span(text, inner, end), True
    if close + len(fmt.answer_close) == end:
        return strip_span(text, inner, close), True
    return answer, False


def _tags(text: str, fmt: ThoughtFormat, start: int, end: int) -> list[Tag]:
    """Every opening and closing tag of a format, in order."""
    pattern = re.compile(f"{re.escape(fmt.open)}|{re.escape(fmt.close)}")
    return [Tag(m.start(), m.end(), m.group() == fmt.close) for m in pattern.finditer(text, start, end)]


def _quoted(text: str, found: list[Tag], start: int, end: int, *, inline_code: bool) -> set[int]:
    """Indices of the tags that stand between quotes or in code."""
    if not found:
        return set()
    spans = _fenced(text, start, end)
    if inline_code:
        spans = sorted(spans + [m.span() for m in _INLINE_CODE.finditer(text, start, end)])
    begins = [s for s, _ in spans]
    quoted = set()
    for i, tag in enumerate(found):
        before, after = text[tag.start - 1 : tag.start] if tag.start > start else "", text[tag.end : tag.end + 1]
        k = bisect_right(begins, tag.start) - 1
        if (after and _QUOTES.get(before) == after) or (k >= 0 and tag.end <= spans[k][1]):
            quoted.add(i)
    return quoted


def _fenced(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of closed code fences."""
    spans, opened = [], None
    first = _FENCE_HERE.match(text, strip_span(text, start, end)[0], end)  # right behind a closing tag
    for m in chain([first] if first else [], _FENCE.finditer(text, first.end() if first else start, end)):
        if opened is None:
            opened = m
        elif m.group(1) == opened.group(1):
            spans.append((opened.start(), m.end()))
            opened = None
    return spans


def _pairs(text: str, found: list[Tag]) -> set[int]:
    """Indices of opening tags that the next tag closes on the same line, and of those closes."""
    pairs = set()
    for i, (a, b) in enumerate(pairwise(found)):
        if not a.closes and b.closes and text.find("\n", a.end, b.start) < 0:
            pairs |= {i, i + 1}
    return pairs


def _line_ends(text: str, at: int, end: int) -> bool:
    """Whether nothing but spaces lies between `at` and the end of its line."""
    while at < end and text[at] in " \t\r":
        at += 1
    return at >= end or text[at] == "\n"


def _edge(text: str, tag: Tag, start: int, end: int) -> bool:
    """Whether a tag stands first or last in its line."""
    at = tag.start
    while at > start and text[at - 1] in " \t\r":
        at -= 1
    return at <= start or text[at - 1] == "\n" or _line_ends(text, tag.end, end)
