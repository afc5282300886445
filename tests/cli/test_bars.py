"""Progress on standard error: live bars on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import io

from rich.console import Console

from trustdelta.cli.bars import SECONDS_BETWEEN_LINES, SECONDS_OF_SILENCE, Bars
from trustdelta.cli.output import QUIET
from trustdelta.progress import Wrote


class Clock:
    """Time that passes when told."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def shown(*, terminal: bool, quiet: bool = False) -> str:
    """What a stage over two benchmarks prints: two batches of ten responses, the second after a long while."""
    stream, clock = io.StringIO(), Clock()
    token = QUIET.set(quiet)
    try:
        found = {"TERM": "xterm"}  # a dumb terminal gets no bars
        console = Console(file=stream, force_terminal=terminal, width=140, quiet=quiet, highlight=False, _environ=found)
        with Bars(clock, console) as bars:
            bars.start("candidate: \x1b[31mred", 40, {"xstest": 20, "bbq_age": 20})
            clock.now = 2.0
            bars.advance(10, {"xstest": Wrote(10, 1000, 1)})
            bars.bars.refresh()
            clock.now = 2.0 + SECONDS_BETWEEN_LINES
            bars.advance(10, {"xstest": Wrote(5, 500, 0), "bbq_age": Wrote(5, 100, 0)})
            bars.bars.refresh()
    finally:
        QUIET.reset(token)
    return stream.getvalue()


def test_a_terminal_shows_stage_and_benchmark() -> None:
    """Both bars with counts, tokens and the truncated share; the stage with its rates and time left."""
    text = shown(terminal=True)
    assert "\\x1b[31mred" in text
    assert "xstest" in text
    assert "bbq_age" in text
    assert "10/40" in text
    assert "5.0/s, 500 tokens/s, 1,000 tokens, 10.0 % truncated" in text
    assert "15/20" in text


def test_elsewhere_lines_are_plain() -> None:
    """A line when a stage begins, one now and then, one at its end where that says more; no escape sequence."""
    text = shown(terminal=False)
    assert text.splitlines() == [
        "candidate: \\x1b[31mred: 40",
        "candidate: \\x1b[31mred: 20/40, 0.6/s, 50 tokens/s, 1,600 tokens, 5.0 % truncated, 1 min left",
    ]


def test_what_takes_long_is_said_to_go_on() -> None:
    """A stage of one step has no count; where nothing was said for a minute, a line says how long it has been."""
    stream, clock = io.StringIO(), Clock()
    with Bars(clock, Console(file=stream, width=140, highlight=False)) as bars:
        bars.start("baseline: opening mini", 1)
        bars.beat()
        clock.now = 2 * SECONDS_OF_SILENCE
        bars.beat()
        bars.beat()
        bars.advance(1)
        clock.now = 4 * SECONDS_OF_SILENCE
        bars.beat()
    assert stream.getvalue().splitlines() == ["baseline: opening mini", "baseline: opening mini: 0/1, 2 min so far"]


def test_quiet_is_silent() -> None:
    """Nothing at all, on a terminal or not."""
    assert shown(terminal=False, quiet=True) == ""
    assert shown(terminal=True, quiet=True) == ""
