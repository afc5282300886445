"""Every command in the documentation is one that the command line understands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import typer
from commands import ROOT, Documented, documented
from typer.core import TyperCommand, TyperGroup

from trustdelta.cli.main import app


def _leaves(command: object) -> Iterator[TyperCommand]:
    if isinstance(command, TyperGroup):
        for sub in command.commands.values():
            yield from _leaves(sub)
    elif isinstance(command, TyperCommand):
        yield command


@pytest.fixture(scope="module")
def parser() -> object:
    """The command line with every command's work taken out, so that only its words are read."""
    command = typer.main.get_command(app)
    for leaf in _leaves(command):
        leaf.callback = lambda **given: None
    return command


@pytest.mark.parametrize("call", documented("trustdelta"), ids=str)
def test_options_and_arguments_are_understood(parser: TyperGroup, call: Documented) -> None:
    """No page names an option, an argument or a subcommand that there is not."""
    parser(list(call.words[1:]), standalone_mode=False)


@pytest.mark.parametrize("call", documented("make"), ids=str)
def test_make_targets_exist(call: Documented) -> None:
    """No page names a target that the Makefile lacks."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"\n{call.words[1]}:" in makefile


@pytest.mark.parametrize("call", documented("python"), ids=str)
def test_scripts_and_tests_exist(call: Documented) -> None:
    """No page runs a file that the repository lacks."""
    for word in call.words[1:]:
        if word.split("/")[0] in {"tests", "training", "experiments/perf"}:
            assert (ROOT / word).exists(), f"{word} is not in the repository"


def test_the_pages_hold_commands() -> None:
    """The search finds what it should: pages with several commands, remarks cut off, continued lines joined."""
    calls = documented("trustdelta")
    assert len({call.page for call in calls}) >= 10
    assert not [call for call in calls if "#" in call.words]
