"""Processes on a Ray cluster that hold one model and its GPUs, so that it is loaded once for many tasks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

AGAIN_S = 0.05
"""Seconds between two looks for a free process."""


class Home:
    """One process, begun when it is first wanted and again after it died. It waits in Ray's queue for its GPUs."""

    def __init__(self, begin: Any, kill: Callable[[Any], None], done: Callable[[Any], bool]) -> None:
        self._begin, self._kill, self._done = begin, kill, done
        self._actor: Any = None
        self._ready: Any = None

    @property
    def actor(self) -> Any:
        """The process; begun now if there is none."""
        if self._actor is None:
            self._actor = self._begin.remote()
            self._ready = self._actor.ready.remote()
        return self._actor

    @property
    def there(self) -> bool:
        """Whether the process has its GPUs already; it is begun if there is none."""
        return self.actor is not None and self._done(self._ready)

    def leave(self) -> None:
        """End the process and free its GPUs."""
        if self._actor is not None:
            self._kill(self._actor)
        self._actor = self._ready = None


class Homes:
    """The processes of one model: the first is waited for, the others are used as far as GPUs are free for them.

    Only the first is ever waited for, so that two models that each hold some GPUs never wait for each other's. `most`:
    processes that were at work together.
    """

    def __init__(self, homes: list[Home]) -> None:
        self.homes, self.most = homes, 0
        self._free, self._lock = list(homes), Lock()

    @contextmanager
    def borrow(self) -> Iterator[Home]:
        """A process that nobody else uses meanwhile."""
        home = self._take()
        while home is None:
            time.sleep(AGAIN_S)
            home = self._take()
        try:
            yield home
        finally:
            with self._lock:
                self._free.append(home)

    def _take(self) -> Home | None:
        first = self.homes[0]
        with self._lock:
            for home in sorted(self._free, key=self.homes.index):
                if home is first or home.there:
                    self._free.remove(home)
                    self.most = max(self.most, len(self.homes) - len(self._free))
                    return home
        return None

    def leave(self) -> None:
        """End all of them."""
        for home in self.homes:
            home.leave()
