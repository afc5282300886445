"""Compares two tokenizers by id, token, merges and special ids: can next-token distributions be compared?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """The comparison of token distributions that two tokenizers allow."""

    EXACT = "exact"
    SHARED_IDS = "exact on shared ids"
    BITS_PER_BYTE = "bits per byte (approximate)"
    TEXTS = "by log-probabilities of texts"
    NONE = "not comparable"


@dataclass(frozen=True, slots=True)
class Comparability:
    """The result of comparing two tokenizers."""

    level: Level
    reason: str = ""
    """Why the level is not higher."""
    shared: int = 0
    """Number of compared ids, 0..shared-1 without `excluded`; 0: every id that both heads score."""
    excluded: frozenset[int] = frozenset()

    @property
    def exact(self) -> bool:
        """Whether token distributions can be compared id by id."""
        return self.level in (Level.EXACT, Level.SHARED_IDS)


def compare_tokenizers(candidate: Any, baseline: Any) -> Comparability:
    """Compare two `transformers` tokenizers.

    Exact: the same token for every id, the same merges, the same special ids. Exact on shared ids: they differ in
    added tokens only. Bits per byte: both encode the same text, in different tokens.
    """
    if candidate is baseline:
        return Comparability(Level.EXACT)
    if candidate is None or baseline is None:
        return Comparability(Level.NONE, "a model has no tokenizer here; load both with their tokenizers.")
    candidate_ids, baseline_ids = candidate.get_vocab(), baseline.get_vocab()
    if _rules(candidate) != _rules(baseline):
        return Comparability(Level.BITS_PER_BYTE, "the tokenizers have different vocabularies or merges")
    if candidate_ids == baseline_ids and candidate.all_special_ids == baseline.all_special_ids:
        return Comparability(Level.EXACT)
    candidate_tokens = {i: token for token, i in candidate_ids.items()}
    baseline_tokens = {i: token for token, i in baseline_ids.items()}
    differing = {
        i for i in candidate_tokens.keys() | baseline_tokens.keys() if candidate_tokens.get(i) != baseline_tokens.get(i)
    }
    same = candidate_tokens.keys() - differing
    if not same:
        return Comparability(Level.BITS_PER_BYTE, "no id has the same token in both tokenizers")
    if not differing:
        return Comparability(Level.EXACT, "special tokens are declared differently, ids and tokens are the same")
    shared = max(same) + 1
    named = ", ".join(repr(candidate_tokens.get(i, baseline_tokens.get(i))) for i in sorted(differing)[:4])
    reason = f"{len(differing)} added tokens differ ({named}{', ...' if len(differing) > 4 else ''})"
    return Comparability(Level.SHARED_IDS, reason, shared, frozenset(i for i in differing if i < shared))


def _rules(tokenizer: Any) -> Any:
    """The tokenizer's base vocabulary and merges, without added tokens."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        return json.loads(backend.to_str())["model"]
    added = set(tokenizer.get_added_vocab())
    return type(tokenizer).__name__, {t: i for t, i in tokenizer.get_vocab().items() if t not in added}
