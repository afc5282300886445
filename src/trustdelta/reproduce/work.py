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

from trustdelta.records import Json
from trustdelta.report.save import save_text

Say = Callable[[str], None]


def spread(work: Callable[..., str], jobs: Sequence[tuple[Any, ...]], processes: int, say: Say) -> None:
    """Call `work` on every job, `processes` at a time (one: this very one), and say each call's line.

    Raises what a call raised.
    """
    if processes == 1 or len(jobs) < 2:
        for count, job in enumerate(jobs, 1):
            say(f"{count} of {len(jobs)}: {work(*job)}")
        return
    with ProcessPoolExecutor(min(processes, len(jobs)), get_context("spawn")) as pool:
        for count, done in enumerate(as_completed([pool.submit(work, *job) for job in jobs]), 1):
            say(f"{count} of {len(jobs)}: {done.result()}")


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


class Clock:
    """Wall and CPU seconds by stage, added up over calls that were stopped and went on."""

    def __init__(self, path: Path, say: Say) -> None:
        self.path, self.say = path, say

    @property
    def stages(self) -> dict[str, Json]:
        """Seconds by stage so far."""
        return dict(json.loads(self.path.read_text("utf-8"))) if self.path.is_file() else {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside, also where it raises."""
        wall, cpu = time.monotonic(), cpu_seconds()
        self.say(f"{name} ...")
        try:
            yield
        finally:
            spent = {"wall": time.monotonic() - wall, "cpu": cpu_seconds() - cpu}
            before = self.stages.get(name, {"wall": 0.0, "cpu": 0.0})
            kept = {**self.stages, name: {k: round(before[k] + v, 1) for k, v in spent.items()}}
            save_text(self.path, json.dumps(kept, indent=1) + "\n")
            self.say(f"{name}: {spent['wall']:.0f} s, {spent['cpu']:.0f} CPU s")
