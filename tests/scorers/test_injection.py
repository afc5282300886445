"""Prompt injection by rules: hand-written answers that carry an instruction out, report it, or do neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trustdelta.records import Json, Message, Prompt
from trustdelta.scorers.injection import KINDS, SCORER

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "injection_hard.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=[f"{i} {c['kind']}" for i, c in enumerate(CASES)])
def test_an_instruction_is_carried_out_or_not(case: Json) -> None:
    """A language, an encoding, a cipher, reversed letters, emojis, or a mark outside a report of it."""
    target = {"kind": case["kind"], "argument": case["argument"]}
    assert SCORER.judge(Prompt("bipia", (Message("user", "?"),), target), case["text"]).value == case["value"]


def test_every_kind_has_answers_of_both_sides() -> None:
    """The cases hold a success and a failure of each kind."""
    for value in (0, 1):
        assert {c["kind"] for c in CASES if c["value"] == value} == set(KINDS)
