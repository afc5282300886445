"""CPU microseconds per row of each stage of a recorded audit; `recorded_scale.py --stages` runs it.

Each function of STAGES is timed without those that it calls and that stand there too. Work of other processes is in
the last line alone.
"""

from __future__ import annotations

import functools
import importlib
import io
import resource
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from typing import Any

STAGES = (
    "interop.responses_files:read_file",
    "interop.responses:_collect",
    "interop.responses:_read_one",
    "pipeline.recorded:join_benchmark",
    "pipeline.recorded:grouped",
    "pipeline.recorded:remarks",
    "pipeline.recorded:prompts_opened_thought",
    "pipeline.recorded:assemble_recorded",
    "pipeline.respond:Requests.of",
    "pipeline.respond:fill",
    "store.run:Store.put_responses",
    "store.tables:Tables._run",
    "pipeline.undeclared:settle_formats",
    "pipeline.scoring.score:score_missing",
    "pipeline.scoring.columns:StoredScores.of",
    "pipeline.scoring.columns:StoredScores.table",
    "pipeline.scoring.columns:StoredScores.outcomes",
    "pipeline.decision:aa_check",
    "pipeline.decision:decide",
    "pipeline.conclude:conclude",
    "pipeline.conclude:write_reports",
)
"""Functions, by module and name."""


class Clock:
    """CPU seconds by stage, of the innermost one at any time."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._open = ["the rest"]
        self._since = time.process_time()

    def turn(self) -> None:
        """Count the time until now to the innermost stage."""
        now = time.process_time()
        stage = self._open[-1]
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as a stage."""

        @functools.wraps(function)
        def run(*values: Any, **named: Any) -> Any:
            self.turn()
            self._open.append(stage)
            try:
                return function(*values, **named)
            finally:
                self.turn()
                self._open.pop()

        return run


def stages(command: list[str], rows: int) -> str:
    """Run a command in this process; a line for each stage, the most expensive first."""
    clock = Clock()
    from trustdelta.cli.main import main
    from trustdelta.pipeline import run as _whole_pipeline

    del _whole_pipeline
    for stage in STAGES:
        _patch(stage, clock)
    clock.turn()
    clock.seconds = {"imports": sum(clock.seconds.values())}
    sys.argv = ["trustdelta", *command]
    with suppress(SystemExit), redirect_stdout(io.StringIO()):
        main()
    clock.turn()
    lines = [
        f"{1e6 * seconds / rows:8.2f} us per row  {stage}"
        for stage, seconds in sorted(clock.seconds.items(), key=lambda kv: -kv[1])
    ]
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines.append(f"{1e6 * (workers.ru_utime + workers.ru_stime) / rows:8.2f} us per row  workers")
    return "\n".join(lines) + "\n"


def _patch(stage: str, clock: Clock) -> None:
    """Time one function wherever it was imported."""
    module_name, _, path = stage.partition(":")
    module = importlib.import_module(f"trustdelta.{module_name}")
    *outer, name = path.split(".")
    owner: Any = functools.reduce(getattr, outer, module)
    function = getattr(owner, name)
    plain = vars(owner)[name]
    timed = clock.timed(stage, function)
    setattr(owner, name, staticmethod(timed) if isinstance(plain, classmethod) else timed)
    for other in [m for n, m in sys.modules.items() if n.startswith("trustdelta.") and not outer]:
        for key, value in list(vars(other).items()):
            if value is function:
                setattr(other, key, timed)


if __name__ == "__main__":
    raise SystemExit("run recorded_scale.py --stages")
