"""One labeller's way through the items of a run: each label is stored before the next text is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TypeVar

from trustdelta.errors import BusyError, UsageError
from trustdelta.pipeline.labelling.entries import forget_last, labelled_by, set_labels
from trustdelta.pipeline.labelling.items import Item
from trustdelta.store import Store

T = TypeVar("T")

PATIENCE, PAUSE = 5.0, 0.1
"""Seconds to wait for another process that writes the run, and between two tries."""
LONGEST = 120.0
"""Seconds on one text beyond which the labeller was away."""
RECENT = 20
"""Latest labels whose pace foretells the time left."""


@dataclass(slots=True)
class Session:
    """Items of a finished run and one labeller. Labels of an earlier session are kept."""

    folder: Path
    listed: Sequence[Item]
    labeller: str
    clock: Callable[[], float] = time.monotonic
    _done: set[str] = field(init=False)
    _shown_at: float = field(init=False)
    _seconds: list[float] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        with Store(self.folder, write=False) as store:
            keys = labelled_by(store, self.labeller)
        self._done = {item.id for item in self.listed if set(item.keys) <= keys}
        self._shown_at = self.clock()

    @property
    def current(self) -> Item | None:
        """The next item without a label; None when all are done."""
        return next((item for item in self.listed if item.id not in self._done), None)

    @property
    def done(self) -> int:
        """Items that have been dealt with."""
        return len(self._done)

    @property
    def seconds_left(self) -> float | None:
        """Time that the rest takes at the pace of this session; None before the third label."""
        if len(self._seconds) < 3:
            return None
        return median(self._seconds[-RECENT:]) * (len(self.listed) - self.done)

    def put(self, item_id: str, value: float | None) -> None:
        """Store a label, None where the item cannot be decided; raises UsageError for another than the current item."""
        item = self.current
        if item is None or item.id != item_id:
            raise UsageError(f"labels: found a label for {item_id!r}, which is not the text shown; reload the page.")
        self._write(lambda store: set_labels(store, {item: value}, self.labeller))
        self._done.add(item.id)
        now = self.clock()
        self._seconds.append(min(now - self._shown_at, LONGEST))
        self._shown_at = now

    def undo(self) -> None:
        """Take the labeller's latest label back; its text is shown again."""
        item = self._write(lambda store: forget_last(store, self.labeller, self.listed))
        if item is not None:
            self._done.discard(item.id)
            del self._seconds[-1:]
        self._shown_at = self.clock()

    def _write(self, change: Callable[[Store], T]) -> T:
        """Open the run for one change, so that several labellers and `judges apply` take turns."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with Store(self.folder, write=True) as store:
                    return change(store)
            except BusyError:
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE)
