"""Drift from log-probabilities of texts: for served models, and for models with different tokenizers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.drift.likelihoods import ReadText, estimates
from trustdelta.drift.loading import tokenizer_of
from trustdelta.drift.sums import ResponseDrift
from trustdelta.engines.transformers import located
from trustdelta.pipeline.drift.chunks import FOLDER, Chunk
from trustdelta.pipeline.drift.readers import reader_of
from trustdelta.pipeline.drift.results import stored_row
from trustdelta.pipeline.drift.tokens import without_end
from trustdelta.progress import Progress
from trustdelta.records import Arm, Prompt, Response
from trustdelta.records.state import DRIFT_READ
from trustdelta.store import Store

Reads = Mapping[Arm, Sequence[ReadText | None]]


def fill_from_likelihoods(store: Store, config: AuditConfig, chunks: Sequence[Chunk], progress: Progress) -> None:
    """Store every estimate that the two models' log-probabilities allow, chunk by chunk.

    Readings of local models are in the run folder until then, as in two passes.
    Raises MeasurementError where a server returns none.
    """
    prompts = {p.id: p for p in store.prompts()}
    special = {arm: special_tokens(config.model(arm.value)) for arm in Arm}
    chunks = [replace(c, responses=[without_end(r, special[c.arm]) for r in c.responses]) for c in chunks]
    progress.start("measuring drift", sum(len(c.responses) for c in chunks))
    folder = store.folder / FOLDER
    for chunk, both in reads(config, chunks, prompts, folder):
        rows: list[tuple[Response, ResponseDrift]] = []
        for i, response in enumerate(chunk.responses):
            texts = {arm: text for arm in Arm if (text := both[arm][i]) is not None}
            if len(texts) == len(Arm):
                rows += [(response, row) for row in estimates(response.prompt_id, chunk.arm, texts)]
        store.put_drift(stored_row(chunk.arm, r.prompt_id, r.draw, row) for r, row in rows)
        store.put(DRIFT_READ, [*store.get(DRIFT_READ), chunk.name])
        progress.advance(len(chunk.responses))
    shutil.rmtree(folder, ignore_errors=True)


def special_tokens(model: ModelConfig) -> Sequence[str]:
    """Texts of one model's special tokens; empty for a server, which returns none."""
    return () if model.served else tuple(tokenizer_of(*located(model)).all_special_tokens)


def reads(
    config: AuditConfig, chunks: Sequence[Chunk], prompts: Mapping[str, Prompt], folder: Path
) -> Iterator[tuple[Chunk, Reads]]:
    """Both models' readings of each chunk; two local models are loaded one after the other."""
    if not (config.candidate.served or config.baseline.served):
        with reader_of(config, Arm.CANDIDATE, folder) as reader:
            first = [reader.read(chunk, prompts) for chunk in chunks]
        with reader_of(config, Arm.BASELINE, folder) as reader:
            for chunk, candidate in zip(chunks, first, strict=True):
                yield chunk, {Arm.CANDIDATE: candidate, Arm.BASELINE: reader.read(chunk, prompts)}
        return
    with ExitStack() as stack:
        readers = {arm: stack.enter_context(reader_of(config, arm, folder)) for arm in Arm}
        for chunk in chunks:
            yield chunk, {arm: reader.read(chunk, prompts) for arm, reader in readers.items()}
