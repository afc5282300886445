"""Progress on standard error: live bars by model and benchmark on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from trustdelta.cli.output import QUIET, clean
from trustdelta.progress import Wrote

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_BETWEEN_LINES = 30.0
SECONDS_OF_SILENCE = 60.0
"""Interval of lines that a stage continues: a batch, or loading a model, can take minutes."""


class Bars:
    """Progress bars of the stage and its benchmarks; periodic lines without a terminal; nothing if quiet."""

    def __init__(self, now: Callable[[], float] = time.monotonic, console: Console | None = None) -> None:
        quiet = QUIET.get()
        self.now = now
        self.console = console or Console(stderr=True, highlight=False, quiet=quiet)
        self.live = self.console.is_terminal and not quiet
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[summary]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self.bars = Progress(*columns, console=self.console, disable=not self.live)
        self.stage: Stage | None = None
        self.over = threading.Event()

    def __enter__(self) -> Bars:
        """Show the bars."""
        self.bars.start()
        if not self.live:
            threading.Thread(target=self._beat, name="progress", daemon=True).start()
        return self

    def _beat(self) -> None:
        while not self.over.wait(SECONDS_OF_SILENCE / 4):
            self.beat()

    def beat(self) -> None:
        """Print a line if the stage had none for a long time."""
        if (stage := self.stage) is not None and stage.silent(self.now()):
            self.console.print(stage.still(self.now()), markup=False, soft_wrap=True)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._finish()
        self.bars.stop()

    def start(self, stage: str, total: int, parts: Mapping[str, int] | None = None) -> None:
        """Begin a stage of `total` steps."""
        self._finish()
        tasks = {"": self.bars.add_task(clean(stage), total=total, summary="")}
        if parts and len(parts) > 1:
            for name, steps in parts.items():
                tasks[name] = self.bars.add_task(f"  {clean(name)}", total=steps, summary="", visible=False)
        self.stage = Stage(clean(stage), total, self.now(), tasks)
        if not self.live:
            self.console.print(f"{clean(stage)}: {total}" if total != 1 else clean(stage), markup=False, soft_wrap=True)

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """Record `steps` more."""
        stage = self.stage
        if stage is None:
            return
        stage.add(steps, wrote or {}, self.now())
        self.bars.update(stage.tasks[""], advance=steps, summary=stage.summary(""))
        for name, part in (wrote or {}).items():
            if name in stage.tasks:
                self.bars.update(stage.tasks[name], advance=part.responses, summary=stage.summary(name), visible=True)
                task = next(t for t in self.bars.tasks if t.id == stage.tasks[name])
                self.bars.update(task.id, visible=not task.finished)
        if not self.live and stage.due():
            self.console.print(stage.line(), markup=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Print a note on its own line."""
        self.console.print(clean(text), markup=False, soft_wrap=True)

    def _finish(self) -> None:
        """End the stage: remove its benchmarks' bars, or print a line of totals without a terminal."""
        stage, self.stage = self.stage, None
        if stage is None:
            return
        for name, task in stage.tasks.items():
            if name:
                self.bars.remove_task(task)
        if not self.live and stage.wrote and stage.done != stage.reported_done:
            self.console.print(stage.line(), markup=False, soft_wrap=True)


class Stage:
    """Progress of a stage, in total ("") and by benchmark."""

    def __init__(self, name: str, total: int, began: float, tasks: dict[str, TaskID]) -> None:
        self.name, self.total, self.began, self.tasks = name, total, began, tasks
        self.done, self.latest, self.reported, self.reported_done = 0, began, began, 0
        self.wrote: dict[str, Wrote] = {}

    def add(self, steps: int, wrote: Mapping[str, Wrote], now: float) -> None:
        """Add `steps` with their responses and tokens."""
        self.done += steps
        self.latest = now
        for name, part in wrote.items():
            self.wrote[name] = self.wrote.get(name, Wrote()) + part

    def all(self) -> Wrote:
        """Totals over all benchmarks."""
        return sum(self.wrote.values(), Wrote())

    def summary(self, name: str) -> str:
        """Rate, tokens and truncated share, in total or of one benchmark; empty without responses."""
        wrote = self.wrote.get(name, Wrote()) if name else self.all()
        if not wrote.responses:
            return ""
        seconds = max(self.latest - self.began, 1e-9)
        rate = "" if name else f"{wrote.responses / seconds:.1f}/s, {wrote.tokens / seconds:,.0f} tokens/s, "
        return f"{rate}{wrote.tokens:,} tokens, {100 * wrote.truncated / wrote.responses:.1f} % truncated"

    def due(self) -> bool:
        """Whether a line is due; a call that returns True resets the clock."""
        if self.latest - self.reported < SECONDS_BETWEEN_LINES or self.done >= self.total:
            return False
        self.reported, self.reported_done = self.latest, self.done
        return True

    def silent(self, now: float) -> bool:
        """Whether the stage had no line for a long time; a call that returns True resets the clock."""
        if now - self.reported < SECONDS_OF_SILENCE or self.done >= self.total:
            return False
        self.reported = now
        return True

    def still(self, now: float) -> str:
        """A line with the elapsed time."""
        return f"{self.name}: {self.done}/{self.total}, {(now - self.began) / 60:.0f} min so far"

    def line(self) -> str:
        """The state as one line, with the remaining time at the current rate."""
        responses = self.all().responses
        left = (self.total - self.done) * (self.latest - self.began) / max(responses, 1)
        time_left = f", {left / 60:.0f} min left" if responses and self.done < self.total else ""
        return ", ".join(x for x in (f"{self.name}: {self.done}/{self.total}", self.summary("")) if x) + time_left
