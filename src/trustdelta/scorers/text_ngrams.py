"""Hashed n-grams of a text: what the judges read where the sentence encoder is not installed, and beside it.

Words and word pairs, and runs of three to five bytes, each hashed into a fixed number of buckets; nothing is learned
here, so that training and judging share these lines.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trustdelta.scorers.text_normal import normal

BUCKETS = 1 << 16
RUNS = (3, 4, 5)
WORD = re.compile(r"\w+|[^\w\s]+")
BASE = np.uint32(0x01000193)


@lru_cache(maxsize=1 << 16)
def _hash(token: str) -> int:
    return zlib.crc32(token.encode("utf-8", "replace")) % BUCKETS


def ngrams(text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Buckets, each once, and their values: log counts scaled to unit length; both empty for a blank text."""
    text = re.sub(r"\s+", " ", normal(text))
    words = WORD.findall(text)
    buckets_of_words = [_hash(word) for word in words]
    buckets_of_words.extend(_hash(f"{a} {b}") for a, b in pairwise(words))
    data = np.frombuffer(f" {text} ".encode("utf-8", "replace"), dtype=np.uint8).astype(np.uint32)
    parts = [np.asarray(buckets_of_words, dtype=np.int64)]
    for run in RUNS:
        if len(data) >= run and text:
            code = np.full(len(data) - run + 1, run, dtype=np.uint32)
            for offset in range(run):
                code = (code ^ data[offset : offset + len(code)]) * BASE
            parts.append(((code ^ (code >> np.uint32(15))) % np.uint32(BUCKETS)).astype(np.int64))
    buckets, counts = np.unique(np.concatenate(parts), return_counts=True)
    values = (1 + np.log(counts)).astype(np.float32)
    length = float(np.sqrt(values @ values))
    return buckets, values / np.float32(length) if length else values


def dot(text: str, weights: NDArray[np.floating], scale: float = 1.0) -> float:
    """Inner product of a text's n-grams with one row of bucket weights, times `scale` (for weights kept as int8)."""
    buckets, values = ngrams(text)
    return float(values @ weights[buckets].astype(np.float32)) * scale
