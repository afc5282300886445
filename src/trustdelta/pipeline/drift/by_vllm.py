"""Exact KL divergence from hidden states that vLLM computes, one model after the other; both are stored on disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.drift.comparable import compare_tokenizers
from trustdelta.drift.engine_states import (
    EngineStates,
    FloorStates,
    FloorTexts,
    Reference,
    check_states,
    floor_rows,
    floor_states,
    reference_of,
)
from trustdelta.drift.loading import free_bytes, tokenizer_of, weight_bytes
from trustdelta.drift.stored import StatesFolder, open_states, store_source
from trustdelta.drift.sums import per_token
from trustdelta.drift.texts import DriftOptions
from trustdelta.engines.cpu import sees_gpu
from trustdelta.engines.transformers import located, on_device, stored_dtype, tokenizer_located
from trustdelta.errors import EngineError, MeasurementError
from trustdelta.pipeline.drift.chunks import FOLDER, Chunk
from trustdelta.pipeline.drift.exact import (
    CHANGED,
    FLOOR_TEXTS,
    SHARE_OF_MEMORY,
    Pair,
    check_room,
    measure_chunks,
    texts_of,
)
from trustdelta.pipeline.drift.readers import loaded
from trustdelta.pipeline.hardware import running_dtype
from trustdelta.pipeline.number_type import in_one_dtype
from trustdelta.progress import Progress
from trustdelta.records import Arm
from trustdelta.records.state import drift_floor, drift_floor_dtypes
from trustdelta.store import Store

if TYPE_CHECKING:
    from trustdelta.engines.vllm_states import HiddenStates

OPTIONS = DriftOptions(token_budget=32_768, changed=CHANGED)
"""vLLM makes its own batches out of the texts of one call."""
REMEDY = "measure in transformers: --mode two_pass, in an audit --set drift_mode=two_pass"


def by_vllm(store: Store, config: AuditConfig, chunks: Sequence[Chunk], progress: Progress) -> None:
    """Store both models' states in the run folder, then compare them; at most one model is in memory.

    Raises MeasurementError where vLLM does not return a model's states.
    """
    config = typed(config)
    folder = store.folder / FOLDER
    tokenizers = {arm: tokenizer_of(*tokenizer_located(config.model(arm.value))) for arm in Arm}
    for arm in (Arm.CANDIDATE, Arm.BASELINE):
        progress.start(f"measuring drift, the {arm.value}'s states", sum(len(c.responses) for c in chunks))
        read_model(store, config, arm, chunks, tokenizers[arm], progress)
    device = on_device(config.baseline.device)
    stored = {arm: open_states(folder / arm.value, device=device) for arm in Arm}
    comparability = compare_tokenizers(tokenizers[Arm.CANDIDATE], tokenizers[Arm.BASELINE])
    pair = Pair(stored[Arm.CANDIDATE], stored[Arm.BASELINE], tokenizers, comparability, OPTIONS)
    measure_chunks(store, pair, chunks, progress)
    shutil.rmtree(folder)


def typed(config: AuditConfig) -> AuditConfig:
    """The configuration with the number types in which the two models write: vLLM on a CPU runs in float32."""
    config = in_one_dtype(config)
    models = {arm.value: config.model(arm.value) for arm in Arm}
    return config.model_copy(
        update={arm: model.model_copy(update={"dtype": dtype_of(model)}) for arm, model in models.items()}
    )


def dtype_of(model: ModelConfig) -> str:
    """The number type of one model."""
    if model.dtype == "auto" and model.engine == "vllm" and not sees_gpu():
        return "float32"
    return running_dtype(model, {"dtype": stored_dtype(model)})


def read_model(
    store: Store, config: AuditConfig, arm: Arm, chunks: Sequence[Chunk], tokenizer: Any, progress: Progress
) -> None:
    """Store one model's states of every chunk, and its noise floor."""
    model, place = config.model(arm.value), store.folder / FOLDER / arm.value
    floor = {} if store.has(drift_floor(arm)) else floor_texts(chunks, tokenizer)
    reference = own_reference(config, arm, floor)
    check_room(store, reference.head, chunks)
    with opened(model) as engine:
        check_states(reference, engine)
        states = EngineStates(engine, reference.head, reference.vocabulary)
        read = floor_states(states, reference, floor)
        for chunk in chunks:
            store_source(states, texts_of(chunk), StatesFolder(place, engine.fingerprint), OPTIONS, chunk.name)
            progress.advance(len(chunk.responses))
    if floor:
        store_floor(store, (arm, model), reference, floor, read)


def floor_texts(chunks: Sequence[Chunk], tokenizer: Any) -> FloorTexts:
    """The first texts of each model."""
    first = {arm: next((c for c in chunks if c.arm is arm), None) for arm in Arm}
    few = {arm: replace(c, responses=c.responses[:FLOOR_TEXTS]) for arm, c in first.items() if c is not None}
    return {arm.value: texts_of(chunk, tokenizer) for arm, chunk in few.items()}


def own_reference(config: AuditConfig, arm: Arm, floor: FloorTexts) -> Reference:
    """The loaded model's head, probe and floor; on the CPU where a GPU has no room for it."""
    model = config.model(arm.value)
    fits = weight_bytes(*located(model), model.dtype, model.device) <= SHARE_OF_MEMORY * free_bytes(model.device)
    placed = model if fits else model.model_copy(update={"device": "cpu"})
    with remedied(), loaded(config.model_copy(update={arm.value: placed}), arm) as engine:
        return reference_of(engine, floor, SHARE_OF_MEMORY * free_bytes(engine.model.device.type))


def store_floor(
    store: Store,
    model: tuple[Arm, ModelConfig],
    reference: Reference,
    floor: FloorTexts,
    read: tuple[FloorStates, FloorStates],
) -> None:
    """Store the KL divergence of one model from itself by author of the texts, and the dtypes that it compares."""
    (arm, config), (together, alone), device = model, read, on_device(model[1].device)
    rows = {
        text_of: floor_rows(reference.head, texts, together[text_of], alone[text_of], device)
        for text_of, texts in floor.items()
    }
    store.put(drift_floor(arm), {text_of: per_token(each) for text_of, each in rows.items()})
    dtypes: list[str] = [config.dtype, config.dtype if reference.in_float32 is None else "float32"]
    store.put(drift_floor_dtypes(arm), dtypes)


@contextmanager
def opened(model: ModelConfig) -> Iterator[HiddenStates]:
    """One model in vLLM; raises MeasurementError, with what to do instead, where it does not return states."""
    with remedied():
        try:
            from trustdelta.engines.vllm_states import HiddenStates

            engine = HiddenStates(model)
        except EngineError as problem:
            raise MeasurementError(str(problem).rstrip(".")) from problem
        try:
            yield engine
        finally:
            engine.close()


@contextmanager
def remedied() -> Iterator[None]:
    """Names the mode that measures without vLLM in every MeasurementError."""
    try:
        yield
    except MeasurementError as problem:
        raise MeasurementError(f"{problem}; {REMEDY}.") from problem
