"""Work in processes side by side, with what each stage costs kept over interruptions."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from trustdelta.files import save_text
from trustdelta.records import Json

Say = Callable[[str], None]


def spread(work: Callable[..., str], jobs: Sequence[tuple[Any, ...]], processes: int, say: Say) -> None:
    """Call `work` on every job, `processes` at a time (one: this very one), and say each call's line.

    Raises what a call raised, and then begins no other.
    """
    if processes == 1 or len(jobs) < 2:
        for count, job in enumerate(jobs, 1):
            say(f"{count} of {len(jobs)}: {work(*job)}")
        return
    with ProcessPoolExecutor(min(processes, len(jobs)), get_context("spawn")) as pool:
        waiting = [pool.submit(work, *job) for job in jobs]
        try:
            for count, done in enumerate(as_completed(waiting), 1):
                say(f"{count} of {len(jobs)}: {done.result()}")
        finally:
            pool.shutdown(cancel_futures=True)


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


class Clock:
    """Wall and CPU seconds by stage, added up over calls that were stopped and went on.

    `begun` and `ended` calls: what a killed one spent is not known.
    """

    def __init__(self, path: Path, say: Say) -> None:
        self.path, self.say = path, say

    @property
    def stages(self) -> dict[str, Json]:
        """Seconds and calls by stage so far."""
        return dict(json.loads(self.path.read_text("utf-8"))) if self.path.is_file() else {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside, also where it raises."""
        wall, cpu = time.monotonic(), cpu_seconds()
        self.say(f"{name} ...")
        self._add(name, begun=1)
        try:
            yield
        finally:
            spent = {"wall": time.monotonic() - wall, "cpu": cpu_seconds() - cpu}
            self._add(name, ended=1, **spent)
            self.say(f"{name}: {spent['wall']:.0f} s, {spent['cpu']:.0f} CPU s")

    def _add(self, name: str, **spent: float) -> None:
        before = {"wall": 0.0, "cpu": 0.0, "begun": 0, "ended": 0, **self.stages.get(name, {})}
        kept = {k: round(v + spent.get(k, 0), 1) for k, v in before.items()}
        save_text(self.path, json.dumps({**self.stages, name: kept}, indent=1) + "\n")
