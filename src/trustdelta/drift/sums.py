"""Sums of drift over parts of responses, and the rates that are reported. Needs no model and imports no torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from trustdelta.records import Arm, Drift

DIRECTIONS = ("kl_candidate_to_baseline", "kl_baseline_to_candidate")
PRIMARY = {Arm.CANDIDATE: "kl_candidate_to_baseline", Arm.BASELINE: "kl_baseline_to_candidate"}
"""The direction whose expectation is under the model that wrote the text."""


class Method(StrEnum):
    """How a divergence was had, the best first."""

    EXACT = "exact"
    SHARED_IDS = "exact on shared ids"
    SERVED = "exact over a server's full vocabulary"
    K3 = "k3 of sampled tokens"
    K1 = "k1 of sampled tokens"
    TOP_K = "top-k lower bound"
    BITS_PER_BYTE = "bits per byte (approximate)"

    @property
    def exact(self) -> bool:
        """Whether both models' whole distributions were compared."""
        return self in (Method.EXACT, Method.SHARED_IDS, Method.SERVED)


@dataclass(frozen=True, slots=True)
class ResponseDrift:
    """Sums over the tokens of one part (or one range of positions) of one response, in nats.

    A direction that the method does not give is nan. `dropped_*` are sums of probabilities.
    """

    key: str
    part: str
    tokens: int
    kl_candidate_to_baseline_nats: float
    kl_baseline_to_candidate_nats: float
    method: Method = Method.EXACT
    text_bytes: int = 0
    logp_candidate_nats: float = math.nan
    logp_baseline_nats: float = math.nan
    entropy_candidate_nats: float = math.nan
    entropy_baseline_nats: float = math.nan
    dropped_candidate: float = 0.0
    dropped_baseline: float = 0.0
    jsd_nats: float | None = None

    def nats(self, direction: str) -> float | None:
        """The sum in one direction; None where the method does not give it."""
        forward = direction == "kl_candidate_to_baseline"
        found = self.kl_candidate_to_baseline_nats if forward else self.kl_baseline_to_candidate_nats
        return None if math.isnan(found) else found


@dataclass(slots=True)
class TokenSums:
    """Sums over all places where one token stands, in nats; `responses` counts the responses that have it."""

    tokens: int = 0
    responses: int = 0
    kl_candidate_to_baseline_nats: float = 0.0
    kl_baseline_to_candidate_nats: float = 0.0

    def add(self, other: TokenSums) -> None:
        """Add the sums of other texts."""
        self.tokens += other.tokens
        self.responses += other.responses
        self.kl_candidate_to_baseline_nats += other.kl_candidate_to_baseline_nats
        self.kl_baseline_to_candidate_nats += other.kl_baseline_to_candidate_nats


@dataclass(slots=True)
class ChangeSums:
    """Probability that one token gained and lost from baseline to candidate, over the positions that list it."""

    positions: int = 0
    responses: int = 0
    gained: float = 0.0
    lost: float = 0.0

    def add(self, other: ChangeSums) -> None:
        """Add the sums of other texts."""
        self.positions += other.positions
        self.responses += other.responses
        self.gained += other.gained
        self.lost += other.lost


def aggregate(
    rows: Iterable[ResponseDrift], text_of: Arm, benchmark: str = "", floor: Mapping[str, float] | None = None
) -> list[Drift]:
    """Drift by method and part in the directions that there are, the primary one first; rates are ratios of sums.

    `floor`: nats per token, by part, between a model and itself read in other batches. Rounding adds as much to every
    divergence, so it is subtracted, down to 0; a part without a floor of its own takes that of "all".
    """
    groups: dict[tuple[Method, str], list[ResponseDrift]] = {}
    for row in rows:
        groups.setdefault((row.method, row.part), []).append(row)
    primary = PRIMARY[text_of]
    found = []
    for direction in sorted(DIRECTIONS, key=lambda d: d != primary):
        for (method, part), members in groups.items():
            values = [v for v in (row.nats(direction) for row in members) if v is not None]
            if len(values) < len(members):
                continue
            noise = floor.get(part, floor.get("all", 0.0)) if floor is not None and method.exact else None
            total = sum(values)
            if method.exact:
                total = max(0.0, total - sum(row.tokens for row in members) * (noise or 0.0))
            found.append(_drift(members, direction, total, (text_of, benchmark, noise)))
    return found


def _drift(
    members: Sequence[ResponseDrift], direction: str, nats: float, about: tuple[Arm, str, float | None]
) -> Drift:
    text_of, benchmark, noise = about
    tokens, text_bytes = sum(row.tokens for row in members), sum(row.text_bytes for row in members)
    return Drift(
        direction,
        text_of,
        members[0].part,
        nats / tokens,
        nats / len(members),
        tokens,
        len(members),
        members[0].method.value,
        benchmark,
        noise,
        bits_per_byte=nats / math.log(2) / text_bytes if text_bytes else None,
        dropped_candidate=sum(row.dropped_candidate for row in members) / tokens,
        dropped_baseline=sum(row.dropped_baseline for row in members) / tokens,
    )


def per_token(rows: Iterable[ResponseDrift]) -> dict[str, float]:
    """Nats per token by part, the mean of both directions: a noise floor from a model's drift from itself."""
    sums: dict[str, list[float]] = {}
    for row in rows:
        nats = (row.kl_candidate_to_baseline_nats + row.kl_baseline_to_candidate_nats) / 2
        found = sums.setdefault(row.part, [0.0, 0.0])
        found[0] += nats
        found[1] += row.tokens
    return {part: nats / tokens for part, (nats, tokens) in sums.items()}
