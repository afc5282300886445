"""Drift as the study reports it: the sum over whole responses of the candidate, by benchmark.

The sum grows with the length of responses, so it is reported with the rate by part and the share of length.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from trustdelta.drift.sums import Method
from trustdelta.pipeline.drift.results import nats_of, preferred
from trustdelta.records import Arm, StudyDrift
from trustdelta.records.state import DRIFT_GIVEN, DRIFT_REFERENCE
from trustdelta.store import DriftRow, Store

LOG_RATIOS = (Method.K1, Method.BITS_PER_BYTE)


def study_of(store: Store, references: Mapping[str, StudyDrift] | None = None) -> tuple[StudyDrift, ...]:
    """One row for each benchmark, over the candidate's first samples; none for texts of a file, which no model sampled.

    `references`: by benchmark, the same figures of the baseline against the reference model.
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
        family(name, benchmark_rows, ratios[name], (references or {}).get(name))
        for name, benchmark_rows in sorted(rows.items())
    )


def reference_drift(store: Store, reference_model: str) -> dict[str, StudyDrift]:
    """Stored figures of the configured reference model, by benchmark."""
    reference = store.get(DRIFT_REFERENCE)
    rows = reference["study"] if reference["source"] == reference_model else []
    return {row["benchmark"]: StudyDrift(**row) for row in rows}


def reference_notes(store: Store, reference_model: str) -> list[str]:
    """Why the configured reference model has no figures, where it has none."""
    reference = store.get(DRIFT_REFERENCE)
    return [reference["note"]] if reference["note"] and reference["source"] == reference_model else []


def family(
    benchmark: str, rows: Sequence[DriftRow], log_ratios: Sequence[float], reference: StudyDrift | None
) -> StudyDrift:
    """The figures of one benchmark's responses."""
    whole = [row for row in rows if row.part == "all"]
    tokens, nats = sum(row.tokens for row in whole), math.fsum(nats_of(row) for row in whole)
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
        *against(nats / len(whole), tokens / len(whole), reference),
    )


def rate(rows: Sequence[DriftRow], part: str) -> float | None:
    """Nats per token of one part."""
    part_rows = [row for row in rows if row.part == part]
    return math.fsum(nats_of(row) for row in part_rows) / sum(row.tokens for row in part_rows) if part_rows else None


def share_of_length(responses: Sequence[tuple[int, float]]) -> float | None:
    """Share of the variance of log sums over responses that length explains: log sum = log length + log rate.

    It is the covariance of log length and log sum over the variance of log sum; None where all sums are equal.
    """
    logs = [(math.log(tokens), math.log(nats)) for tokens, nats in responses if nats > 0]
    if len(logs) < 3:
        return None
    length, total = zip(*logs, strict=True)
    mean_length, mean_total = math.fsum(length) / len(length), math.fsum(total) / len(total)
    variance = math.fsum((t - mean_total) ** 2 for t in total)
    shared = math.fsum((n - mean_length) * (t - mean_total) for n, t in zip(length, total, strict=True))
    return shared / variance if variance > 0 else None


def against(nats: float, tokens: float, reference: StudyDrift | None) -> tuple[float | None, float | None]:
    """The ratio to the reference model's sum, and the share of its logarithm that is the ratio of lengths."""
    if reference is None or min(nats, reference.nats_per_response) <= 0:
        return None, None
    ratio = nats / reference.nats_per_response
    lengths = tokens / reference.tokens_per_response
    return ratio, math.log(lengths) / math.log(ratio) if abs(math.log(ratio)) > 1e-9 else None
