"""An event loop in a separate thread, for engines of servers; the caller may run another loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import wait
from queue import SimpleQueue
from typing import Any, TypeVar

from trustdelta.engines.base import HAND_OVER_SECONDS
from trustdelta.records import Finish, Response

T = TypeVar("T")


class Loop:
    """Runs coroutines until closed; an interrupted coroutine is cancelled."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine; of several failures in a task group, the first is raised."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        except BaseException:
            future.cancel()
            raise

    def stream(self, work: Sequence[Coroutine[Any, Any, T]]) -> Iterator[list[T]]:
        """The results of coroutines in the order in which they end, some at a time; raises as `run` does."""
        ended: SimpleQueue[T] = SimpleQueue()

        async def put(task: Coroutine[Any, Any, T]) -> None:
            ended.put(await task)

        async def whole() -> None:
            async with asyncio.TaskGroup() as group:
                for task in work:
                    group.create_task(put(task))

        future = asyncio.run_coroutine_threadsafe(whole(), self._loop)
        try:
            while not future.done():
                wait([future], timeout=HAND_OVER_SECONDS)
                if results := [ended.get_nowait() for _ in range(ended.qsize())]:
                    yield results
            if results := [ended.get_nowait() for _ in range(ended.qsize())]:
                yield results
            future.result()
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            future.cancel()

    def close(self, leave: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Cancel running tasks, run `leave`, and end the thread. Closing twice has no effect."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._end(leave), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self, leave: Callable[[], Coroutine[Any, Any, None]]) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await leave()


ALL_FAILED = 8
"""Smallest batch whose complete failure stops the run."""


def answers_first(parts: Iterable[list[Response]], stopped: Callable[[str], Exception]) -> Iterator[list[Response]]:
    """Parts of a batch as they end, failed requests last; raises what `stopped` makes where every request failed."""
    failed: list[Response] = []
    answered = False
    for part in parts:
        failed += [r for r in part if r.finish is Finish.ERROR]
        if good := [r for r in part if r.finish is not Finish.ERROR]:
            answered = True
            yield good
    if not answered and (fault := all_failed(failed)):
        raise stopped(fault)
    if failed:
        yield failed


def all_failed(responses: Sequence[Response]) -> str:
    """The error message of a batch in which every request failed, with the first cause; "" otherwise."""
    failed = [r for r in responses if r.finish is Finish.ERROR and not r.moderated]
    if not len(failed) == len(responses) >= ALL_FAILED:
        return ""
    return f"all {len(failed)} requests of a batch failed, the first: {failed[0].error}"
