"""Ray actors that hold one model and its GPUs, so that the model is loaded once for many tasks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

POLL_S = 0.05
"""Seconds between two searches for a free actor."""


class ModelActor:
    """One actor, started on first use and again after it died. It waits in Ray's queue for its GPUs."""

    def __init__(self, begin: Any, kill: Callable[[Any], None], done: Callable[[Any], bool]) -> None:
        self._begin, self._kill, self._done = begin, kill, done
        self._actor: Any = None
        self._ready: Any = None

    @property
    def actor(self) -> Any:
        """The actor; started if there is none."""
        if self._actor is None:
            self._actor = self._begin.remote()
            self._ready = self._actor.ready.remote()
        return self._actor

    @property
    def ready(self) -> bool:
        """Whether the actor has its GPUs; it is started if there is none."""
        return self.actor is not None and self._done(self._ready)

    def stop(self) -> None:
        """Stop the actor and free its GPUs."""
        if self._actor is not None:
            self._kill(self._actor)
        self._actor = self._ready = None


class ActorPool:
    """The actors of one model. The first is awaited; the others are used when GPUs are free for them.

    Awaiting only the first prevents a deadlock of two models that each hold some GPUs. `most`: largest number of actors
    that worked concurrently.
    """

    def __init__(self, actors: list[ModelActor]) -> None:
        self.actors, self.most = actors, 0
        self._free, self._lock = list(actors), Lock()

    @contextmanager
    def borrow(self) -> Iterator[ModelActor]:
        """An actor for exclusive use."""
        actor = self._take()
        while actor is None:
            time.sleep(POLL_S)
            actor = self._take()
        try:
            yield actor
        finally:
            with self._lock:
                self._free.append(actor)

    def _take(self) -> ModelActor | None:
        first = self.actors[0]
        with self._lock:
            for actor in sorted(self._free, key=self.actors.index):
                if actor is first or actor.ready:
                    self._free.remove(actor)
                    self.most = max(self.most, len(self.actors) - len(self._free))
                    return actor
        return None

    def stop(self) -> None:
        """Stop all actors."""
        for actor in self.actors:
            actor.stop()
