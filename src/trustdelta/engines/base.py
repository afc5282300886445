"""The interface of engines, the only code that runs a model. One contract test covers every engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from trustdelta.engines.capabilities import Capabilities
from trustdelta.records import Json, Prompt, Request, Response

HAND_OVER_SECONDS = 2.0
"""Shortest time between two parts of a batch that `stream` hands over; a kill loses about this much of ended work."""


class Engine(Protocol):
    """Renders prompts with the model's own template and generates responses in batches.

    `fingerprint` names everything that could change a response: weights, template, thinking switch, sampling, engine
    version. `batches` partitions the list of requests and depends on it alone; `generate` runs one batch, and `stream`
    hands over its responses as they end, so that the caller can store them at once. A resumed run repeats the requests
    of a batch that have no stored response. A request that fails permanently is a response with
    `Finish.ERROR` and its reason, not an exception.
    """

    name: str

    @property
    def light(self) -> bool:
        """Whether this engine needs little memory, so that another can be open at the same time."""
        ...

    @property
    def batches_at_once(self) -> int:
        """How many batches may be generated concurrently, one thread each; 1 for a model in this process."""
        ...

    @property
    def fingerprint(self) -> Mapping[str, Json]:
        """JSON-serialisable identity of model and settings."""
        ...

    def capabilities(self) -> Capabilities:
        """Which features the engine supports; a server is probed."""
        ...

    def render(self, prompt: Prompt) -> str:
        """The model's input text, rendered with its own chat template."""
        ...

    def draws_available(self, prompt: Prompt) -> int | None:
        """Number of responses that exist for this prompt; None where sampling is unlimited."""
        ...

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """Partition of the requests into the batches that `generate` is called with."""
        ...

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """Responses to one batch, in the order of its requests."""
        ...

    def stream(self, batch: Sequence[Request]) -> Iterator[list[Response]]:
        """The responses of `generate` in the order in which they end, some at a time."""
        ...

    def close(self) -> None:
        """Free the model's memory; the engine is not used afterwards."""
        ...


class EngineBase(ABC):
    """Default members of engines."""

    light: bool = False
    """Whether this engine needs little memory, so that another can be open at the same time."""
    batches_at_once: int = 1
    """How many batches may be generated concurrently."""

    def draws_available(self, prompt: Prompt) -> int | None:
        """None: a model that runs can be sampled without limit."""
        del prompt
        return None

    @abstractmethod
    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """Responses to one batch, in the order of its requests."""

    def stream(self, batch: Sequence[Request]) -> Iterator[list[Response]]:
        """All responses at the end of the batch; an engine that knows earlier ones overrides this."""
        yield self.generate(batch)

    def close(self) -> None:  # noqa: B027 - most engines have nothing to free
        """Nothing to free."""


class Wrapper:
    """An engine around another one. Members delegate to the inner engine unless a subclass overrides them."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.name = engine, engine.name

    @property
    def light(self) -> bool:
        """As the inner engine."""
        return self.engine.light

    @property
    def batches_at_once(self) -> int:
        """As the inner engine."""
        return self.engine.batches_at_once

    @property
    def fingerprint(self) -> Mapping[str, Json]:
        """As the inner engine."""
        return self.engine.fingerprint

    def capabilities(self) -> Capabilities:
        """As the inner engine."""
        return self.engine.capabilities()

    def render(self, prompt: Prompt) -> str:
        """As the inner engine."""
        return self.engine.render(prompt)

    def draws_available(self, prompt: Prompt) -> int | None:
        """As the inner engine."""
        return self.engine.draws_available(prompt)

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """As the inner engine."""
        return self.engine.batches(requests)

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """As the inner engine."""
        return self.engine.generate(batch)

    def stream(self, batch: Sequence[Request]) -> Iterator[list[Response]]:
        """All responses at the end of the batch, since a subclass may change or store what `generate` returns."""
        yield self.generate(batch)

    def close(self) -> None:
        """Close the inner engine."""
        self.engine.close()
