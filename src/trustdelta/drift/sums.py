"""Sums of drift over parts of responses, and the reported rates; without a model and without torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from trustdelta.records import Arm, Drift

DIRECTIONS = ("kl_candidate_to_baseline", "kl_baseline_to_candidate")
PRIMARY = {Arm.CANDIDATE: "kl_candidate_to_baseline", Arm.BASELINE: "kl_baseline_to_candidate"}
"""The direction whose expectation is under the text's author."""


class Method(StrEnum):
    """How a divergence is computed, the most accurate first."""

    EXACT = "exact"
    SHARED_IDS = "exact on shared ids"
    SERVED = "exact over a server's full vocabulary"
    K3 = "k3 of sampled tokens"
    K1 = "k1 of sampled tokens"
    TOP_K = "top-k lower bound"
    BITS_PER_BYTE = "bits per byte (approximate)"

    @property
    def exact(self) -> bool:
        """Whether the full distributions of both models are compared."""
        return self in (Method.EXACT, Method.SHARED_IDS, Method.SERVED)


@dataclass(frozen=True, slots=True)
class ResponseDrift:
    """Sums over the tokens of one part (or one range of positions) of one response, in nats."""

    key: str
    part: str
    tokens: int
    kl_candidate_to_baseline_nats: float
    """nan if the method does not estimate this direction."""
    kl_baseline_to_candidate_nats: float
    """nan if the method does not estimate this direction."""
    method: Method = Method.EXACT
    text_bytes: int = 0
    logp_candidate_nats: float = math.nan
    logp_baseline_nats: float = math.nan
    entropy_candidate_nats: float = math.nan
    entropy_baseline_nats: float = math.nan
    dropped_candidate: float = 0.0
    """Sum of the probabilities of ids that are not shared."""
    dropped_baseline: float = 0.0
    """Sum of the probabilities of ids that are not shared."""
    jsd_nats: float | None = None

    def nats(self, direction: str) -> float | None:
        """The sum in one direction; None if the method does not estimate it."""
        forward = direction == "kl_candidate_to_baseline"
        total = self.kl_candidate_to_baseline_nats if forward else self.kl_baseline_to_candidate_nats
        return None if math.isnan(total) else total


@dataclass(slots=True)
class TokenSums:
    """Sums over all occurrences of one token, in nats."""

    tokens: int = 0
    """Number of occurrences."""
    responses: int = 0
    """Number of responses with the token."""
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
    """Probability that one token gained and lost from baseline to candidate, summed over positions."""

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
    """Drift by method and part in the estimated directions, the primary one first; rates are ratios of sums.

    `floor`: noise floor in nats per token, by part: a model's drift from itself in other batches. Rounding adds as much
    to every divergence, so it is subtracted, down to 0; a part without a floor takes that of "all".
    """
    groups: dict[tuple[Method, str], list[ResponseDrift]] = {}
    for row in rows:
        groups.setdefault((row.method, row.part), []).append(row)
    primary = PRIMARY[text_of]
    drifts = []
    for direction in sorted(DIRECTIONS, key=lambda d: d != primary):
        for (method, part), members in groups.items():
            values = [v for v in (row.nats(direction) for row in members) if v is not None]
            if len(values) < len(members):
                continue
            noise = floor.get(part, floor.get("all", 0.0)) if floor is not None and method.exact else None
            total = math.fsum(values)
            if method.exact:
                total = max(0.0, total - sum(row.tokens for row in members) * (noise or 0.0))
            drifts.append(_drift(members, direction, total, (text_of, benchmark, noise)))
    return drifts


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
        dropped_candidate=math.fsum(row.dropped_candidate for row in members) / tokens,
        dropped_baseline=math.fsum(row.dropped_baseline for row in members) / tokens,
    )


def per_token(rows: Iterable[ResponseDrift]) -> dict[str, float]:
    """Nats per token by part, the mean of both directions: the noise floor from a model's drift from itself."""
    sums: dict[str, list[float]] = {}
    for row in rows:
        nats = (row.kl_candidate_to_baseline_nats + row.kl_baseline_to_candidate_nats) / 2
        totals = sums.setdefault(row.part, [0.0, 0.0])
        totals[0] += nats
        totals[1] += row.tokens
    return {part: nats / tokens for part, (nats, tokens) in sums.items()}
