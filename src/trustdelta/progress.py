"""The interface by which long work reports its progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Wrote:
    """Generated responses, their tokens, and the number of truncated responses."""

    responses: int = 0
    tokens: int = 0
    truncated: int = 0

    def __add__(self, other: Wrote) -> Wrote:
        """The sum."""
        return Wrote(self.responses + other.responses, self.tokens + other.tokens, self.truncated + other.truncated)


class Progress(Protocol):
    """Receives the progress of stages."""

    def start(self, stage: str, total: int, parts: Mapping[str, int] | None = None) -> None:
        """Begin a stage of `total` steps; the earlier one has ended. `parts`: a model's responses, by benchmark."""
        ...

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """Record `steps` more. `wrote`: generated responses by benchmark."""
        ...

    def expect(self, responses: int) -> None:
        """State how many responses the whole audit generates at most; those of `advance` in stages with parts count."""
        ...

    def note(self, text: str) -> None:
        """Print a note on its own line."""
        ...


class Silent:
    """Ignores all progress."""

    def start(self, stage: str, total: int, parts: Mapping[str, int] | None = None) -> None:
        """Ignore."""

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """Ignore."""

    def expect(self, responses: int) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""
