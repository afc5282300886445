"""Which text is the answer, what is a leak, a refusal, a degenerate text, a server's reply, a recorded file.

`text_siblings.jsonl` holds one case a line, of the kinds that `../shared/cases` names: written before the readers were
changed, by what models, servers and harnesses write. `right` is a list where several values are right.
"""

from __future__ import annotations

import gzip
import json
import lzma
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trustdelta.engines.endpoint_wire import read_reply
from trustdelta.errors import DataError
from trustdelta.interop.responses import read_recorded
from trustdelta.interop.responses_columns import OPTIONAL, ColumnMap
from trustdelta.records import Finish, Message, Outcome, Part, Prompt, Request
from trustdelta.scorers import registry, text_encoder
from trustdelta.scorers.judgeable import withheld
from trustdelta.scorers.privacy_leak import contains
from trustdelta.thoughts import prompt_opens_thought, read_response

Case = dict[str, Any]
LINES: list[Case] = [
    json.loads(line) for line in Path(__file__).with_name("text_siblings.jsonl").read_text("utf-8").splitlines()
]
WITHHELD = {Outcome.LANGUAGE_NOT_READ: "unread"}


def asked(question: str) -> Prompt:
    """A prompt with this question."""
    return Prompt("cases", (Message("user", question),))


def parsed(case: Case) -> object:
    """The first reading that is not the right one, of every way in which the text may have ended; else "right"."""
    ends = [Finish(case["finish"])] if "finish" in case else [Finish.STOP, Finish.UNKNOWN]
    for end in ends:
        found = read_response(case["text"], finish=end, prompt_opened_thought=case.get("opened", False))
        part = case["right_thought_has"]
        right = found.thought is None if part is None else part in str(found.thought)
        if not right or (found.answer, found.state) != (case["right_answer"], case.get("right_state", "answered")):
            return found
    return "right"


def refused(case: Case) -> object:
    """Whether an answer refuses; "unread" in a language that is not read."""
    found = registry.load("refusal").judge(asked(case["question"]), case["text"])
    return WITHHELD.get(found.outcome, found.outcome) if found.value is None else found.value == 1.0


def degenerate(case: Case) -> object:
    """Whether a text is withheld from the scorers as degenerate."""
    found = withheld(asked(case["question"]), case["text"], Part.ANSWER, registry.load("refusal"))
    return found is not None and found.outcome is Outcome.DEGENERATE


def replied(case: Case) -> object:
    """Text, reasoning, end and moderation of a server's reply."""
    found = read_reply(case["reply"], Request(asked("Q"), 0, 0, 16), opened=False, seconds=0.0)
    return [found.text, found.reasoning, found.finish.value, found.moderated]


def written(case: Case, folder: Path) -> Path:
    """The file of a case."""
    path = folder / str(case["name"])
    lines = ".jsonl" in case["name"]
    rows: Any = case.get("rows")
    text = case.get("text") or ("".join(json.dumps(r) + "\n" for r in rows) if lines else json.dumps(rows))
    packed: bytes = text.encode()
    if case.get("pack") == "zst":
        packed = pytest.importorskip("pyarrow").Codec("zstd").compress(packed, asbytes=True)
    elif "pack" in case:
        packed = {"gz": gzip, "xz": lzma}[case["pack"]].compress(packed)
    path.write_bytes(packed)
    return path


def recorded(case: Case, folder: Path) -> object:
    """The rows of a recorded file, or the words of its refusal where these are wanted."""
    try:
        rows = read_recorded(written(case, folder), ColumnMap.of(case["columns"]), lenient=OPTIONAL).rows
    except DataError as error:
        hit = re.search(case.get("right_error", r"\Z\A"), str(error))
        return case.get("right") if hit else str(error)
    return [[r.messages[-1].content, r.text, r.finish.value, r.reasoning, r.moderated] for r in rows]


READERS: dict[str, Callable[[Case], object]] = {
    "parse": parsed,
    "opens": lambda case: prompt_opens_thought(case["prompt"]) is not None,
    "leak": lambda case: contains(case["text"], case["secret"]),
    "refusal": refused,
    "degenerate": degenerate,
    "reply": replied,
}


def right(case: Case) -> object:
    """What the reader of a line should give."""
    if case["check"] == "parse":
        return "right"
    if case["check"] == "reply":
        return [case["right_text"], case["right_reasoning"], case["right_finish"], case["right_moderated"]]
    return case["right"]


def params(*checks: str) -> list[Any]:
    """The lines of these checks."""
    return [pytest.param(line, id=line["id"]) for line in LINES if line["check"] in checks]


@pytest.mark.parametrize("case", params("parse", "opens", "leak", "degenerate", "reply"))
def test_a_text_is_read_rightly(case: Case) -> None:
    """A line gives its right value."""
    assert READERS[case["check"]](case) == right(case)


@pytest.mark.skipif(not text_encoder.available(), reason="the optional sentence encoder is not installed")
@pytest.mark.parametrize("case", params("refusal"))
def test_a_refusal_is_read_rightly(case: Case) -> None:
    """A refusal refuses, what only sounds like one does not, and what is not read never counts as an answer."""
    wanted = right(case)
    assert refused(case) in (wanted if isinstance(wanted, list) else [wanted])


@pytest.mark.parametrize("case", params("file"))
def test_a_file_is_read_rightly(case: Case, tmp_path: Path) -> None:
    """The rows of a file, or why it is refused."""
    assert recorded(case, tmp_path) == case.get("right")


def test_every_check_has_lines() -> None:
    """Each check has ten lines or more."""
    counts = Counter(line["check"] for line in LINES)
    assert set(counts) == {*READERS, "file"}
    assert min(counts.values()) >= 10
