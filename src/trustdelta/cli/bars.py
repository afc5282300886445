"""Progress on standard error: bars of the whole audit, stage and benchmarks on a terminal, a few lines elsewhere."""

from __future__ import annotations

import math
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

from trustdelta.cli.durations import duration
from trustdelta.cli.output import QUIET, clean
from trustdelta.progress import Wrote

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_BETWEEN_LINES = 30.0
SECONDS_OF_SILENCE = 60.0
"""Interval of lines that a stage continues: a batch, or loading a model, can take minutes."""


class Bars:
    """Progress bars of the audit, the stage and its benchmarks; a line now and then without a terminal; or nothing."""

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
        self.whole: Whole | None = None
        self.printed = -math.inf
        """Time of the last line without a terminal."""
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
        stage, now = self.stage, self.now()
        if stage is not None and stage.done < stage.total and now - self.printed >= SECONDS_OF_SILENCE:
            self._line(stage.still(now))

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
        self.stage = Stage(clean(stage), total, self.now(), tasks, of_model=parts is not None)
        if not self.live and self.now() - self.printed >= SECONDS_BETWEEN_LINES:
            self._line(f"{clean(stage)}: {total:,}" if total > 1 else clean(stage))

    def expect(self, responses: int) -> None:
        """Begin the count of the whole audit's responses."""
        if self.whole is not None:
            self.bars.remove_task(self.whole.task)
        self.whole = Whole(self.bars.add_task(Whole.name, total=responses, summary=""), responses)

    def advance(self, steps: int, wrote: Mapping[str, Wrote] | None = None) -> None:
        """Record `steps` more."""
        stage = self.stage
        if stage is None:
            return
        stage.add(steps, wrote or {}, self.now())
        if stage.of_model and (whole := self.whole) is not None:
            whole.add(steps, sum(part.responses for part in (wrote or {}).values()), self.now() - stage.latest_before)
            self.bars.update(whole.task, advance=steps, summary=whole.left())
        self.bars.update(stage.tasks[""], advance=steps, summary=stage.summary(""))
        for name, part in (wrote or {}).items():
            if name in stage.tasks:
                self.bars.update(stage.tasks[name], advance=part.responses, summary=stage.summary(name), visible=True)
                task = next(t for t in self.bars.tasks if t.id == stage.tasks[name])
                self.bars.update(task.id, visible=not task.finished)
        if not self.live and stage.done < stage.total and self.now() - self.printed >= SECONDS_BETWEEN_LINES:
            self._line("; ".join(x for x in (stage.line(), self.whole.line() if self.whole else "") if x))

    def note(self, text: str) -> None:
        """Print a note on its own line."""
        self.console.print(clean(text), markup=False, soft_wrap=True)

    def _line(self, text: str) -> None:
        self.printed = self.now()
        self.console.print(text, markup=False, soft_wrap=True)

    def _finish(self) -> None:
        """End the stage and remove its benchmarks' bars."""
        stage, self.stage = self.stage, None
        if stage is None:
            return
        for name, task in stage.tasks.items():
            if name:
                self.bars.remove_task(task)


class Whole:
    """Progress of the whole audit, in responses of both models."""

    name = "whole audit"

    def __init__(self, task: TaskID, total: int) -> None:
        self.task, self.total, self.done = task, total, 0
        self.generated, self.seconds = 0, 0.0

    def add(self, steps: int, generated: int, seconds: float) -> None:
        """Add `steps`, of which some were generated in `seconds` and the others were stored before."""
        self.done += steps
        self.generated += generated
        self.seconds += seconds if generated else 0.0

    def left(self) -> str:
        """The most time left at the rate so far; empty where it is unknown or nothing is left."""
        if not self.generated or self.done >= self.total:
            return ""
        return f"at most {duration((self.total - self.done) * self.seconds / self.generated / 3600)} left"

    def line(self) -> str:
        """The state in one line."""
        counts = f"{self.name}: {self.done:,} of at most {self.total:,} responses"
        return ", ".join(x for x in (counts, self.left()) if x)


class Stage:
    """Progress of a stage, in total ("") and by benchmark."""

    def __init__(self, name: str, total: int, began: float, tasks: dict[str, TaskID], *, of_model: bool) -> None:
        self.name, self.total, self.began, self.tasks, self.of_model = name, total, began, tasks, of_model
        self.done, self.latest, self.latest_before = 0, began, began
        self.wrote: dict[str, Wrote] = {}

    def add(self, steps: int, wrote: Mapping[str, Wrote], now: float) -> None:
        """Add `steps` with their responses and tokens."""
        self.done += steps
        self.latest_before, self.latest = self.latest, now
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

    def still(self, now: float) -> str:
        """A line with the elapsed time."""
        count = f": {self.done:,}/{self.total:,}" if self.total > 1 else ""
        return f"{self.name}{count}, {duration((now - self.began) / 3600)} so far"

    def line(self) -> str:
        """The state as one line."""
        return ", ".join(x for x in (f"{self.name}: {self.done:,}/{self.total:,}", self.summary("")) if x)
