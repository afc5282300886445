"""Every command has --json, --quiet and --debug, by one mechanism."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from report_fixtures import RESULT

from trustdelta.cli.main import app, main
from trustdelta.cli.output import Reply, as_json, print_reply
from trustdelta.report.verdict_json import dumps


def commands(command: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of a command line that does something itself, by its words."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield names, command
        return
    for name, one in inner.items():
        yield from commands(one, (*names, name))


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_every_command_has_the_switches(names: tuple[str, ...]) -> None:
    """Each once, under the same names, with the same help."""
    found = [p for p in COMMANDS[names].params if {"--json", "--quiet", "--debug"} & set(p.opts)]
    assert sorted(p.opts for p in found) == [["--debug"], ["--json"], ["--quiet", "-q"]]
    assert {getattr(p, "help", "") for p in found} == {
        "Print one JSON value instead of text.",
        "Print errors only (and JSON if requested).",
        "Show the traceback of an error.",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a verdict, and a second one with the same."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "verdict.json").write_text(dumps(RESULT), "utf-8")
    return tmp_path


WORDS = (
    ("gate", "a"),
    ("compare", "a", "b", "--out", "c"),
    ("organisms", "list"),
    ("organisms", "show", "sft"),
    ("benchmarks", "list"),
    ("benchmarks", "show", "world_safety"),
    ("benchmarks", "check", "world_safety"),
    ("pairs", "list"),
    ("pairs", "show", "s1.1-1.5B"),
    ("pairs", "verify", "organism:instruct", "organism:sft"),
    ("pairs", "suggest", "simplescaling/s1.1-1.5B"),
    ("judges", "list"),
    ("plan", "organism:instruct", "organism:sft", "--benchmark", "world_safety"),
)


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_the_switches_work(
    words: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--json prints one JSON value, --quiet nothing at all, neither of them changes the exit code."""
    monkeypatch.chdir(folder)

    def said(*switches: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["trustdelta", *words, *switches])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), capsys.readouterr().out

    plain, program, quiet, both = said(), said("--json"), said("--quiet"), said("--json", "--quiet")
    assert plain[1].strip()
    assert json.loads(program[1]) is not None
    assert (quiet[1], both) == ("", program)
    assert len({code for code, _ in (plain, program, quiet)}) == 1


@given(
    st.recursive(st.floats() | st.text() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_what_is_printed_is_json(value: object) -> None:
    """Whatever a command says, NaN and infinities with it, is JSON in ASCII."""
    text = as_json(value)
    assert text.isascii()
    json.loads(text)


def test_text_for_people_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences of a name do not reach the terminal."""
    print_reply(Reply(None, ("\x1b[31mred",)), to_program=False, quiet=False)
    assert capsys.readouterr().out == "\\x1b[31mred\n"
