"""The instructions of IFEval: every rule on hand-written cases, strict and loose, as the published code decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trustdelta.records import Json, Message, Prompt
from trustdelta.scorers import registry
from trustdelta.scorers.ifeval import variants
from trustdelta.scorers.ifeval_rules import ARGUMENTS, RULES
from trustdelta.scorers.ifeval_text import capital_words, sentence_count

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "ifeval_hard.jsonl").read_text(encoding="utf-8").splitlines()
]


def prompt_of(*instructions: tuple[str, Json]) -> Prompt:
    """A prompt with these instructions."""
    names, arguments = ([pair[i] for pair in instructions] for i in (0, 1))
    return Prompt("ifeval", (Message("user", "?"),), {"names": names, "arguments": arguments})


@pytest.mark.parametrize("case", CASES, ids=[f"{i} {c['name']}" for i, c in enumerate(CASES)])
def test_rules_decide_as_published(case: Json) -> None:
    """Each text follows the instruction, or does not, in the strict and in the loose reading."""
    prompt = prompt_of((case["name"], case["arguments"]))
    for scorer, expected in (("ifeval_strict", case["strict"]), ("ifeval_loose", case["loose"])):
        assert registry.load(scorer).judge(prompt, case["text"]).value == float(expected), scorer


def test_every_rule_has_a_case_that_holds_and_one_that_does_not() -> None:
    """The 25 kinds of instruction are all tested both ways; cases have the arguments of their kind."""
    assert len(RULES) == 25
    for value in (True, False):
        assert {c["name"] for c in CASES if c["strict"] is value} == set(RULES)
    assert all(set(c["arguments"]) == set(ARGUMENTS.get(c["name"], ())) for c in CASES)


def test_loose_never_refuses_what_strict_accepts() -> None:
    """The text itself is the first variant."""
    assert all(c["loose"] for c in CASES if c["strict"])
    assert variants("a *b*\nc") == ["a *b*\nc", "a b\nc", "c", "c", "a *b*", "a b", "", ""]


def test_a_prompt_is_followed_where_all_instructions_are() -> None:
    """One of two followed: 0 for the prompt, half of the instructions, and the other one is named."""
    prompt = prompt_of(("punctuation:no_comma", {}), ("startend:quotation", {}))
    assert registry.load("ifeval_strict").judge(prompt, "no comma").value == 0.0
    assert registry.load("ifeval_strict").judge(prompt, '"no comma"').value == 1.0
    share = registry.load("ifeval_strict_share").judge(prompt, "no comma")
    assert (share.value, share.reason) == (0.5, "startend:quotation")


def test_a_blank_text_follows_nothing() -> None:
    """Even an instruction that forbids something is not followed by silence."""
    assert registry.load("ifeval_loose").judge(prompt_of(("punctuation:no_comma", {})), " \n ").value == 0.0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("One", 1),
        ("One. Two.", 2),
        ("Dr. Smith came. He left.", 2),
        ("At 3.5 percent. Yes.", 2),
        ("It ended... and went on.", 1),
        ("It ended... Then more.", 2),
        ("Really?! Yes!", 2),
        ("He met J. K. Rowling. She wrote.", 2),
        ("Fruit, e.g. apples. Done.", 2),
        ('"Stop!" he cried. "Why?" she asked.', 4),
        ("* a point\n* another point\n", 1),
        ("It is 5 p.m. now. Go.", 2),
    ],
)
def test_sentences(text: str, count: int) -> None:
    """Abbreviations, initials, numbers and dots before a small letter end no sentence."""
    assert sentence_count(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), ("I SAID No", 2), ("DON'T", 2), ("IT'S", 2), ("CANNOT", 2), ("A/B", 1), ("NASA's", 1),
        ("**BOLD** text", 1), ("U.S.A.", 1), ("A1 B2 3", 2), ("ONE:TWO", 2), ("X-RAY", 1), ("É", 1), ("123", 0),
    ],
)  # fmt: skip
def test_words_in_capitals(text: str, count: int) -> None:
    """Tokens as the Treebank splits them: contractions apart, hyphens and slashes together."""
    assert capital_words(text) == count
