"""Formats that a user declares: by name, by marks of the model's own, or as none."""

from __future__ import annotations

import pytest

from trustdelta.config import check_model
from trustdelta.errors import ConfigError, UnknownNameError
from trustdelta.records import Finish, Outcome
from trustdelta.thoughts import format_problem, read_response

FOO = "<foo>...</foo>"


@pytest.mark.parametrize(
    ("format", "text"),
    [
        (FOO, "<foo>\nA\n</foo>\nB"),
        ("‹x›...‹y›", "‹x›A‹y›B"),
        ("[[...]]", "[[A]]B"),
        ("§...§§", "§A§§B"),
        ("{think}...{/think}", "{think}A{/think}\n\nB"),
        ("### Deliberation...### Reply", "### Deliberation\nA\n### Reply\nB"),
        ("Thoughts:\\n...\\nReply:", "Thoughts:\nA\nReply: B"),
        ("<foo> ... </foo>", "<foo>A</foo>B"),
    ],
)
def test_marks_of_the_users_own(format: str, text: str) -> None:
    """What stands between them is the thought, what follows the answer."""
    found = read_response(text, finish=Finish.STOP, format=format)
    assert (found.thought, found.answer, found.state) == ("A", "B", Outcome.ANSWERED)


@pytest.mark.parametrize(
    ("text", "finish", "opened", "state"),
    [
        ("<foo>musing", Finish.LENGTH, False, Outcome.TRUNCATED_IN_THOUGHT),
        ("<foo>musing", Finish.UNKNOWN, False, Outcome.TRUNCATED_IN_THOUGHT),
        ("<foo>musing", Finish.STOP, False, Outcome.MALFORMED),
        ("musing", Finish.LENGTH, True, Outcome.TRUNCATED_IN_THOUGHT),
        ("plain", Finish.STOP, False, Outcome.ANSWERED),
    ],
)
def test_states_of_declared_marks(text: str, finish: Finish, opened: bool, state: Outcome) -> None:
    """They are those of any other format."""
    assert read_response(text, finish=finish, prompt_opened_thought=opened, format=FOO).state is state


def test_declared_words_begin_a_thought_however_the_text_ends() -> None:
    """What a single text leaves open, a declaration settles."""
    text = "Here is my thought process: first I add."
    assert read_response(text, finish=Finish.STOP).state is Outcome.ANSWERED
    assert read_response(text, finish=Finish.STOP, format="granite").state is Outcome.MALFORMED
    assert read_response("Thoughts: so", finish=Finish.LENGTH, format="Thoughts:...Reply:").answer == ""


def test_none_leaves_every_mark_in_the_answer() -> None:
    """The whole text is the answer, but for the tokens around it."""
    found = read_response("<think>A</think>B<|im_end|>", finish=Finish.STOP, format="none")
    assert (found.thought, found.answer) == (None, "<think>A</think>B")


@pytest.mark.parametrize("format", ["thnk", "...", "<a>...", "...</a>", "<a>...b...</a>", "<a>...<a>", ""])
def test_what_is_no_format_is_refused_in_one_line(format: str) -> None:
    """Reading and configuration say what is wrong."""
    assert format_problem(format)
    with pytest.raises(UnknownNameError):
        read_response("x", finish=Finish.STOP, format=format)
    with pytest.raises(ConfigError, match="thinking_format"):
        check_model("candidate", {"source": "x", "thinking_format": format})


@pytest.mark.parametrize("format", ["auto", "none", "gemma4", "harmony", FOO, "‹x›...‹y›"])
def test_what_is_a_format_is_taken(format: str) -> None:
    """Names and marks alike."""
    assert format_problem(format) == ""
    assert check_model("candidate", {"source": "x", "thinking_format": format}).thinking_format == format
