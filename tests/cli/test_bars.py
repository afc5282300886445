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
            bars.expect(80)
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


def test_a_terminal_shows_the_whole_audit_with_the_time_left() -> None:
    """One bar over all stages of both models: 20 of 80 responses in 32 seconds leave 96 seconds."""
    text = shown(terminal=True)
    assert "whole audit" in text
    assert "20/80" in text
    assert "at most 2 minutes left" in text


def test_elsewhere_lines_are_plain_and_few() -> None:
    """The first stage is named, then a line now and then with the whole audit; no escape sequence."""
    text = shown(terminal=False)
    assert text.splitlines() == [
        "candidate: \\x1b[31mred: 40",
        "candidate: \\x1b[31mred: 20/40, 0.6/s, 50 tokens/s, 1,600 tokens, 5.0 % truncated; "
        "whole audit: 20 of at most 80 responses, at most 2 minutes left",
    ]


def test_a_fast_audit_prints_one_line() -> None:
    """Stages of less than half a minute are not listed one by one."""
    stream, clock = io.StringIO(), Clock()
    with Bars(clock, Console(file=stream, width=140, highlight=False)) as bars:
        for stage in range(20):
            clock.now += 1
            bars.start(f"stage {stage}", 10)
            bars.advance(10)
    assert stream.getvalue().splitlines() == ["stage 0: 10"]


def test_stored_responses_do_not_speed_up_the_time_left() -> None:
    """A resumed audit counts what is stored as done; its rate is that of generation alone."""
    stream, clock = io.StringIO(), Clock()
    with Bars(clock, Console(file=stream, width=200, highlight=False)) as bars:
        bars.expect(1000)
        bars.start("responses of the baseline", 1000, {"xstest": 1000})
        bars.advance(900)
        clock.now = 60.0
        bars.advance(10, {"xstest": Wrote(10, 100, 0)})
    assert "910 of at most 1,000 responses, at most 9 minutes left" in stream.getvalue()


def test_scores_and_judgements_are_no_responses_of_the_audit() -> None:
    """Stages without parts leave the whole audit's count alone."""
    stream, clock = io.StringIO(), Clock()
    with Bars(clock, Console(file=stream, width=200, highlight=False)) as bars:
        bars.expect(100)
        bars.start("scoring the baseline's responses", 500)
        clock.now = 60.0
        bars.advance(400)
    assert "whole audit: 0 of at most 100 responses" in stream.getvalue()


def test_what_takes_long_is_said_to_go_on() -> None:
    """A stage of one step has no count; where nothing was said for a minute, a line says how long it has been."""
    stream, clock = io.StringIO(), Clock()
    with Bars(clock, Console(file=stream, width=140, highlight=False)) as bars:
        bars.start("loading the baseline, mini", 1)
        bars.beat()
        clock.now = 2 * SECONDS_OF_SILENCE
        bars.beat()
        bars.beat()
        bars.advance(1)
        clock.now = 4 * SECONDS_OF_SILENCE
        bars.beat()
    assert stream.getvalue().splitlines() == [
        "loading the baseline, mini",
        "loading the baseline, mini, 2 minutes so far",
    ]


def test_quiet_is_silent() -> None:
    """Nothing at all, on a terminal or not."""
    assert shown(terminal=False, quiet=True) == ""
    assert shown(terminal=True, quiet=True) == ""
