"""Drift as the study reports it: the sum over whole responses of the candidate, by family of prompts.

A sum grows with the length of responses. So the rate beside it, by part, and how much of the sum is length.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

from trustdelta.drift.sums import Method
from trustdelta.pipeline.drift.results import nats_of, preferred
from trustdelta.records import Arm, StudyDrift
from trustdelta.records.state import DRIFT_GIVEN, DRIFT_REFERENCE
from trustdelta.store import DriftRow, Store

LOG_RATIOS = (Method.K1, Method.BITS_PER_BYTE)


def study_of(store: Store, yardsticks: Mapping[str, StudyDrift] | None = None) -> tuple[StudyDrift, ...]:
    """One row for each benchmark, over the candidate's first draws; none for given texts, which no model sampled.

    `yardsticks`: the same figures, by benchmark, of the baseline against the model that it was made from.
    """
    if store.get(DRIFT_GIVEN):
        return ()
    benchmark = {p.id: p.benchmark for p in store.prompts()}
    ratios: dict[str, list[float]] = defaultdict(list)
    for row in store.drift():
        if (row.text_of, row.draw, row.part) == ("candidate", 0, "all") and row.method in LOG_RATIOS:
            ratios[benchmark[row.prompt_id]] += [] if row.own_nats is None else [row.own_nats]
    rows: dict[str, list[DriftRow]] = defaultdict(list)
    for row in preferred(store):
        if row.text_of == Arm.CANDIDATE.value and row.draw == 0:
            rows[benchmark[row.prompt_id]].append(row)
    return tuple(
        family(name, found, ratios[name], (yardsticks or {}).get(name)) for name, found in sorted(rows.items())
    )


def yardsticks_of(store: Store, reference_model: str) -> dict[str, StudyDrift]:
    """What was measured of the configured yardstick, by benchmark."""
    found = store.get(DRIFT_REFERENCE)
    rows = found["study"] if found["source"] == reference_model else []
    return {row["benchmark"]: StudyDrift(**row) for row in rows}


def yardstick_notes(store: Store, reference_model: str) -> list[str]:
    """Why the configured yardstick has no figures, where it has none."""
    found = store.get(DRIFT_REFERENCE)
    return [found["note"]] if found["note"] and found["source"] == reference_model else []


def family(
    benchmark: str, rows: Sequence[DriftRow], log_ratios: Sequence[float], yardstick: StudyDrift | None
) -> StudyDrift:
    """The figures of one benchmark's responses."""
    whole = [row for row in rows if row.part == "all"]
    tokens, nats = sum(row.tokens for row in whole), sum(nats_of(row) for row in whole)
    return StudyDrift(
        benchmark,
        len(whole),
        math.fsum(log_ratios) / len(log_ratios) if log_ratios else None,
        nats / len(whole),
        tokens / len(whole),
        nats / tokens,
        rate(rows, "thought"),
        rate(rows, "answer"),
        share_of_length([(row.tokens, nats_of(row)) for row in whole]),
        whole[0].method,
        *against(nats / len(whole), tokens / len(whole), yardstick),
    )


def rate(rows: Sequence[DriftRow], part: str) -> float | None:
    """Nats per token of one part."""
    found = [row for row in rows if row.part == part]
    return sum(nats_of(row) for row in found) / sum(row.tokens for row in found) if found else None


def share_of_length(responses: Sequence[tuple[int, float]]) -> float | None:
    """Share of the variance of log sums over responses that is length: log sum = log length + log rate.

    Covariance of log length and log sum over the variance of log sum; None where sums do not differ.
    """
    logs = [(math.log(tokens), math.log(nats)) for tokens, nats in responses if nats > 0]
    if len(logs) < 3:
        return None
    length, total = zip(*logs, strict=True)
    variance = statistics.variance(total)
    return statistics.covariance(length, total) / variance if variance > 0 else None


def against(nats: float, tokens: float, yardstick: StudyDrift | None) -> tuple[float | None, float | None]:
    """The sum over the yardstick's, and how much of the logarithm of that ratio is the ratio of lengths."""
    if yardstick is None or min(nats, yardstick.nats_per_response) <= 0:
        return None, None
    ratio = nats / yardstick.nats_per_response
    lengths = tokens / yardstick.tokens_per_response
    return ratio, math.log(lengths) / math.log(ratio) if abs(math.log(ratio)) > 1e-9 else None
