"""Answers that are hard to read, one a line, each with its right reading: `answer_cases.jsonl`.

Written for this test. `check` names the reader; choices are among "The grandfather", "The grandson", "Not enough info"
(A, B, C) unless the line has its own. `right` is null where the text settles on nothing; `unread` marks what a person
reads and the reader does not. Languages: every one that `docs/benchmarks.md` names, and
some others, in which nothing is read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from trustdelta.records import Message, Prompt
from trustdelta.scorers import registry
from trustdelta.scorers.agreement import agreement
from trustdelta.scorers.choice import read_choice
from trustdelta.scorers.label_answer import read_label
from trustdelta.scorers.math_answer import equal, read_math
from trustdelta.scorers.number import read_number

Case = dict[str, Any]
PERSONS = ["The grandfather", "The grandson", "Not enough info"]
LINES: list[Case] = [
    json.loads(line) for line in Path(__file__).with_name("answer_cases.jsonl").read_text("utf-8").splitlines()
]


def letter(case: Case) -> str | None:
    """The letter of the option that a text settles on."""
    options = case.get("choices", PERSONS)
    index = read_choice(case["text"], list("ABC"[: len(options)]), options)
    return None if index is None else "ABC"[index]


def number(case: Case) -> bool | None:
    """Whether the number that a text states is the right one; None where it is not to be read, and is not."""
    right, value = case["right"], read_number(case["text"])
    if case.get("unread") and value is None:
        return None
    return value == (None if right is None else Fraction(right))


def same_value(case: Case) -> bool:
    """Whether a solution's answer equals the gold one."""
    found = read_math(case["text"])
    return found is not None and equal(case["gold"], found)


def score(name: str, case: Case, **target: Any) -> float | None:
    """The value that a scorer gives a text."""
    return registry.load(name).judge(Prompt("test", (Message("user", "q"),), target), case["text"]).value


READERS: dict[str, Callable[[Case], object]] = {
    "label": lambda case: read_label(case["text"], case["options"]),
    "choice": letter,
    "number": number,
    "math": same_value,
    "open": lambda case: score("open_answer", case, gold=case["gold"], choices=case["choices"]),
    "secret": lambda case: score("secret_told", case, options=["yes", "no"], listener="Mia", about=["Tom"]),
    "agree": lambda case: agreement(case["text"]).value,
}


@pytest.mark.parametrize("case", [pytest.param(line, id=f"{line['kind']}-{i}") for i, line in enumerate(LINES)])
def test_a_hard_answer_is_read_rightly(case: Case) -> None:
    """The reader gives the right value of the line; where it falls short, none at all and never a wrong one."""
    if case["check"] == "math":
        pytest.importorskip("math_verify")
    assert READERS[case["check"]](case) == (
        None if case.get("unread") else True if case["check"] == "number" else case["right"]
    )


def test_every_reader_has_hard_answers() -> None:
    """At least 25 lines a reader (8 for agreement, whose rule is published), and lines that settle on nothing."""
    counts = Counter(line["check"] for line in LINES)
    assert counts.keys() == READERS.keys()
    assert all(count >= (8 if check == "agree" else 25) for check, count in counts.items()), counts
    assert sum(line["right"] is None for line in LINES) >= 40
