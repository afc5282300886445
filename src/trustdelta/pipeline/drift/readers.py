"""Readers of log-probabilities of responses under one model: a local model, or a server.

Every model reads a text after its own rendering of the prompt; known token ids of the author are not changed. Special
tokens at the end of a response are excluded, since servers do not return them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from trustdelta.config import AuditConfig
from trustdelta.drift.forward import state_reader
from trustdelta.drift.likelihoods import ReadText, read_locally
from trustdelta.drift.parts import ALL, ANSWER, ONSET, ONSET_TOKENS, bytes_by_part, split_pieces, split_tokens
from trustdelta.drift.stored import StatesFolder
from trustdelta.drift.texts import DriftOptions, DriftText
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.pipeline.drift.chunks import Chunk
from trustdelta.pipeline.drift.tokens import Tokenizer
from trustdelta.pipeline.number_type import in_one_dtype
from trustdelta.pipeline.scoring.texts import read
from trustdelta.records import Arm, Prompt, Response

if TYPE_CHECKING:
    from trustdelta.engines.prompt_logprobs import PromptReader, ServedText

from trustdelta.engines.decode import one_thread_if_small


class ChunkReader(Protocol):
    """Reads the responses of a chunk under one model."""

    def read(self, chunk: Chunk, prompts: Mapping[str, Prompt]) -> list[ReadText | None]:
        """Each response, in order; None where it cannot be read."""
        ...


@contextmanager
def reader_of(config: AuditConfig, arm: Arm, folder: Path) -> Iterator[ChunkReader]:
    """The reader of one model, as a context manager; raises MeasurementError where a server cannot read texts.

    Readings of a local model are stored in a folder, so that a killed run can resume.
    """
    if not config.model(arm.value).served:
        with loaded(config, arm) as engine:
            yield LocalReader(arm, engine, folder / arm.value)
        return
    from trustdelta.engines.endpoint import EndpointEngine
    from trustdelta.engines.prompt_logprobs import PromptReader

    served = EndpointEngine(config.model(arm.value), config.generation.batch_size)
    try:
        yield ServedReader(PromptReader(served, config.drift.top_logprobs))
    finally:
        served.close()


class ServedReader:
    """Reads through a server."""

    def __init__(self, server: PromptReader) -> None:
        self.server = server

    def read(self, chunk: Chunk, prompts: Mapping[str, Prompt]) -> list[ReadText | None]:
        """Each response as the server reads it; None where a server separated the reasoning."""
        known = [r for r in chunk.responses if r.reasoning is None]
        texts = dict(
            zip(map(id, known), self.server.read([(prompts[r.prompt_id], r.text) for r in known]), strict=True)
        )
        return [self._text(r, texts.get(id(r))) for r in chunk.responses]

    def _text(self, response: Response, served: ServedText | None) -> ReadText | None:
        if served is None:
            return None
        spans = split_pieces(served.pieces, response.text, read(response))
        sizes = [len(piece.encode("utf-8", "surrogatepass")) for piece in served.pieces]
        part_bytes = {ALL: sum(sizes)}
        answer: list[int] = []
        for part, start, end in spans:
            part_bytes[part] = part_bytes.get(part, 0) + sum(sizes[start:end])
            answer += sizes[start:end] if part == ANSWER else []
        if answer:
            part_bytes[ONSET] = sum(answer[:ONSET_TOKENS])
        return ReadText(served.pieces, served.logp, spans, part_bytes, served.listed, self.server.full)


class LocalReader:
    """Reads through a local model."""

    def __init__(self, arm: Arm, engine: TransformersEngine, folder: Path) -> None:
        self.arm, self.engine, self.texts = arm, engine, Tokenizer(engine.config)
        self.place = StatesFolder(folder, engine.weights)
        self.reader = state_reader(engine.model)

    def read(self, chunk: Chunk, prompts: Mapping[str, Prompt]) -> list[ReadText | None]:
        """Each response in this model's tokens."""
        tokenizer = self.engine.tokenizer
        results: list[ReadText | None] = [None] * len(chunk.responses)
        fitted = [self._fitted(chunk.arm, r, prompts[r.prompt_id]) for r in chunk.responses]
        whole = [i for i, (context, ids) in enumerate(fitted) if context and ids]
        texts = [DriftText("", *fitted[i]) for i in whole]
        budget = DriftOptions().token_budget
        read_texts = read_locally(self.reader, texts, budget, self.place, chunk.name) if texts else []
        for i, text, logp in zip(whole, texts, read_texts, strict=True):
            ids, response = text.response_token_ids, chunk.responses[i]
            spans = split_tokens(tokenizer, ids, response.text, read(response))
            pieces = tuple(tokenizer.decode([token], skip_special_tokens=False) for token in ids)
            results[i] = ReadText(pieces, tuple(logp), spans, bytes_by_part(tokenizer, ids, spans))
        return results

    def _fitted(self, author: Arm, response: Response, prompt: Prompt) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Context and response as token ids."""
        own = author is self.arm and response.token_ids and response.prompt_token_ids
        if own or prompt.messages:
            fitted = response if own else self.texts.after(prompt, response.text)
            return fitted.prompt_token_ids, fitted.token_ids
        tokenizer = self.engine.tokenizer
        start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
        ids = tuple(tokenizer.encode(response.text, add_special_tokens=False))
        return () if start is None else (start,), ids


@contextmanager
def loaded(config: AuditConfig, arm: Arm) -> Iterator[TransformersEngine]:
    """One model in memory; a small one on one thread, as when it generated its responses."""
    engine = TransformersEngine(in_one_dtype(config).model(arm.value), config.generation.batch_size)
    try:
        with one_thread_if_small(engine.model):
            yield engine
    finally:
        engine.close()
