"""Labels the tokens of a response as thought, format or answer, by their token ids."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from trustdelta.records import Reading

THOUGHT, FORMAT, ANSWER, ONSET, ALL = "thought", "format", "answer", "onset", "all"
ONSET_TOKENS = 32
"""Length of the onset, the first answer tokens, where refusal or compliance is decided."""

POSITIONS = (0, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""First tokens of the ranges of positions within thoughts and answers; the last range is open."""


def position_name(part: str, bin_index: int) -> str:
    """Stored name of one range of positions, like "answer@4"."""
    return f"{part}@{POSITIONS[bin_index]}"


def position_of(name: str) -> tuple[str, int, int | None] | None:
    """Part, first token and end (None: open) of a range of positions; None if `name` is a whole part."""
    part, mark, first = name.partition("@")
    if not mark:
        return None
    at = POSITIONS.index(int(first))
    return part, POSITIONS[at], POSITIONS[at + 1] if at + 1 < len(POSITIONS) else None


class Span(NamedTuple):
    """Tokens start..end-1 of a response belong to one part."""

    part: str
    start: int
    end: int


def split_tokens(tokenizer: Any, token_ids: Sequence[int], text: str, reading: Reading) -> tuple[Span, ...]:
    """Spans of thought, format (tags, special tokens) and answer that cover the response's tokens.

    A token belongs to the part of its first character; the answer's first token is the one with the answer's first
    character. Nothing is tokenised again. Empty where the ids do not decode to `text` or the reading has no positions:
    such a response counts under "all" only.
    """
    ids = list(token_ids)
    if not ids or tokenizer.decode(ids, skip_special_tokens=False) != text:
        return ()
    ends = _ends(text, reading)
    special = set(tokenizer.all_special_ids)
    return _labelled([first_token_past(tokenizer, ids, char) for char in ends], [i in special for i in ids])


def split_pieces(pieces: Sequence[str], text: str, reading: Reading) -> tuple[Span, ...]:
    """The spans of tokens known by their texts alone; empty where these do not concatenate to `text`."""
    if not pieces or "".join(pieces) != text:
        return ()
    past = list(accumulate(len(piece) for piece in pieces))
    return _labelled([bisect_right(past, max(0, char)) for char in _ends(text, reading)], [False] * len(pieces))


def bytes_by_part(tokenizer: Any, token_ids: Sequence[int], spans: Sequence[Span]) -> dict[str, int]:
    """UTF-8 bytes of each part of a response, its onset and all of it."""
    sizes: dict[str, int] = {ALL: _bytes(tokenizer, token_ids)}
    answer: list[int] = []
    for span in spans:
        inside = token_ids[span.start : span.end]
        sizes[span.part] = sizes.get(span.part, 0) + _bytes(tokenizer, inside)
        answer += inside if span.part == ANSWER else []
    if answer:
        sizes[ONSET] = _bytes(tokenizer, answer[:ONSET_TOKENS])
    return sizes


def _bytes(tokenizer: Any, token_ids: Sequence[int]) -> int:
    return len(tokenizer.decode(list(token_ids), skip_special_tokens=False).encode("utf-8", "surrogatepass"))


def first_token_past(tokenizer: Any, token_ids: Sequence[int], char: int) -> int:
    """Index of the first token that ends behind character `char` of the decoded text, by bisection."""
    if char <= 0:
        return 0
    low, high = 0, len(token_ids)
    while low < high:
        middle = (low + high) // 2
        # bytes of an unfinished character decode to one replacement character, which is counted as that character
        reached = len(tokenizer.decode(list(token_ids[: middle + 1]), skip_special_tokens=False))
        if reached > char:
            high = middle
        else:
            low = middle + 1
    return low


def _ends(text: str, reading: Reading) -> list[int]:
    """The thought's first and past-last character and the answer's first one; empty if the reading has neither."""
    thought, answer_start = _places(text, reading)
    if thought is None and answer_start is None:
        return []
    return [*(thought or (0, 0)), len(text) if answer_start is None else answer_start]


def _labelled(cuts: Sequence[int], special: Sequence[bool]) -> tuple[Span, ...]:
    """Spans from the token indices of the thought's start and end and of the answer's start."""
    if not cuts:
        return ()
    return _runs(
        [
            FORMAT if is_special else THOUGHT if cuts[0] <= i < cuts[1] else ANSWER if i >= cuts[2] else FORMAT
            for i, is_special in enumerate(special)
        ]
    )


def _places(text: str, reading: Reading) -> tuple[tuple[int, int] | None, int | None]:
    """Character range of the thought, and the answer's first character."""
    stop = len(text) if reading.answer_char_start is None else reading.answer_char_start
    if not reading.thought:
        return None, reading.answer_char_start
    start = text.find(reading.thought, 0, stop)
    return (None if start < 0 else (start, start + len(reading.thought))), reading.answer_char_start


def _runs(labels: Sequence[str]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for i, label in enumerate(labels):
        if spans and spans[-1].part == label:
            spans[-1] = spans[-1]._replace(end=i + 1)
        else:
            spans.append(Span(label, i, i + 1))
    return tuple(spans)
