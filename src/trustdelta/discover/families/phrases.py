"""Words and phrases of up to three words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from trustdelta.discover.conditions import IDEOGRAPH
from trustdelta.discover.features import LEAST_ANSWERS, Columns, Family, Feature, usable
from trustdelta.discover.pairs import Corpus
from trustdelta.records.arrays import Ints
from trustdelta.scorers.text_language import ENGLISH

LONGEST = 3
"""Most words of a phrase."""


def _columns(corpus: Corpus) -> Iterator[Columns]:
    """One block for each number of words."""
    index: dict[str, int] = {".": 0}
    codes = [[index.setdefault(word, len(index)) for word in words] for words in corpus.words]
    code_T = np.array([code for row in codes for code in [*row, 0]], dtype=np.int64)
    row_T = np.repeat(np.arange(len(codes)), [len(row) + 1 for row in codes])
    vocabulary = list(index)
    for length in range(1, LONGEST + 1):
        yield _phrases(code_T, row_T, vocabulary, length)


def _phrases(code_T: Ints, row_T: Ints, vocabulary: list[str], length: int) -> Columns:
    """The phrases of one length in enough answers, none of function words alone; none goes over a sentence."""
    count, size = code_T.size - length + 1, len(vocabulary)
    parts = np.stack([code_T[i : i + count] for i in range(length)]) if count > 0 else np.zeros((length, 0), np.int64)
    inside = (parts != 0).all(axis=0)
    key_T = np.zeros(inside.sum(), dtype=np.int64)
    for part in parts:
        key_T = key_T * size + part[inside]
    key_K, at_T = np.unique(key_T, return_inverse=True)
    rows = int(row_T[-1]) + 1
    pair = np.unique(row_T[:count][inside] * max(key_K.size, 1) + at_T)
    row, column = np.divmod(pair, max(key_K.size, 1))
    values = sparse.csc_array((np.ones(row.size), (row, column)), shape=(rows, key_K.size))
    count_K = np.diff(values.indptr)
    plain = np.array([word in ENGLISH for word in vocabulary])
    rest_K, function_K = key_K.copy(), np.ones(key_K.size, dtype=bool)
    for _ in range(length):
        rest_K, code_K = np.divmod(rest_K, size)
        function_K &= plain[code_K]
    enough = np.flatnonzero((count_K >= LEAST_ANSWERS) & (count_K <= rows - LEAST_ANSWERS) & ~function_K)
    return usable(values[:, enough], [_feature(int(key), vocabulary, length) for key in key_K[enough]])


def _feature(key: int, vocabulary: list[str], length: int) -> Feature:
    words = []
    for _ in range(length):
        key, code = divmod(key, len(vocabulary))
        words.append(vocabulary[code])
    glue, between = ("", "") if all(map(IDEOGRAPH.match, words)) else (" ", r"[^\w.!?]+")
    phrase = glue.join(reversed(words))
    kind = "word" if length == 1 else "phrase"
    pattern = between.join(re.escape(word).replace("'", "['’]") for word in reversed(words))
    content = sum(word not in ENGLISH for word in words)
    return Feature(f"contains the {kind} “{phrase}”", 0.6 * (content - 1) + 0.1 * (length - content), pattern)


FAMILY = Family("phrases", columns=_columns)
