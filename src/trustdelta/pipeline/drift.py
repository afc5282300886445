"""The drift station: which responses are teacher-forced under both models, and what the verdict says of it.

Only measuring needs torch; what is read back from the store does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan

from trustdelta.config import AuditConfig
from trustdelta.drift.parts import position_of
from trustdelta.drift.sums import Method, ResponseDrift, aggregate
from trustdelta.errors import MeasurementError
from trustdelta.progress import Progress
from trustdelta.records import Arm, Drift, Response
from trustdelta.store import DriftRow, Store

CHUNK = 256
"""Responses measured and stored together; a killed run repeats at most one chunk."""
MOST_DRAWS = 8
"""At most this many draws of a prompt are measured, where a candidate was asked more than once."""
PARTS = ("all", "thought", "format", "answer", "onset")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Responses of one model that are measured together; the name is the same whenever the run goes on."""

    arm: Arm
    start: int
    responses: Sequence[Response]

    @property
    def name(self) -> str:
        """Name of the chunk's files and marks."""
        return f"{self.arm.value}-{self.start:06}"


def measure_drift(store: Store, config: AuditConfig, progress: Progress) -> None:
    """Store per-response sums of exact KL for both models' responses; a note says why where that cannot be."""
    reason = why_not(config)
    if reason:
        store.set_meta("drift_note", reason)
        return
    have = {(row.text_of, row.prompt_id, row.draw) for row in store.drift()}
    chunks = [c for arm in Arm for c in chunks_of(store, config, arm)]
    done = set(store.meta("drift_read") or ())  # where some responses of a chunk could not be read
    missing = [
        c
        for c in chunks
        if c.name not in done and any((c.arm.value, r.prompt_id, r.draw) not in have for r in c.responses)
    ]
    if missing:
        from trustdelta.pipeline.drift_passes import fill

        note_contexts(store, chunks)
        fill(store, config, missing, progress)


def why_not(config: AuditConfig) -> str:
    """Why drift is not measured in this audit; empty where it is."""
    if not config.drift:
        return "switched off in the configuration"
    if config.baseline.recorded or config.candidate.recorded:
        return "recorded responses carry no model to compute probabilities with"
    if "inspect" in (config.baseline.engine, config.candidate.engine):
        return "Inspect's model layer does not give the probabilities of a text"
    return ""


def chunks_of(store: Store, config: AuditConfig, arm: Arm) -> Iterator[Chunk]:
    """A sample of each benchmark's prompts, in chunks: the baseline's first draws, and every draw of the candidate.

    Prompt ids are hashes, so their order is random. Further draws are what relates drift to regression.
    """
    benchmark = {p.id: p.benchmark for p in store.prompts()}
    draws = 1 if arm is Arm.BASELINE else MOST_DRAWS
    chosen: dict[str, list[Response]] = defaultdict(list)
    prompts: dict[str, set[str]] = defaultdict(set)
    for response in store.responses(arm):
        name = benchmark[response.prompt_id]
        served = config.baseline.served or config.candidate.served
        if not (response.token_ids or (served and response.text)) or response.draw >= draws:
            continue
        if response.prompt_id in prompts[name] or len(prompts[name]) < config.drift_prompts_per_benchmark:
            prompts[name].add(response.prompt_id)
            chosen[name].append(response)
    responses = [r for name in sorted(chosen) for r in chosen[name]]
    for start in range(0, len(responses), CHUNK):
        yield Chunk(arm, start, responses[start : start + CHUNK])


def note_contexts(store: Store, chunks: Sequence[Chunk]) -> None:
    """Record how many prompts were put to both models as the same token ids, and how many were not."""
    contexts: dict[str, dict[Arm, tuple[int, ...]]] = defaultdict(dict)
    for chunk in chunks:
        for response in chunk.responses:
            contexts[response.prompt_id][chunk.arm] = response.prompt_token_ids
    pairs = [tuple(found.values()) for found in contexts.values() if len(found) == len(Arm)]
    same = sum(one == other for one, other in pairs)
    store.set_meta("drift_contexts", {"same": same, "different": len(pairs) - same})


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
    return tuple(found), store.meta("drift_note") or (floor_note(store) if found else "")


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
    sampled = (Method.K1, Method.K3) if store.meta("drift_given") else ()
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
    dtypes = {arm: store.meta(f"drift_floor_dtypes:{arm.value}") or ["float32", "float32"] for arm in Arm}
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
    measured = [f for f in (store.meta(f"drift_floor:{arm.value}") for arm in Arm) if f is not None]
    found = [f[text_of.value] for f in measured if f.get(text_of.value)]
    parts = {part for floor in found for part in floor}
    return {p: sum(f.get(p, f["all"]) for f in found) / len(found) for p in sorted(parts)} or None
