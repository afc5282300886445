"""Both models' answers to a prompt, and all answers of a run as one list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

from trustdelta.records.arrays import Ints

TOKEN = re.compile(r"\b(?:[^\W\d_]\.){2,}|[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+(?:['’\-][^\W_]+)*|[.!?\n]+")
"""Abbreviations like e.g., words, single ideographs, and ends of sentences, over which no phrase reaches."""
LONGEST = 40_000
"""Characters of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One prompt with as many answers of the baseline as of the candidate."""

    prompt_id: str
    question: str
    """What the user asked, in all turns."""
    baseline: tuple[str, ...]
    candidate: tuple[str, ...]
    cluster: str = ""
    """Sampling unit; empty: the prompt itself."""
    traits: Mapping[str, str] = field(default_factory=dict)
    """By kind (benchmark, stratum, group, column), the prompt's value."""


def words_of(text: str) -> list[str]:
    """Lower-case tokens of a text; "." for every end of a sentence or line."""
    plain = text[:LONGEST].lower().replace("’", "'")
    return [token if token[0] not in ".!?\n" else "." for token in TOKEN.findall(plain)]


@dataclass(frozen=True)
class Corpus:
    """Texts of all answers."""

    texts: Sequence[str]
    tokens: Sequence[str] = ()
    """Tokens with much drift between the models."""

    @cached_property
    def words(self) -> list[list[str]]:
        """Tokens of each text."""
        return [words_of(text) for text in self.texts]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which rows of the corpus are whose answers to which prompt."""

    baseline: sparse.csr_array
    """Mean over the baseline's answers: prompts by answers."""
    candidate: sparse.csr_array
    """Mean over the candidate's answers: prompts by answers."""

    def swapped(self, swap_P: Ints) -> Layout:
        """The same with the models exchanged on some prompts (1)."""
        flip = sparse.diags_array(swap_P.astype(float)).tocsr()
        stay = sparse.diags_array(1.0 - swap_P).tocsr()
        return Layout(
            (stay @ self.baseline + flip @ self.candidate).tocsr(),
            (stay @ self.candidate + flip @ self.baseline).tocsr(),
        )


def laid_out(pairs: Sequence[Pair], tokens: Sequence[str] = ()) -> tuple[Corpus, Layout]:
    """The answers of all pairs, and where they are."""
    texts: list[str] = []
    rows: dict[str, list[tuple[int, int, float]]] = {"baseline": [], "candidate": []}
    for i, pair in enumerate(pairs):
        for arm, answers in (("baseline", pair.baseline), ("candidate", pair.candidate)):
            rows[arm] += [(i, len(texts) + k, 1 / len(answers)) for k in range(len(answers))]
            texts += [answer[:LONGEST] for answer in answers]
    shape = (len(pairs), len(texts))
    return Corpus(texts, tokens), Layout(*(means(rows[arm], shape) for arm in ("baseline", "candidate")))


def means(cells: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> sparse.csr_array:
    """Weights of the answers in the means over each prompt: prompts by answers; `cells`: prompt, answer, weight."""
    if not cells:
        return sparse.csr_array(shape)
    row, column, weight = (np.array(part) for part in zip(*cells, strict=True))
    return sparse.csr_array((weight.astype(float), (row.astype(int), column.astype(int))), shape=shape)


def clusters_of(pairs: Sequence[Pair]) -> Ints:
    """Cluster code of each prompt."""
    names = [f"c {p.cluster}" if p.cluster else f"p {p.prompt_id}" for p in pairs]
    return np.unique(np.array(names, dtype=str), return_inverse=True)[1].astype(np.int64)
