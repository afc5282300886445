"""Chooses how drift is measured for a pair: exactly in one pass or two, or from log-probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from trustdelta.config import AuditConfig
from trustdelta.drift.comparable import Comparability, Level, compare_tokenizers
from trustdelta.drift.loading import free_bytes, tokenizer_of, weight_bytes
from trustdelta.engines.base_models import shares_base
from trustdelta.engines.transformers import located, tokenizer_located
from trustdelta.errors import MeasurementError, StoreError
from trustdelta.pipeline.drift.by_vllm import by_vllm
from trustdelta.pipeline.drift.chunks import Chunk
from trustdelta.pipeline.drift.exact import SHARE_OF_MEMORY, one_pass, two_passes
from trustdelta.progress import Progress
from trustdelta.records import Arm
from trustdelta.records.state import DRIFT_COMPARABILITY, DRIFT_MODE, DRIFT_NOTE
from trustdelta.store import Store


def fill(store: Store, config: AuditConfig, chunks: Sequence[Chunk], progress: Progress) -> None:
    """Teacher-force the chunks under both models and store their sums, or a note with the reason why not."""
    try:
        comparability = comparability_of(config)
        store.put(DRIFT_COMPARABILITY, [comparability.level.value, comparability.reason])
        if comparability.exact:
            mode = mode_for(store, config)
            store.put(DRIFT_MODE, mode)
            {"one_pass": one_pass, "two_pass": two_passes, "vllm": by_vllm}[mode](store, config, chunks, progress)
        elif comparability.level is Level.NONE:
            raise MeasurementError(comparability.reason)
        else:
            from trustdelta.pipeline.drift.likelihoods import fill_from_likelihoods

            store.put(DRIFT_MODE, "log_probabilities")
            fill_from_likelihoods(store, config, chunks, progress)
        store.put(DRIFT_NOTE, "" if comparability.exact else f"estimated: {comparability.reason}")
    except StoreError:
        raise
    except MeasurementError as problem:
        store.put(DRIFT_NOTE, str(problem))


def mode_for(store: Store, config: AuditConfig) -> str:
    """The mode in which the run's drift is measured: the one in which it began, as far as it has rows."""
    began = store.get(DRIFT_MODE)
    return began if began and (began != "vllm" or store.drift()) else mode_of(config)


def comparability_of(config: AuditConfig) -> Comparability:
    """How the two models' distributions can be compared, by their tokenizers and engines."""
    if config.candidate.served or config.baseline.served:
        return Comparability(Level.TEXTS, "a server returns log-probabilities of texts, not whole distributions")
    tokenizers = [tokenizer_of(*tokenizer_located(config.model(arm.value))) for arm in (Arm.CANDIDATE, Arm.BASELINE)]
    return compare_tokenizers(*tokenizers)


def mode_of(config: AuditConfig) -> str:
    """`one_pass`, `two_pass` or `vllm`: as configured, else `vllm` for two models of vLLM.

    Two other models are read in one pass where the weights of both fit into the free memory.
    """
    if config.drift.mode != "auto":
        return config.drift.mode
    models = (config.candidate, config.baseline)
    if all(m.engine == "vllm" for m in models):
        return "vllm"
    copies = models[:1] if shares_base(*models) else models
    needed = sum(weight_bytes(*located(m), m.dtype, m.device) for m in copies)
    return "one_pass" if needed <= SHARE_OF_MEMORY * min(free_bytes(m.device) for m in models) else "two_pass"
