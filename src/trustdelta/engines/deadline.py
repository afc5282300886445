"""A time limit for untrusted work, such as a chat template with an endless loop.

One thread watches all limited work and interrupts it between two Python instructions. A single call into C (a huge
power, a huge text) is not interrupted.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

POLL = 0.2
"""Seconds between two checks."""
IDLE = 5.0
"""Seconds without any work after which the watching thread ends."""


class Overdue(Exception):
    """Work that overran its limit."""


class _Watch:
    """The deadline of each thread."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.until: dict[int, float] = {}
        self.used = 0.0
        self.thread: threading.Thread | None = None

    def begin(self, seconds: float) -> None:
        with self.lock:
            self.used = time.monotonic()
            self.until[threading.get_ident()] = self.used + seconds
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._watch, name="deadline", daemon=True)
                self.thread.start()

    def end(self) -> None:
        with self.lock:
            self.until.pop(threading.get_ident(), None)

    def _watch(self) -> None:
        while True:
            time.sleep(POLL)
            now = time.monotonic()
            with self.lock:
                for thread in [t for t, until in self.until.items() if until < now]:
                    del self.until[thread]
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Overdue))
                if not self.until and now - self.used > IDLE:
                    self.thread = None
                    return


_WATCH = _Watch()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise Overdue in a block that runs for more than `seconds`; blocks of one thread do not nest."""
    _WATCH.begin(seconds)
    try:
        yield
    finally:
        _WATCH.end()
