"""Exact KL divergence: both models in memory at once where they fit, else one after the other via the run folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

from trustdelta.config import AuditConfig
from trustdelta.drift.comparable import Comparability, compare_tokenizers
from trustdelta.drift.forward import state_reader
from trustdelta.drift.heads import Head
from trustdelta.drift.loading import free_bytes, tokenizer_of
from trustdelta.drift.localisation import survey
from trustdelta.drift.measure import in_float32, noise_floor
from trustdelta.drift.parts import bytes_by_part, split_tokens
from trustdelta.drift.sources import LiveStates, StateSource
from trustdelta.drift.stored import StatesFolder, StoredStates, bytes_needed, open_states, store_states
from trustdelta.drift.sums import PRIMARY, Method, ResponseDrift, per_token
from trustdelta.drift.texts import DriftOptions, DriftText
from trustdelta.engines.transformers import TransformersEngine, tokenizer_located
from trustdelta.errors import MeasurementError
from trustdelta.pipeline.drift.chunks import FOLDER, Chunk
from trustdelta.pipeline.drift.places import store_places
from trustdelta.pipeline.drift.readers import loaded
from trustdelta.pipeline.drift.results import stored_row
from trustdelta.pipeline.scoring.score import formats
from trustdelta.pipeline.scoring.texts import read
from trustdelta.progress import Progress
from trustdelta.records import Arm
from trustdelta.records.state import drift_floor, drift_floor_dtypes
from trustdelta.store import Store

SHARE_OF_MEMORY = 0.6
"""Maximum share of the free memory that the weights of both models may take to be loaded at once."""
CHANGED = 4
"""Tokens with the largest change of probability that are stored at each position."""
FLOOR_TEXTS = 8
"""Texts of each model for the noise floor."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Sources of both models' states, with tokenizers and options."""

    candidate: StateSource
    """Hidden states of the candidate."""
    baseline: StateSource
    """Hidden states of the baseline."""
    tokenizers: Mapping[Arm, Any]
    """Tokenizers by model."""
    comparability: Comparability
    """How the two vocabularies can be compared."""
    options: DriftOptions
    """Batch size and number of changed tokens."""


def one_pass(store: Store, config: AuditConfig, chunks: Sequence[Chunk], progress: Progress) -> None:
    """Measure with both models in memory."""
    with loaded(config, Arm.CANDIDATE) as candidate, loaded(config, Arm.BASELINE) as baseline:
        tokenizers = {Arm.CANDIDATE: candidate.tokenizer, Arm.BASELINE: baseline.tokenizer}
        readers = state_reader(candidate.model), state_reader(baseline.model)
        budget = min([DriftOptions().token_budget, *(r.max_tokens for r in readers if r.max_tokens)])
        live = [LiveStates(reader, budget) for reader in readers]
        comparability = compare_tokenizers(*tokenizers.values())
        pair = Pair(live[0], live[1], tokenizers, comparability, DriftOptions(budget, changed=CHANGED))
        for arm, engine in ((Arm.CANDIDATE, candidate), (Arm.BASELINE, baseline)):
            store_floor(store, arm, engine, chunks)
        measure_chunks(store, pair, chunks, progress)


def two_passes(store: Store, config: AuditConfig, chunks: Sequence[Chunk], progress: Progress) -> None:
    """Write the candidate's states to the run folder, then compare the baseline with them; one model in memory."""
    folder = store.folder / FOLDER
    tokenizers = {arm: tokenizer_of(*tokenizer_located(config.model(arm.value))) for arm in Arm}
    comparability = compare_tokenizers(tokenizers[Arm.CANDIDATE], tokenizers[Arm.BASELINE])
    with loaded(config, Arm.CANDIDATE) as candidate:
        reader = state_reader(candidate.model)
        check_room(store, reader.head, chunks)
        store_floor(store, Arm.CANDIDATE, candidate, chunks)
        progress.start("measuring drift, the candidate's states", sum(len(c.responses) for c in chunks))
        for chunk in chunks:
            store_states(reader, texts_of(chunk), StatesFolder(folder, candidate.weights), name=chunk.name)
            progress.advance(len(chunk.responses))
        del reader
    stored = open_states(folder)
    with loaded(config, Arm.BASELINE) as baseline:
        live = LiveStates(state_reader(baseline.model), stored.token_budget)
        options = DriftOptions(stored.token_budget, changed=CHANGED)
        store_floor(store, Arm.BASELINE, baseline, chunks)
        pair = Pair(stored, live, tokenizers, comparability, options)
        measure_chunks(store, pair, chunks, progress)
    shutil.rmtree(folder)


def measure_chunks(store: Store, pair: Pair, chunks: Sequence[Chunk], progress: Progress) -> None:
    """Measure and store chunk by chunk; stored states are read under the chunk's name."""
    progress.start("measuring drift", sum(len(c.responses) for c in chunks))
    for chunk in chunks:
        measure_chunk(store, named(pair, chunk.name), chunk)
        progress.advance(len(chunk.responses))


def measure_chunk(store: Store, pair: Pair, chunk: Chunk) -> None:
    """Store per-response sums of one chunk, each text in the context in which it was generated."""
    tokenizer = pair.tokenizers[chunk.arm]
    texts = texts_of(chunk, tokenizer, formats(store)[chunk.arm])
    sources = (pair.candidate, pair.baseline)
    measured = survey(sources, texts, pair.comparability, pair.options, PRIMARY[chunk.arm])
    store_places(store, chunk, measured, tokenizer)
    method = Method(pair.comparability.level.value)
    rows = [replace(row, method=method) for row in [*measured.rows, *measured.positions]]
    rows += [log_ratio(row, chunk.arm) for row in measured.rows]
    store.put_drift(stored_row(chunk.arm, *prompt_and_draw(row.key), row) for row in rows)


def log_ratio(row: ResponseDrift, author: Arm) -> ResponseDrift:
    """The log-ratio of the sampled tokens, an estimate beside the exact divergence; nan without shared ids."""
    ratio = row.logp_candidate_nats - row.logp_baseline_nats
    own = (ratio, nan) if author is Arm.CANDIDATE else (nan, -ratio)
    return replace(row, method=Method.K1, kl_candidate_to_baseline_nats=own[0], kl_baseline_to_candidate_nats=own[1])


def texts_of(chunk: Chunk, tokenizer: Any = None, format: str = "auto") -> list[DriftText]:
    """The chunk's responses as token ids, split into parts unless `tokenizer` is None."""
    texts = []
    for r in chunk.responses:
        spans = () if tokenizer is None else split_tokens(tokenizer, r.token_ids, r.text, read(r, format))
        sizes = {} if tokenizer is None else bytes_by_part(tokenizer, r.token_ids, spans)
        texts.append(DriftText(f"{r.prompt_id}/{r.draw}", r.prompt_token_ids, r.token_ids, spans, sizes))
    return texts


def prompt_and_draw(key: str) -> tuple[str, int]:
    """Prompt id and draw of a text's key."""
    prompt_id, _, draw = key.rpartition("/")
    return prompt_id, int(draw)


def store_floor(store: Store, arm: Arm, engine: TransformersEngine, chunks: Sequence[Chunk]) -> None:
    """Store the KL divergence of one model from itself, read one text at a time, on the first texts of each model.

    A model in another dtype is compared with a copy in float32 where memory allows.
    """
    if store.has(drift_floor(arm)):
        return  # measured before the first chunk: the remaining chunks of a resumed run are other ones
    room = SHARE_OF_MEMORY * free_bytes(engine.model.device.type)
    floor, reference = {}, in_float32(engine, room)
    for text_of in Arm:
        first = next((c for c in chunks if c.arm is text_of), None)
        if first is not None:
            few = replace(first, responses=first.responses[:FLOOR_TEXTS])
            floor[text_of.value] = per_token(noise_floor(engine, texts_of(few, engine.tokenizer), other=reference))
    store.put(drift_floor(arm), floor)
    dtype = str(engine.model.dtype).removeprefix("torch.")
    store.put(drift_floor_dtypes(arm), [dtype, dtype if reference is None else "float32"])


def check_room(store: Store, head: Head, chunks: Sequence[Chunk]) -> None:
    """Raise MeasurementError where one model's states do not fit on the disk."""
    needed = bytes_needed(head, [t for c in chunks for t in texts_of(c)])
    free = shutil.disk_usage(store.folder).free
    if needed > 0.9 * free:
        raise MeasurementError(
            f"two passes need {needed / 1e9:.1f} GB for hidden states, {free / 1e9:.1f} GB are free; lower "
            "drift_prompts_per_benchmark, or free disk space."
        )


def named(pair: Pair, name: str) -> Pair:
    """The same pair with the stored states (if any) of chunk `name`."""
    return replace(pair, candidate=of_chunk(pair.candidate, name), baseline=of_chunk(pair.baseline, name))


def of_chunk(source: StateSource, name: str) -> StateSource:
    """Stored states of a chunk; a loaded model as it is."""
    return replace(source, name=name) if isinstance(source, StoredStates) else source
