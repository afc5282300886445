"""Reads from a judge's card how far it was seen to shift the difference between two models that it had not learned.

A card `weights/<judge>.json` may hold `pair_bias`: by scorer, then by kind of pair ("all", "instruct to reasoning"),
the figures of `judges.pair_bias` as shares. `bound` is the plausible bias of a verdict without labels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from trustdelta.scorers.text_heads import FOLDER

ALL = "all"


@dataclass(frozen=True, slots=True)
class PairBias:
    """Pair bias of one scorer: shares, over ordered pairs of models that were left out of its training."""

    scorer: str
    kind: str
    models: int
    pairs: int
    mean: float
    spread: float
    bound: float
    noise: float
    systematic: float


@cache
def _cards() -> Mapping[str, Mapping[str, Any]]:
    """Measured pair biases by scorer and kind of pair, from every card that holds some."""
    by_scorer: dict[str, Mapping[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        by_scorer.update(json.loads(path.read_text(encoding="utf-8")).get("pair_bias", {}))
    return by_scorer


def pair_bias(scorer: str, kind: str = ALL) -> PairBias | None:
    """What the card of a built-in scorer says of its pair bias; None where it was not measured.

    `kind`: a kind of pair; where that was not measured apart, all pairs stand for it.
    """
    by_kind = _cards().get(scorer, {})
    name = kind if kind in by_kind else ALL
    if name not in by_kind:
        return None
    figures = {k: v for k, v in by_kind[name].items() if k in PairBias.__dataclass_fields__}
    return PairBias(scorer=scorer, kind=name, **figures)


def largest_bound(kind: str = ALL) -> float:
    """The largest bound in any card: what a judge that was never measured may be off by."""
    cards = [pair_bias(scorer, kind) for scorer in _cards()]
    return max(card.bound for card in cards if card is not None)
