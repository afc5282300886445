"""Joining two recorded sets by content."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustdelta.errors import PairingError
from trustdelta.interop.responses import Diagnostics, RecordedSet, read_recorded
from trustdelta.interop.responses_columns import ColumnMap
from trustdelta.interop.responses_pair import pair_recorded, pairs_of
from trustdelta.interop.responses_record import RecordedRow
from trustdelta.records import Message, Prompt


def _set(*questions: str) -> RecordedSet:
    rows = tuple(RecordedRow((Message("user", q),), 0, f"re {q}") for q in questions)
    return RecordedSet(rows, ColumnMap(), Diagnostics())


def test_what_is_not_joined_is_counted_and_named() -> None:
    """By key and first words, without control characters, and no more than five of a kind."""
    extra = [f"extra\x1b[31m question number {i} of a long list of words" for i in range(8)]
    rows, report = pair_recorded(_set("a", "b", "c"), _set("c", "b", *extra))
    assert [row["prompt"] for row in rows] == ["b", "c"]
    assert (report.joined, report.only_baseline, report.only_candidate) == (2, 1, 8)
    assert len(report.named_only_candidate) == 5
    assert "\x1b" not in "".join(report.lines())
    assert report.lines()[0] == f"2 prompts joined by content ({2 / 11:.1%} of all)"


def test_nothing_or_too_little_joined_is_an_error() -> None:
    """One line, with what to look at."""
    with pytest.raises(PairingError, match="0 of 1 baseline and 2 candidate prompts have equal content"):
        pair_recorded(_set("a"), _set("b", "c"))
    with pytest.raises(PairingError, match="wanted 90% of all"):
        pair_recorded(_set("a", "b"), _set("b", "c"), min_share=0.9)


def _row(text: str, system: str = "", questions: tuple[str, ...] = (), document: str = "") -> RecordedRow:
    head = (Message("system", system),) if system else ()
    return RecordedRow((*head, Message("user", text)), 0, f"re {text}", questions=questions, document=document)


def _of(*rows: RecordedRow) -> RecordedSet:
    return RecordedSet(rows, ColumnMap(), Diagnostics())


LONG = "Which of these is the largest city?"


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (_row("a b", system="You are Qwen."), _row("a b"), "question"),
        (_row("a  b"), _row("a b "), "question"),
        (_row("Wie heißt du? /no_think"), _row("Wie heißt du?"), "question"),
        (_row(f"Q: {LONG}\nA:", questions=("x", LONG)), _row(f"{LONG} Say why.", questions=(LONG,)), "document's text"),
        (_row("[[one]]", document="d7"), _row("{{one}}", document="d7"), "document"),
    ],
)
def test_prompts_of_two_templates_join_by_what_was_asked(left: RecordedRow, right: RecordedRow, level: str) -> None:
    """Where the content differs, question or document join, the report says so, and the prompt has no system text."""
    pairs, report = pairs_of(_of(left, _row("another thing")), _of(_row("another thing"), right))
    assert [p.level for p in pairs] == [level, "content"]
    assert report.reworded == {level: 1}
    assert "different texts or templates" in report.lines()[1]
    assert pairs[0].prompt_row["system"] == ""
    assert Prompt("", tuple(Message(*m) for m in pairs[0].prompt_row["messages"])).join_key == pairs[0].key


def test_a_question_that_stands_for_two_prompts_joins_nothing() -> None:
    """One question under two system texts is two prompts, and a file without either is neither of them."""
    with pytest.raises(PairingError, match="0 of 2 baseline and 1 candidate"):
        pairs_of(_of(_row("a b", system="x"), _row("a b", system="y")), _of(_row("a b")))


def test_composed_and_decomposed_characters_are_one_prompt() -> None:
    """NFC and NFD of one prompt are equal content."""
    pairs, _ = pairs_of(_set("Zo\u00eb, why?"), _set("Zoe\u0308, why?"))
    assert [p.level for p in pairs] == ["content"]


def test_unequal_draws_are_reported(tmp_path: Path) -> None:
    """A prompt with three draws on one side and two on the other is joined and named."""
    sets = []
    for n in (3, 2):
        path = tmp_path / f"{n}.jsonl"
        path.write_text(json.dumps({"prompt": "p", "response": ["x"] * n}), "utf-8")
        sets.append(read_recorded(path, ColumnMap.of({"response": "response[]"})))
    _, report = pair_recorded(sets[0], sets[1])
    assert report.draws_differ == 1
    assert "different numbers of draws" in report.lines()[1]


@given(st.permutations(list("abcdefgh")), st.permutations(list("bcdefghi")))
def test_the_order_of_rows_never_matters(left: list[str], right: list[str]) -> None:
    """Every prompt meets its own responses."""
    baseline, candidate = _set(*left), _set(*right)
    rows, report = pair_recorded(baseline, candidate)
    assert {row["prompt"] for row in rows} == set("bcdefgh")
    assert (report.joined, report.only_baseline, report.only_candidate) == (7, 1, 1)
    answers = candidate.by_key()
    assert all(
        answers[key][0].text == f"re {found[0].messages[0].content}"
        for key, found in baseline.by_key().items()
        if key in answers
    )
