"""The further windows of an answer that the harm judge reads: behind its first part, and behind a refusal.

The judge learned from whole answers, most of them shorter than one window. What a long answer says further on, and what
an answer gives behind a refusal, are read as answers of their own: sentences together, up to WINDOW_CHARS.
"""

from __future__ import annotations

import re

from trustdelta.scorers.refusal_clauses import OPENING_CHARS, find_refusal

READ_CHARS = 1500
"""Characters of an answer that are read as its first part."""
WINDOW_CHARS, LEAST_CHARS = 700, 60
MOST = 64
"""Windows of one text that are looked at, spread over it."""
SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+|(?<=[。！？])")


def further_windows(answer: str) -> list[str]:
    """The windows of an answer behind its first part, or behind the refusal that it opens with; often none."""
    start = min(READ_CHARS, len(answer))
    refusal = find_refusal(answer)
    if refusal is not None and refusal.before < OPENING_CHARS:
        end = SENTENCE_END.search(answer, min(refusal.before + 1, len(answer)))
        start = min(start, end.end() if end else len(answer))
    found = [window for window in _windows(answer, start) if len(window.strip()) >= LEAST_CHARS]
    return found if len(found) <= MOST else [found[i * len(found) // MOST] for i in range(MOST)]


def _windows(text: str, start: int) -> list[str]:
    """The text from `start` on in pieces of whole sentences; a sentence that is longer is cut at a blank."""
    pieces: list[str] = []
    begin = end = start
    for mark in [*(m.end() for m in SENTENCE_END.finditer(text, start)), len(text)]:
        if mark - begin > WINDOW_CHARS and end > begin:
            pieces.append(text[begin:end])
            begin = end
        while mark - begin > WINDOW_CHARS:
            blank = text.rfind(" ", begin + 1, begin + WINDOW_CHARS)
            cut = blank + 1 if blank > 0 else begin + WINDOW_CHARS
            pieces.append(text[begin:cut])
            begin = cut
        end = mark
    return [*pieces, text[begin:end]] if end > begin else pieces
