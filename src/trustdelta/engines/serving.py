"""An event loop in a separate thread, for engines of servers; the caller may run another loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

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


def all_failed(responses: Sequence[Response]) -> str:
    """The error message of a batch in which every request failed, with the first cause; "" otherwise."""
    failed = [r for r in responses if r.finish is Finish.ERROR and not r.moderated]
    if not len(failed) == len(responses) >= ALL_FAILED:
        return ""
    return f"all {len(failed)} requests of a batch failed, the first: {failed[0].error}"
