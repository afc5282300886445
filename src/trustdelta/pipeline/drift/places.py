"""KL by position, token and span: stored while drift is measured, read back for the report."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from trustdelta.drift.parts import position_of
from trustdelta.drift.sums import PRIMARY
from trustdelta.pipeline.drift.chunks import Chunk
from trustdelta.pipeline.drift.results import nats_of, preferred
from trustdelta.records import Arm, Json
from trustdelta.records.state import Places, drift_places
from trustdelta.report.extras import ChangedToken, DriftedSpan, DriftedToken, DriftPlace, DriftPlaces
from trustdelta.store import Store

if TYPE_CHECKING:
    from trustdelta.drift.localisation import Survey

SPANS = 24
"""Number of spans with the largest KL that are stored for each model's responses, at most one per prompt."""
CONTEXT_TOKENS = 12
"""Tokens stored from before a span."""
TOKENS = 12
"""Number of tokens with the largest KL that are shown."""
MIN_RESPONSES = 5
"""Minimum number of responses that contain a token for it to be shown; a rarer one could reveal a response."""


def store_places(store: Store, chunk: Chunk, survey: Survey, tokenizer: Any) -> None:
    """Add one chunk's sums by token and its spans with the largest KL to the store; a chunk is added only once."""
    key = drift_places(chunk.arm)
    places = store.get(key)
    if chunk.name in places["chunks"]:
        return
    for token, sums in survey.tokens.items():
        entry = places["tokens"].setdefault(str(token), [tokenizer.decode([token]), 0, 0, 0.0, 0.0])
        added = (
            sums.tokens,
            sums.responses,
            sums.kl_candidate_to_baseline_nats,
            sums.kl_baseline_to_candidate_nats,
        )
        entry[1:] = [old + new for old, new in zip(entry[1:], added, strict=True)]
    for token, changes in survey.changes.items():
        entry = places.setdefault("changes", {}).setdefault(str(token), [tokenizer.decode([token]), 0, 0, 0.0, 0.0])
        change = (changes.positions, changes.responses, changes.gained, changes.lost)
        entry[1:] = [old + new for old, new in zip(entry[1:], change, strict=True)]
    spans = places["spans"] + [
        {
            "prompt_id": response.prompt_id,
            "nats": span.nats,
            "text": tokenizer.decode(response.token_ids[span.start : span.end]),
            "before": tokenizer.decode(response.token_ids[max(0, span.start - CONTEXT_TOKENS) : span.start]),
        }
        for response, span in zip(chunk.responses, survey.spans, strict=True)
    ]
    spans.sort(key=lambda s: (-s["nats"], s["prompt_id"]))
    first = {s["prompt_id"]: s for s in reversed(spans)}
    places["spans"] = [s for s in spans if first[s["prompt_id"]] is s][:SPANS]
    places["chunks"].append(chunk.name)
    store.put(key, places)


def places_of(store: Store) -> DriftPlaces:
    """KL by position, token and span, each model's text in the direction of its author."""
    places = {arm: store.get(drift_places(arm)) for arm in Arm}
    return DriftPlaces(
        positions=tuple(p for arm in reversed(Arm) for p in positions(store, arm)),
        tokens=tuple(t for arm in reversed(Arm) for t in tokens(arm, places[arm].get("tokens", {}))),
        spans=tuple(DriftedSpan(arm, **span) for arm in reversed(Arm) for span in places[arm].get("spans", ())),
        changes=tuple(c for arm in reversed(Arm) for c in changes(arm, places[arm])),
        classes=tuple(c for arm in reversed(Arm) for c in classes(arm, places[arm].get("tokens", {}))),
    )


def positions(store: Store, arm: Arm) -> list[DriftPlace]:
    """KL by ranges of positions in the reasoning traces and answers of first samples."""
    sums: dict[tuple[str, int, int | None], list[float]] = defaultdict(lambda: [0, 0.0])
    for row in preferred(store):
        place = position_of(row.part)
        if row.text_of == arm.value and row.draw == 0 and place is not None:
            sums[place][0] += row.tokens
            sums[place][1] += nats_of(row)
    whole: dict[str, float] = defaultdict(float)
    for (part, _, _), (_, nats) in sums.items():
        whole[part] += nats
    return [
        DriftPlace(arm, part, first, end, int(count), nats / count, nats / whole[part] if whole[part] else 0.0)
        for (part, first, end), (count, nats) in sorted(sums.items(), key=lambda item: (item[0][0], item[0][1]))
    ]


def tokens(arm: Arm, entries: dict[str, Json]) -> list[DriftedToken]:
    """The tokens with the most nats, with their share of all nats."""
    column = 3 if PRIMARY[arm] == "kl_candidate_to_baseline" else 4
    whole = sum(entry[column] for entry in entries.values())
    common = [entry for entry in entries.values() if entry[2] >= MIN_RESPONSES and entry[column] > 0]
    most = sorted(common, key=lambda entry: (-entry[column], entry[0]))[:TOKENS]
    return [DriftedToken(arm, e[0], e[1], e[2], e[column] / e[1], e[column] / whole) for e in most]


def changes(arm: Arm, places: Places) -> list[ChangedToken]:
    """The tokens that gained or lost the most probability, per 100 tokens of one model's text."""
    whole = sum(entry[1] for entry in places.get("tokens", {}).values())
    common = [entry for entry in places.get("changes", {}).values() if entry[2] >= MIN_RESPONSES]
    most = sorted(common, key=lambda entry: (-(entry[3] + entry[4]), entry[0]))[:TOKENS]
    return [ChangedToken(arm, e[0], e[2], 100 * e[3] / whole, 100 * e[4] / whole) for e in most]


def classes(arm: Arm, entries: dict[str, Json]) -> list[DriftedToken]:
    """KL by class of token, in descending order; `responses` is that of the most frequent token of the class."""
    column = 3 if PRIMARY[arm] == "kl_candidate_to_baseline" else 4
    sums: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for entry in entries.values():
        totals = sums[token_class(entry[0])]
        totals[0] += entry[1]
        totals[1] = max(totals[1], entry[2])
        totals[2] += entry[column]
    whole = sum(nats for _, _, nats in sums.values())
    return [
        DriftedToken(arm, name, int(count), int(responses), nats / count, nats / whole if whole else 0.0)
        for name, (count, responses, nats) in sorted(sums.items(), key=lambda item: (-item[1][2], item[0]))
    ]


def token_class(text: str) -> str:
    """The class of a token, from its text."""
    bare = text.strip()
    if not bare:
        return "white space"
    if len(bare) > 2 and bare[0] == "<" and bare[-1] == ">":
        return "tags and special tokens"
    if bare.isdigit():
        return "numbers"
    if not any(c.isalnum() for c in bare):
        return "punctuation"
    return "words after a space" if text[0].isspace() else "words and parts of words without a space"
