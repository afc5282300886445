"""Batches that an engine generates side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import cast

import pytest

from trustdelta.engines.base import Engine
from trustdelta.errors import EngineError
from trustdelta.pipeline.respond import Batch, generated
from trustdelta.records import Message, Prompt, Request, Response


def batches(count: int) -> list[Batch]:
    """Batches of one request each, told apart by their seeds."""
    return [[Request(Prompt("b", (Message("user", str(n)),)), 0, seed=n, max_tokens=1)] for n in range(count)]


class Together:
    """Answers none of the first batches before as many are under way as may be.

    Those of `broken` raise, and no other is answered before one of them has.
    """

    def __init__(self, at_once: int, broken: Sequence[int] = ()) -> None:
        self.batches_at_once, self.broken = at_once, set(broken)
        self.meeting = threading.Barrier(at_once, timeout=20)
        self.failing = threading.Event()

    def generate(self, batch: Batch) -> list[Response]:
        """One empty list for each batch, which is enough to tell that it came."""
        if batch[0].seed < self.batches_at_once:
            self.meeting.wait()
        if batch[0].seed in self.broken:
            self.failing.set()
            raise EngineError(f"batch {batch[0].seed} failed")
        if self.broken:
            self.failing.wait(timeout=20)
        return []

    def stream(self, batch: Batch) -> Iterator[list[Response]]:
        """The same, in one part."""
        yield self.generate(batch)


def run(engine: Together, begun: list[int], came: list[int], count: int = 7) -> None:
    """Generate all batches and write down which were begun and which came."""
    for batch, _ in generated(cast("Engine", engine), batches(count), lambda b: begun.append(b[0].seed)):
        came.append(batch[0].seed)


def test_as_many_are_under_way_as_the_engine_can() -> None:
    """Three at once: no batch is answered before three are under way, and every one comes once."""
    begun: list[int] = []
    came: list[int] = []
    run(Together(3), begun, came)
    assert begun == list(range(7))
    assert sorted(came) == list(range(7))


def test_what_was_under_way_at_an_error_is_kept() -> None:
    """A batch that fails ends the work; the two beside it come first, and nothing further is begun."""
    begun: list[int] = []
    came: list[int] = []
    with pytest.raises(EngineError, match="batch 1 failed"):
        run(Together(3, broken=[1]), begun, came, 2000)
    assert set(begun) - set(came) == {1}
    assert {0, 2} <= set(came)
    assert len(begun) < 2000


def test_one_at_a_time_is_in_order() -> None:
    """An engine of this process answers one batch after the other, in order."""
    begun: list[int] = []
    came: list[int] = []
    run(Together(1), begun, came)
    assert begun == came == list(range(7))
