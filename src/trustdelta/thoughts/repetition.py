"""Detects loops at the end of a text: exact repetition in any script, and near repetition in words."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

TAIL_CHARS = 8_000
"""Length of the examined tail: a relevant loop runs to the end."""
MIN_CHARS = 300
MIN_REPEATS = 4
TAIL_WORDS = 300
MIN_WORDS = 120
NEAR_DISTINCT = 0.2
"""Share of distinct word 4-grams below which the tail counts as looping; ordinary prose and code stay above 0.6."""

_DIGITS = re.compile(r"\d+")


def loops(text: str) -> bool:
    """Whether `text` ends in a loop that runs to its end.

    Either its tail repeats one exact period at least MIN_REPEATS times over at least MIN_CHARS characters; or, digits
    ignored, fewer than NEAR_DISTINCT of the 4-grams of its last TAIL_WORDS words are distinct ("let me check 12 again.
    let me check 13 again."). Counting from 1 to 1,000 is not a loop. Linear in the tail.
    """
    tail = text[-TAIL_CHARS:].rstrip()
    return len(tail) >= MIN_CHARS and (_exact(tail) or _near(tail))


def _exact(tail: str) -> bool:
    """Whether the tail is periodic to its end, by the Z-function of its reverse."""
    if tail.count(tail[-12:]) < MIN_REPEATS:  # necessary for any period, and far cheaper
        return False
    reverse = tail[::-1]
    return any(
        p + z >= max(MIN_CHARS, MIN_REPEATS * p) for p, z in enumerate(_z(reverse)) if 0 < p <= len(tail) // MIN_REPEATS
    )


def _z(s: str) -> list[int]:
    """Z-function: for each i the length of the longest common prefix of s and s[i:]. Linear."""
    n, left, right = len(s), 0, 0
    z = [0] * n
    for i in range(1, n):
        k = min(right - i, z[i - left]) if i < right else 0
        while i + k < n and s[k] == s[i + k]:
            k += 1
        z[i] = k
        if i + k > right:
            left, right = i, i + k
    return z


def _near(tail: str) -> bool:
    """Whether the last words repeat the same 4-grams; tokens without a letter are ignored."""
    with_letter = (w for w in reversed(tail.split()) if any(c.isalpha() for c in w))
    words = [_DIGITS.sub("0", w) for w in islice(with_letter, TAIL_WORDS)][::-1]
    if len(words) < MIN_WORDS:
        return False
    grams = Counter(recent := list(zip(words, words[1:], words[2:], words[3:], strict=False)))
    to_the_end = all(grams[g] > 1 for g in recent[-4:])
    return to_the_end and len(grams) < NEAR_DISTINCT * len(recent)
