"""Work in other processes: one function over many items, where there are enough of them to pay for the start.

A worker is a fresh interpreter that imports what its job names, reads items from its standard input, and ends where
that ends: no worker outlives this process, however it ends. Results come in the order of the items, and they are those
of this process, which does an item itself where a worker failed.
"""

from __future__ import annotations

import importlib
import marshal
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Generic, TypeVar

from trustdelta.records import Json

Item = TypeVar("Item")
Result = TypeVar("Result")
LEAST = 5_000
"""Responses from which workers pay for their start, which takes as long as scoring some thousand short answers."""
MOST = 8
"""Most workers: beyond that, they wait for this process."""


@dataclass(frozen=True, slots=True)
class Job(Generic[Item, Result]):
    """A function of one item, here and in a worker, where all values are plain (`marshal`)."""

    here: Callable[[Item], Result]
    """The function in this process; its results are plain values."""
    plain: Callable[[Item], Json]
    """An item in plain values."""
    make: str
    """MODULE:NAME of what makes a function of plain items in a worker; empty: only this process can do the job."""
    setup: Callable[[], Json] = dict
    """Makes the argument of `make`."""


class Workers:
    """The worker processes of one run; they are started by the first large job."""

    def __init__(self, count: int | None = None, least: int = LEAST) -> None:
        self.count = min(_processors(), MOST) if count is None else count
        self.least = least
        self._crew: list[_Worker] = []

    def __enter__(self) -> Workers:
        """Use as a context manager, which ends the workers."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every worker."""
        for worker in self._crew:
            worker.close()
        self._crew = []

    def pay_for(self, job: Job[Item, Result], responses: int) -> bool:
        """Whether workers do a job on so many responses."""
        return bool(job.make) and self.count > 1 and responses >= self.least

    def prepare(self, job: Job[Item, Result], responses: int) -> None:
        """Let workers start and import what a job needs while this process does other work, if they pay for it."""
        if self.pay_for(job, responses):
            self._set_up(job)

    def _set_up(self, job: Job[Item, Result]) -> None:
        self._crew = self._crew or [_Worker() for _ in range(self.count)]
        setup = marshal.dumps((job.make, job.setup()))
        for worker in self._crew:
            worker.send(setup)

    def map(self, job: Job[Item, Result], items: Iterable[Item], responses: int) -> Generator[Result, None, None]:
        """The results of all items, which hold so many responses together, in order."""
        if not self.pay_for(job, responses):
            yield from map(job.here, items)
            return
        self._set_up(job)
        whole = False
        try:
            yield from _in_turn(job, items, self._crew)
            whole = True
        finally:
            if not whole:  # results that nobody will read
                self.close()


def _processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_turn(job: Job[Item, Result], items: Iterable[Item], crew: list[_Worker]) -> Iterator[Result]:
    """Every worker has one item at a time; the next one is at hand before a result is awaited."""
    idle, busy = list(crew), deque[tuple[_Worker, Item]]()
    for item in items:
        if idle:
            worker, results = idle.pop(), []
        else:
            worker, earlier = busy.popleft()
            results = [worker.result(job, earlier)]
        worker.send(marshal.dumps(("", job.plain(item))))
        busy.append((worker, item))
        yield from results
    while busy:
        worker, earlier = busy.popleft()
        yield worker.result(job, earlier)


class _Worker:
    """One process."""

    def __init__(self) -> None:
        paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {__name__} import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,  # an interrupt reaches this process alone, which then ends its workers
        )

    def send(self, message: bytes) -> None:
        """Send one message; a worker that has ended ignores it."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            _write(self._process.stdin, message)

    def result(self, job: Job[Item, Result], item: Item) -> Result:
        """The result of the item that was sent, from this process where the worker has none."""
        assert self._process.stdout is not None
        try:
            message = _read(self._process.stdout)
        except (OSError, ValueError):
            message = b""
        if not message:
            return job.here(item)
        result: Result = marshal.loads(message)
        return result

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._process.wait()


def _write(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(8, "little"))
    stream.write(message)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    """The next message; empty at the end of the stream."""
    return stream.read(int.from_bytes(stream.read(8), "little"))


def serve() -> None:
    """Do the items that arrive on standard input; an empty message stands for a result that failed."""
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print does not get between results
    function: Callable[[Json], Json] | None = None
    while message := _read(sys.stdin.buffer):
        make, value = marshal.loads(message)
        answer = b""
        with suppress(Exception):  # the first process does such an item, and raises what it raises
            if make:
                function = None
                module, _, name = make.partition(":")
                function = getattr(importlib.import_module(module), name)(value)
            elif function is not None:
                answer = marshal.dumps(function(value))
        if not make:
            _write(results, answer)
