"""The table in the terminal."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_fixtures import BARE, HOSTILE, RESULT, poisoned
from rich.cells import cell_len

from trustdelta.report.terminal import render, shown

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Stream(io.StringIO):
    """A text stream that says whether it is a terminal, and its encoding."""

    def __init__(self, terminal: bool, name: str) -> None:
        super().__init__()
        self._terminal: bool = terminal
        self._encoding: str = name

    def isatty(self) -> bool:
        """Whether it claims to be a terminal."""
        return self._terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding it claims."""
        return self._encoding


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_lines_fit(width: int, ascii_only: bool) -> None:
    """No line is wider than the terminal, and no number or interval is cut."""
    text = render(RESULT, width=width, ascii_only=ascii_only)
    assert max(cell_len(line) for line in text.split("\n")) <= width
    minus = "-" if ascii_only else "−"
    if width >= 100:
        for words in (
            f"{minus}86.2 [{minus}92.3, {minus}80.1]",
            "98.0%",
            "11.8%",
            "197 / 3",
            "regressed",
            "capability",
        ):
            assert words in text
    assert not CONTROL.search(text)
    assert text.isascii() or not ascii_only


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_do_nothing(text: str) -> None:
    """No control or override character and no console markup is acted on."""
    assert not CONTROL.search(render(poisoned(RESULT, text)))
    coloured = render(poisoned(RESULT, text), colour=True)
    assert set(re.findall(r"\x1b\[[0-9;]*(.)", coloured)) <= {"m"}
    assert not CONTROL.search(re.sub(r"\x1b\[[0-9;]*m", "", coloured))


def test_console_markup_is_shown_as_it_is() -> None:
    """Square brackets in a name are text."""
    assert "[red]x[/red]" in render(poisoned(RESULT, "[red]x[/red]"))


@settings(max_examples=30)
@given(st.text(st.characters(), max_size=60))
def test_any_name_is_safe(name: str) -> None:
    """Whatever characters a model's name has, the output is printable text."""
    text = render(poisoned(BARE, name))
    assert not CONTROL.search(text)
    text.encode("utf-8")


def test_drift_and_capability_stand_beside() -> None:
    """Capability is the last group of rows; drift lines say nats per token, or why there are none."""
    text = render(RESULT)
    assert text.index("capability") > text.index("robustness")
    assert "0.431 nats per token" in text
    assert "not comparable: the vocabularies differ" in render(BARE)


def test_secondary_metrics_come_on_request() -> None:
    """By default only metrics with a verdict are listed."""
    assert "secondary" not in render(RESULT)
    assert "secondary" in render(RESULT, secondary=True)


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe and NO_COLOR get plain text; a terminal gets colour; an ASCII stream gets ASCII."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")

    def written(terminal: bool, encoding: str) -> str:
        return shown(RESULT, Stream(terminal, encoding))

    assert "\x1b[" in written(True, "utf-8")
    assert "\x1b[" not in written(False, "utf-8")
    assert "−86.2" in written(False, "UTF-8")
    assert written(False, "ascii").isascii()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in written(True, "utf-8")
