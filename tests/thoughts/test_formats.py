"""Every row of the tables is read: by itself, by name, cut, and behind a prompt that opened the thought."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trustdelta.records import Finish, Outcome
from trustdelta.thoughts import FORMAT_NAMES, read_response
from trustdelta.thoughts.channels import CHANNEL_FORMATS
from trustdelta.thoughts.formats import END_OF_TURN, FORMATS, PADDING, ThoughtFormat

ROWS = [*FORMATS, *CHANNEL_FORMATS]
LONG = "They want it short, so I look at what it covers"
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
marked = pytest.mark.parametrize("row", [f for f in FORMATS if not f.words], ids=lambda r: r.name)


def _around(row: ThoughtFormat) -> list[str]:
    """What stands before and behind the thought of a row's example."""
    return re.split(r"(?<![A-Z])A(?![A-Z])", row.example, maxsplit=1)


@every_row
@pytest.mark.parametrize("finish", [Finish.STOP, Finish.UNKNOWN])
def test_the_example_of_a_row(row: ThoughtFormat, finish: Finish) -> None:
    """The thought is "A" and the answer "B", whether the format is found or named."""
    found = read_response(row.example, finish=finish)
    assert (found.thought, found.answer, found.state, found.format) == ("A", "B", Outcome.ANSWERED, row.name)
    named = read_response(row.example, finish=finish, format=row.name)
    assert (named.thought, named.answer, named.state) == ("A", "B", Outcome.ANSWERED)
    assert row.name in FORMAT_NAMES
    assert row.models


@every_row
@pytest.mark.parametrize("finish", [Finish.LENGTH, Finish.UNKNOWN])
def test_a_thought_that_was_cut(row: ThoughtFormat, finish: Finish) -> None:
    """Everything before the thought's first word, and a thought that breaks off: no word of it is an answer."""
    found = read_response(_around(row)[0] + LONG, finish=finish)
    assert (found.answer, found.state) == ("", Outcome.TRUNCATED_IN_THOUGHT)
    assert LONG in (found.thought or "")


@every_row
def test_a_thought_that_the_prompt_opened(row: ThoughtFormat) -> None:
    """What follows the opening mark is read alike where the prompt ended in it."""
    text = _around(row)[1]
    found = read_response("A" + text, finish=Finish.STOP, prompt_opened_thought=True, format=row.name)
    assert (found.thought, found.answer) == ("A", "B")
    cut = read_response(LONG, finish=Finish.LENGTH, prompt_opened_thought=True, format=row.name)
    assert (cut.thought, cut.answer, cut.state) == (LONG, "", Outcome.TRUNCATED_IN_THOUGHT)


@marked
def test_every_spelling_opens_and_closes(row: ThoughtFormat) -> None:
    """Any opening spelling goes with any closing one."""
    for opening in row.opening:
        for closing in row.closing:
            found = read_response(f"{opening}A{closing}B", finish=Finish.STOP)
            assert (found.thought, found.answer) == ("A", "B")


@marked
def test_a_thought_beside_a_field_and_behind_a_preamble(row: ThoughtFormat) -> None:
    """The block is thought wherever it stands between lines, in whatever format."""
    block = f"{row.open}A{row.close}"
    for text in (f"Sure.\n{block}\nB", f"Sure. {block} B", f"\u200b{block}B", f"First: 3.\n\n{block}\n\nB"):
        found = read_response(text, finish=Finish.UNKNOWN, reasoning="field")
        assert found.answer == "B"
        assert "A" in (found.thought or "")
        assert read_response(text, finish=Finish.UNKNOWN).answer == "B"


@marked
@pytest.mark.parametrize("around", ["`{}`", '"{}"', "“{}”", "'{}'", "({})"])
def test_a_quoted_mark_of_any_format_is_left_alone(row: ThoughtFormat, around: str) -> None:
    """An answer may name the marks of a format."""
    text = f"It begins with {around.format(row.open.strip())} and ends with {around.format(row.close.strip())}, always."
    found = read_response(text, finish=Finish.STOP)
    assert (found.answer, found.thought) == (text, None)


@pytest.mark.parametrize("token", sorted(END_OF_TURN))
def test_a_token_that_ends_the_turn(token: str) -> None:
    """It is no part of the answer, and shows that the model stopped by itself."""
    found = read_response(f"<think>A</think>\nIt is 4.{token}", finish=Finish.UNKNOWN)
    assert found.answer == "It is 4."
    assert read_response(f"<think>musing{token}", finish=Finish.UNKNOWN).state is Outcome.MALFORMED


@pytest.mark.parametrize("token", sorted(PADDING))
def test_padding_shows_nothing(token: str) -> None:
    """It is no part of the answer, and says nothing of how the text ended."""
    assert read_response(f"It is 4.{token}{token}", finish=Finish.UNKNOWN).answer == "It is 4."
    assert read_response(f"<think>musing{token}", finish=Finish.UNKNOWN).state is Outcome.TRUNCATED_IN_THOUGHT


def test_the_page_names_every_format() -> None:
    """docs/thoughts.md lists them all."""
    page = (Path(__file__).parents[2] / "docs/thoughts.md").read_text("utf-8")
    assert not [name for name in FORMAT_NAMES if f"`{name}`" not in page and f'"{name}"' not in page]
