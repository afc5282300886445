"""Stored drift rows read back: divergences by part, direction and benchmark, less the noise floor. Needs no torch."""

from __future__ import annotations

from collections import defaultdict
from math import nan

from trustdelta.drift.parts import position_of
from trustdelta.drift.sums import Method, ResponseDrift, aggregate
from trustdelta.errors import MeasurementError
from trustdelta.records import Arm, Drift
from trustdelta.records.state import DRIFT_GIVEN, DRIFT_NOTE, drift_floor, drift_floor_dtypes
from trustdelta.store import DriftRow, Store

PARTS = ("all", "thought", "format", "answer", "onset")


def drift_of(store: Store) -> tuple[tuple[Drift, ...], str]:
    """Drift over all texts and by benchmark, in both directions less the noise floor; the note where there is none.

    Every prompt counts once, with its first draw.
    """
    benchmark = {p.id: p.benchmark for p in store.prompts()}
    groups: dict[tuple[str, str], list[ResponseDrift]] = defaultdict(list)
    for row in measured(store):
        if row.draw == 0 and position_of(row.part) is None:
            for name in ("", benchmark[row.prompt_id]):
                groups[name, row.text_of].append(response_drift(row))
    found = [
        drift
        for (name, text_of), rows in sorted(groups.items())
        for drift in aggregate(
            sorted(rows, key=lambda r: (list(Method).index(r.method), PARTS.index(r.part))),
            Arm(text_of),
            name,
            floor=floor_of(store, Arm(text_of)),
        )
    ]
    return tuple(found), store.get(DRIFT_NOTE) or (floor_note(store) if found else "")


def measured(store: Store) -> list[DriftRow]:
    """The rows that say what drift is: exact ones where there are any, else every estimate under its right name.

    Where the two models read one response in different tokens, no response is compared token by token. Of given texts,
    which no model sampled, no mean of log-ratios is a divergence.
    """
    rows = store.drift()
    methods = {Method(row.method) for row in rows}
    local = {Method.EXACT, Method.SHARED_IDS} & methods
    if local:
        return [row for row in rows if row.method in local]
    if Method.BITS_PER_BYTE in methods:
        tokens_alone = (Method.K1, Method.BITS_PER_BYTE)
        return [row._replace(method=Method.BITS_PER_BYTE.value) for row in rows if row.method in tokens_alone]
    sampled = (Method.K1, Method.K3) if store.get(DRIFT_GIVEN) else ()
    return [row for row in rows if row.method not in sampled]


def preferred(store: Store) -> list[DriftRow]:
    """One row for each part of each response: the best method that gives the author's direction (see `nats_of`)."""
    best: dict[tuple[str, str, int, str], DriftRow] = {}
    for row in sorted(measured(store), key=lambda r: list(Method).index(Method(r.method))):
        if row.own_nats is not None:
            best.setdefault((row.text_of, row.prompt_id, row.draw, row.part), row)
    return [best[key] for key in sorted(best)]


def nats_of(row: DriftRow) -> float:
    """The nats of a preferred row; raises MeasurementError for one that lacks the author's direction."""
    if row.own_nats is None:
        raise MeasurementError(f"{row.method} gives no divergence of the {row.text_of}'s text from the other model.")
    return row.own_nats


def response_drift(row: DriftRow) -> ResponseDrift:
    """A stored row as it was measured."""
    return ResponseDrift(
        row.prompt_id,
        row.part,
        row.tokens,
        nan if row.kl_candidate_to_baseline is None else row.kl_candidate_to_baseline,
        nan if row.kl_baseline_to_candidate is None else row.kl_baseline_to_candidate,
        Method(row.method),
        row.text_bytes,
        dropped_candidate=row.dropped_candidate,
        dropped_baseline=row.dropped_baseline,
    )


def floor_note(store: Store) -> str:
    """Which dtypes the noise floor compares; empty where both models run in float32 anyway."""
    dtypes = {arm: store.get(drift_floor_dtypes(arm)) or ["float32", "float32"] for arm in Arm}
    said = [
        f"the {arm.value} runs in {own}, and its noise floor is against {_against(own, other)}"
        for arm, (own, other) in dtypes.items()
        if own != "float32"
    ]
    return f"{'; '.join(said)}.".capitalize() if said else ""


def _against(own: str, other: str) -> str:
    if own == other:
        return "other batches alone: there is no memory for a copy in float32"
    return f"its own weights read one text at a time in {other}"


def floor_of(store: Store, text_of: Arm) -> dict[str, float] | None:
    """Noise floor of one model's texts by part: the mean of what was measured for each of the two models.

    Both models' rounding enters a divergence between them; a model against itself has twice its own.
    """
    measured = [store.get(drift_floor(arm)) for arm in Arm]
    found = [f[text_of.value] for f in measured if f.get(text_of.value)]
    parts = {part for floor in found for part in floor}
    return {p: sum(f.get(p, f["all"]) for f in found) / len(found) for p in sorted(parts)} or None


def stored_row(arm: Arm, prompt_id: str, draw: int, row: ResponseDrift) -> DriftRow:
    """A row as the store keeps it."""
    return DriftRow(
        arm.value,
        prompt_id,
        draw,
        row.part,
        row.method.value,
        row.tokens,
        row.text_bytes,
        row.nats("kl_candidate_to_baseline"),
        row.nats("kl_baseline_to_candidate"),
        row.dropped_candidate,
        row.dropped_baseline,
    )
