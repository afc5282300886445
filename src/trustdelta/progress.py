"""How long work tells that it is going on, without knowing who listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Wrote:
    """What a model just wrote: responses, their tokens, and how many of them were cut off at the budget."""

    responses: int = 0
    tokens: int = 0
    truncated: int = 0

    def __add__(self, other: Wrote) -> Wrote:
        """Both together."""
        return Wrote(self.responses + other.responses, self.tokens + other.tokens, self.truncated + other.truncated)


class Progress(Protocol):
    """Hears of stages and of what was done in them."""

    def start(self, stage: str, total: int, parts: Mapping[str, int] | None = None) -> None:
        """A stage of `total` steps begins; an earlier one has ended. `parts`: its steps by benchmark, where known."""
        ...

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """`steps` more are done; `wrote` says by benchmark what a model wrote in them."""
        ...

    def note(self, text: str) -> None:
        """A remark worth a line of its own."""
        ...


class Silent:
    """Hears nothing."""

    def start(self, stage: str, total: int, parts: Mapping[str, int] | None = None) -> None:
        """Ignore."""

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""
