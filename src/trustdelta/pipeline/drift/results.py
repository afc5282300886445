"""KL divergences by part, direction and benchmark from stored rows, with the noise floor. Needs no torch."""

from __future__ import annotations

from collections import defaultdict
from math import fsum, nan

from trustdelta.drift.parts import position_of
from trustdelta.drift.sums import Method, ResponseDrift, aggregate
from trustdelta.errors import MeasurementError
from trustdelta.records import Arm, Drift
from trustdelta.records.state import DRIFT_GIVEN, DRIFT_NOTE, drift_floor, drift_floor_dtypes
from trustdelta.store import DriftRow, Store

PARTS = ("all", "thought", "format", "answer", "onset")


def drift_of(store: Store) -> tuple[tuple[Drift, ...], str]:
    """KL over all texts and by benchmark, in both directions with the noise floor, and the note on it.

    Every prompt counts once, with its first sample.
    """
    benchmark = {p.id: p.benchmark for p in store.prompts()}
    groups: dict[tuple[str, str], list[ResponseDrift]] = defaultdict(list)
    for row in measured(store):
        if row.draw == 0 and position_of(row.part) is None:
            for name in ("", benchmark[row.prompt_id]):
                groups[name, row.text_of].append(response_drift(row))
    divergences = [
        drift
        for (name, text_of), responses in sorted(groups.items())
        for drift in aggregate(
            sorted(responses, key=lambda r: (list(Method).index(r.method), PARTS.index(r.part))),
            Arm(text_of),
            name,
            floor=floor_of(store, Arm(text_of)),
        )
    ]
    return tuple(divergences), store.get(DRIFT_NOTE) or (floor_note(store) if divergences else "")


def measured(store: Store) -> list[DriftRow]:
    """The valid rows: exact ones where there are any, else every estimate under its method.

    Where the two models tokenise one response differently, no response is compared by token. On texts of a file, which
    no model sampled, the mean of log-ratios does not estimate a divergence.
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
    """One row for each part of each response, by the best method for the author's direction (see `nats_of`)."""
    best: dict[tuple[str, str, int, str], DriftRow] = {}
    for row in sorted(measured(store), key=lambda r: list(Method).index(Method(r.method))):
        if row.own_nats is not None:
            best.setdefault((row.text_of, row.prompt_id, row.draw, row.part), row)
    return [best[key] for key in sorted(best)]


def nats_of(row: DriftRow) -> float:
    """The nats of a preferred row; raises MeasurementError for one that lacks the author's direction."""
    if row.own_nats is None:
        raise MeasurementError(f"{row.method} gives no divergence on the {row.text_of}'s text from the other model.")
    return row.own_nats


def response_drift(row: DriftRow) -> ResponseDrift:
    """The measurement of a stored row."""
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
    """The dtypes that the noise floor compares; empty where both models run in float32."""
    dtypes = {arm: store.get(drift_floor_dtypes(arm)) or ["float32", "float32"] for arm in Arm}
    notes = [
        f"the {arm.value} runs in {own}, and its noise floor is against {_against(own, reference)}"
        for arm, (own, reference) in dtypes.items()
        if own != "float32"
    ]
    return f"{'; '.join(notes)}.".capitalize() if notes else ""


def _against(own: str, reference: str) -> str:
    if own == reference:
        return "other batches only, since memory does not allow a copy in float32"
    return f"its own weights read one text at a time in {reference}"


def floor_of(store: Store, text_of: Arm) -> dict[str, float] | None:
    """Noise floor of one model's texts by part: the mean over the two models.

    The divergence between two models contains the rounding of both; that of a model from itself contains its own twice.
    """
    measured = [store.get(drift_floor(arm)) for arm in Arm]
    floors = [f[text_of.value] for f in measured if f.get(text_of.value)]
    parts = {part for floor in floors for part in floor}
    return {p: fsum(f.get(p, f["all"]) for f in floors) / len(floors) for p in sorted(parts)} or None


def stored_row(arm: Arm, prompt_id: str, draw: int, row: ResponseDrift) -> DriftRow:
    """A measurement as a row of the store."""
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
