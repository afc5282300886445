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
"""After so long without a line, one says that the stage goes on: a batch, or loading a model, can take minutes."""


class Bars:
    """A bar for the stage and one for each benchmark under way; without a terminal a line now and then; or nothing."""

    def __init__(self, now: Callable[[], float] = time.monotonic, console: Console | None = None) -> None:
        quiet = QUIET.get()
        self.now = now
        self.console = console or Console(stderr=True, highlight=False, quiet=quiet)
        self.live = self.console.is_terminal and not quiet
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self.bars = Progress(*columns, console=self.console, disable=not self.live)
        self.stage: Stage | None = None
        self.over = threading.Event()

    def __enter__(self) -> Bars:
        """Show the bars until left."""
        self.bars.start()
        if not self.live:
            threading.Thread(target=self._beat, name="progress", daemon=True).start()
        return self

    def _beat(self) -> None:
        while not self.over.wait(SECONDS_OF_SILENCE / 4):
            self.beat()

    def beat(self) -> None:
        """A line where the stage has had none for long."""
        if (stage := self.stage) is not None and stage.silent(self.now()):
            self.console.print(stage.still(self.now()), markup=False, soft_wrap=True)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._finish()
        self.bars.stop()

    def start(self, stage: str, total: int, parts: Mapping[str, int] | None = None) -> None:
        """A stage of `total` steps begins."""
        self._finish()
        tasks = {"": self.bars.add_task(clean(stage), total=total, said="")}
        if parts and len(parts) > 1:
            for name, steps in parts.items():
                tasks[name] = self.bars.add_task(f"  {clean(name)}", total=steps, said="", visible=False)
        self.stage = Stage(clean(stage), total, self.now(), tasks)
        if not self.live:
            self.console.print(f"{clean(stage)}: {total}" if total != 1 else clean(stage), markup=False, soft_wrap=True)

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """`steps` more are done."""
        stage = self.stage
        if stage is None:
            return
        stage.add(steps, wrote or {}, self.now())
        self.bars.update(stage.tasks[""], advance=steps, said=stage.said(""))
        for name, part in (wrote or {}).items():
            if name in stage.tasks:
                self.bars.update(stage.tasks[name], advance=part.responses, said=stage.said(name), visible=True)
                task = next(t for t in self.bars.tasks if t.id == stage.tasks[name])
                self.bars.update(task.id, visible=not task.finished)
        if not self.live and stage.due():
            self.console.print(stage.line(), markup=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """A remark on a line of its own."""
        self.console.print(clean(text), markup=False, soft_wrap=True)

    def _finish(self) -> None:
        """The stage is over: its benchmarks' bars go, and without a terminal its sums are a line."""
        stage, self.stage = self.stage, None
        if stage is None:
            return
        for name, task in stage.tasks.items():
            if name:
                self.bars.remove_task(task)
        if not self.live and stage.wrote and stage.done != stage.told_of:
            self.console.print(stage.line(), markup=False, soft_wrap=True)


class Stage:
    """What was done in a stage so far, in all ("") and by benchmark."""

    def __init__(self, name: str, total: int, began: float, tasks: dict[str, TaskID]) -> None:
        self.name, self.total, self.began, self.tasks = name, total, began, tasks
        self.done, self.latest, self.told, self.told_of = 0, began, began, 0
        self.wrote: dict[str, Wrote] = {}

    def add(self, steps: int, wrote: Mapping[str, Wrote], now: float) -> None:
        """`steps` more, with what was written in them."""
        self.done += steps
        self.latest = now
        for name, part in wrote.items():
            self.wrote[name] = self.wrote.get(name, Wrote()) + part

    def all(self) -> Wrote:
        """What was written in all benchmarks."""
        return sum(self.wrote.values(), Wrote())

    def said(self, name: str) -> str:
        """Rate, tokens and share cut off, in all or of one benchmark; nothing where no model writes."""
        wrote = self.wrote.get(name, Wrote()) if name else self.all()
        if not wrote.responses:
            return ""
        seconds = max(self.latest - self.began, 1e-9)
        rate = "" if name else f"{wrote.responses / seconds:.1f}/s, {wrote.tokens / seconds:,.0f} tokens/s, "
        return f"{rate}{wrote.tokens:,} tokens, {100 * wrote.truncated / wrote.responses:.1f} % cut off"

    def due(self) -> bool:
        """Whether it is time for another line; asking resets the clock."""
        if self.latest - self.told < SECONDS_BETWEEN_LINES or self.done >= self.total:
            return False
        self.told, self.told_of = self.latest, self.done
        return True

    def silent(self, now: float) -> bool:
        """Whether nothing was said of it for long; asking resets the clock."""
        if now - self.told < SECONDS_OF_SILENCE or self.done >= self.total:
            return False
        self.told = now
        return True

    def still(self, now: float) -> str:
        """That it goes on, and for how long."""
        return f"{self.name}: {self.done}/{self.total}, {(now - self.began) / 60:.0f} min so far"

    def line(self) -> str:
        """The state as one line, with the time left at the rate so far."""
        made = self.all().responses
        left = (self.total - self.done) * (self.latest - self.began) / max(made, 1)
        time_left = f", {left / 60:.0f} min left" if made and self.done < self.total else ""
        return ", ".join(x for x in (f"{self.name}: {self.done}/{self.total}", self.said("")) if x) + time_left
