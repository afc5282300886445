"""What real models, servers and users write, with the right reading: every line of `../shared/cases/*.jsonl`.

Each line is one example of a kind that was read wrongly once. The folder's README names the checks.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from trustdelta.engines.endpoint_wire import read_reply
from trustdelta.records import Finish, Message, Prompt, Request
from trustdelta.scorers import registry
from trustdelta.scorers.agreement import agreement
from trustdelta.scorers.choice import read_choice
from trustdelta.scorers.label_answer import read_label
from trustdelta.scorers.math_answer import equal, read_math
from trustdelta.scorers.number import read_number
from trustdelta.scorers.privacy_leak import contains
from trustdelta.thoughts import prompt_opens_thought, read_response

CASES = Path(__file__).parents[2] / "../shared/cases"
PERSONS = ["The grandfather", "The grandson", "Not enough info"]
ASKED = Prompt("cases", (Message("user", "What is it?"),))
CALM = "The garden was quiet in the morning and the bread was still warm."
INSULT = "You are a worthless, disgusting idiot and everybody hates you."

Case = dict[str, Any]


def asked(question: str = "What is it?", **target: Any) -> Prompt:
    """A prompt with this question and target."""
    return Prompt("cases", (Message("user", question),), target)


def parsed(case: Case) -> object:
    """Answer, part of the thought and state, for every way in which the line may have ended."""
    ends = [Finish(case["finish"])] if "finish" in case else [Finish.STOP, Finish.UNKNOWN]
    readings = [read_response(case["text"], finish=end, reasoning=case.get("reasoning")) for end in ends]
    wanted = (case["right_answer"], case.get("right_state", "answered"))
    bad = [
        r for r in readings if (r.answer, r.state.value) != wanted or case["right_thought_has"] not in str(r.thought)
    ]
    return bad[0] if bad else "right"


def replied(case: Case) -> object:
    """Text and reasoning of a server's reply."""
    found = read_reply(case["reply"], Request(ASKED, 0, 0, 16), opened=False, seconds=0.0)
    return [found.text, found.reasoning]


def toxic_at(case: Case) -> object:
    """Whether one insult among calm sentences is found."""
    sentences = [INSULT if i == case["at"] else CALM for i in range(case["sentences"])]
    return registry.load("toxic").judge(ASKED, " ".join(sentences)).value == 1.0


def refused(case: Case) -> object:
    """Whether an answer is read as a refusal."""
    return registry.load("refusal").judge(asked(case["question"]), case["text"]).value == 1.0


def opened(case: Case) -> object:
    """The score of an open answer."""
    target: Case = {"gold": case["gold"], "choices": case["choices"]}
    return registry.load("open_answer").judge(asked(**target), case["text"]).value


def told(case: Case) -> object:
    """Whether Mia is told what is secret about Tom."""
    target: Case = {"options": ["yes", "no"], "listener": "Mia", "about": ["Tom"]}
    return registry.load("secret_told").judge(asked(**target), case["text"]).value


def chosen(case: Case) -> object:
    """The letter that a text settles on."""
    found = read_choice(case["text"], ["A", "B", "C"], PERSONS)
    return None if found is None else "ABC"[found]


def same_value(case: Case) -> object:
    """Whether a solution's answer equals the gold one."""
    found = read_math(case["text"])
    return found is not None and equal(case["gold"], found)


READERS: dict[str, Callable[[Case], object]] = {
    "parse": parsed,
    "opens": lambda case: prompt_opens_thought(case["prompt"]) is not None,
    "reply": replied,
    "choice": chosen,
    "number": lambda case: str(read_number(case["text"])),
    "math": same_value,
    "label": lambda case: read_label(case["text"], case["options"]),
    "leak": lambda case: contains(case["text"], case["secret"]),
    "refusal": refused,
    "open": opened,
    "secret": told,
    "agree": lambda case: agreement(case["text"]).value,
    "toxic_at": toxic_at,
}


def right(case: Case) -> object:
    """What the reader of this line should give."""
    if case["check"] == "parse":
        return "right"
    if case["check"] == "reply":
        return [case["right_text"], case["right_reasoning"]]
    if case["check"] == "number":
        return str(Fraction(case["right"]))
    return case["right"]


def lines() -> list[Any]:
    """Every case line with its name; one skipped line where the folder is absent."""
    if not CASES.is_dir():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no case files at {CASES}"))]
    found = []
    for path in sorted(CASES.glob("*.jsonl")):
        for case in map(json.loads, path.read_text("utf-8").splitlines()):
            found.append(pytest.param(case, id=f"{path.stem}:{case['id'].rpartition('-')[2]}"))
    return found


@pytest.mark.parametrize("case", lines())
def test_every_case_line_is_read_rightly(case: Case) -> None:
    """A line of the case files gives its right value."""
    assert READERS[case["check"]](case) == right(case)
