"""Recorded responses as an engine. They are looked up by the prompt's content, never by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from trustdelta.engines.base import EngineBase
from trustdelta.engines.capabilities import NAMES, SEED, Capabilities, Support
from trustdelta.records import Finish, Json, Prompt, Request, Response


class Draws(Protocol):
    """Recorded responses to one prompt, in the order of samples; each may be made where it is read."""

    def __len__(self) -> int:
        """Number of samples."""
        ...

    def __getitem__(self, draw: int, /) -> Response:
        """One sample."""
        ...


Recorded = Mapping[tuple[str, str], Draws]
"""Recorded responses by (benchmark, join key of the prompt)."""


class ReplayEngine(EngineBase):
    """Serves recorded responses. A draw that was not recorded is a response with `Finish.ERROR`."""

    name = "replay"
    light = True
    """Files need little memory."""

    def __init__(self, recorded: Recorded, identity: Mapping[str, Json], batch_size: int = 8192) -> None:
        self.recorded = recorded
        self.identity = dict(identity)
        self.batch_size = batch_size

    @property
    def fingerprint(self) -> Mapping[str, Json]:
        """Files, their hashes and the column mapping."""
        return {"engine": self.name, **self.identity}

    def capabilities(self) -> Capabilities:
        """Seeds only: responses repeat, and how they were generated is unknown."""
        return dict.fromkeys(NAMES, Support.UNKNOWN) | {SEED: Support.YES}

    def render(self, prompt: Prompt) -> str:
        """The recorded messages; their rendering by the model's template is unknown."""
        return "\n".join(f"{m.role}: {m.content}" for m in prompt.messages)

    def draws_available(self, prompt: Prompt) -> int | None:
        """Number of recorded responses to this prompt."""
        return len(self.recorded.get((prompt.benchmark, prompt.join_key), ()))

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """Batches in the order of the requests."""
        size = self.batch_size
        return [list(requests[i : i + size]) for i in range(0, len(requests), size)]

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """The recorded responses to one batch, in the order of its requests."""
        return [self._recorded(request) for request in batch]

    def _recorded(self, request: Request) -> Response:
        responses = self.recorded.get((request.prompt.benchmark, request.prompt.join_key), ())
        if request.draw >= len(responses):
            error = f"draw {request.draw} was not recorded; found {len(responses)}"
            return Response(request.prompt.id, request.draw, "", Finish.ERROR, error=error)
        response = responses[request.draw]
        if (response.prompt_id, response.draw) == (request.prompt.id, request.draw):
            return response
        return replace(response, prompt_id=request.prompt.id, draw=request.draw)
