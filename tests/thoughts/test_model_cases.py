"""What current models, their decoders and chat programs write around thoughts: `model_cases.jsonl`, one case a line.

`kind` says what is hard about it. A line holds a response with its right reading (`thought`: a part of it, null where
there is none), a rendered prompt and whether it ends inside a thought, or a row that every answer of a model looks like
and the mark that must be named in it (null: none).
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from test_undeclared_marks import named, prose

from trustdelta.records import Finish, Outcome
from trustdelta.thoughts import prompt_opens_thought, read_response

LINES: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("model_cases.jsonl").read_text("utf-8").splitlines()
]


def lines(holding: str) -> list[Any]:
    """The lines that hold a field, each as a parameter with its kind and number."""
    return [pytest.param(line, id=f"{line['kind']}-{i}") for i, line in enumerate(LINES) if holding in line]


@pytest.mark.parametrize("line", lines("text"))
def test_a_response_is_split_rightly(line: dict[str, Any]) -> None:
    """Thought, answer and state are those of the line."""
    found = read_response(
        line["text"],
        finish=Finish(line["finish"]),
        prompt_opened_thought=line.get("opened", False),
        reasoning=line.get("reasoning"),
    )
    assert (found.answer, found.state) == (line["answer"], Outcome(line["state"]))
    assert (found.thought is None) == (line["thought"] is None)
    assert (line["thought"] or "") in (found.thought or "")


@pytest.mark.parametrize("line", lines("prompt"))
def test_a_prompt_that_ends_inside_a_thought_is_known(line: dict[str, Any]) -> None:
    """A template's opening mark opens the thought; a closed or quoted one does not."""
    assert (prompt_opens_thought(line["prompt"]) is not None) == line["opens"]


@pytest.mark.parametrize("line", lines("row"))
def test_a_mark_that_nobody_declared_is_named(line: dict[str, Any]) -> None:
    """Where all answers of a model look like the row, the mark is named; ordinary markup is not."""
    found = named(lambda i: line["row"].format(*[prose(i)] * 2))
    assert (found.marks[0] if found else None) == line["named"]


def test_every_kind_has_lines() -> None:
    """Six lines a kind or more, and three kinds with more than twenty."""
    counts = Counter(line["kind"] for line in LINES)
    assert min(counts.values()) >= 6
    assert sum(count > 20 for count in counts.values()) >= 3, counts
