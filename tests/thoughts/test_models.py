"""What the responses of one model show together of its format."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.records import Finish, Outcome
from trustdelta.thoughts import ASSUMED_OPEN, infer_prompt_opened_thought, read_response, shown_format
from trustdelta.thoughts.formats import FORMATS
from trustdelta.thoughts.models import format_counts, shown_by

WHOLE = {
    "auto+granite": "Here is my thought process:\nA\nHere is my response:\nB",
    "auto+harmony-plain": "analysisAassistantfinalB",
    "auto+s1-plain": "think\nA\nanswer\nB",
    "auto+apriel": "Here are my reasoning steps:\nA\n[BEGIN FINAL RESPONSE]\nB",
    "auto+<analysis>...</analysis>": "<analysis>A</analysis>B",
    "auto+[thinking]...[/thinking]": "[thinking]A[/thinking] B",
    "auto+‹think›...‹/think›": "‹think›A‹/think›B",
}
OPEN = {
    "auto+granite": "Here is my thought process: They want it, and so they stopped.",
    "auto+harmony-plain": "analysis\nThey want it",
    "auto+s1-plain": "think\nThey want it",
    "auto+apriel": "Here are my reasoning steps: They want it",
    "auto+<analysis>...</analysis>": "<analysis>They want it",
    "auto+[thinking]...[/thinking]": "[thinking] They want it",
    "auto+‹think›...‹/think›": "‹think›They want it",
}
every_format = pytest.mark.parametrize("name", WHOLE)


@every_format
def test_a_format_is_shown_by_some_responses(name: str) -> None:
    """Two whole ones of forty are enough; one is not, nor are two of a hundred."""
    assert shown_format([WHOLE[name]] * 2 + ["plain"] * 38) == name
    assert shown_format([WHOLE[name]] + ["plain"] * 5) == "auto"
    assert shown_format([WHOLE[name]] * 2 + ["plain"] * 98) == "auto"


@every_format
@pytest.mark.parametrize(
    ("finish", "state"),
    [
        (Finish.LENGTH, Outcome.TRUNCATED_IN_THOUGHT),
        (Finish.UNKNOWN, Outcome.TRUNCATED_IN_THOUGHT),
        (Finish.STOP, Outcome.MALFORMED),
    ],
)
def test_its_other_responses_are_read_by_it(name: str, finish: Finish, state: Outcome) -> None:
    """The opening mark alone then begins a thought, however the text ends; whole and plain texts are read as before."""
    found = read_response(OPEN[name], finish=finish, format=name)
    assert (found.answer, found.state) == ("", state)
    assert "They want it" in (found.thought or "")
    assert read_response(WHOLE[name], finish=Finish.STOP, format=name).answer == "B"
    assert read_response("Only B.", finish=Finish.STOP, format=name).answer == "Only B."
    assert read_response("<think>A</think>B", finish=Finish.STOP, format=name).thought == "A"


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["", " "],
        ["<think>A</think>B"] * 9,
        ["analysis of the data"] * 9,
        ["Here is my thought process: I add."] * 9,
        ["<analysis>A</analysis>"] * 9,
        ["[Thinking] Hmm."] * 9,
        ["think about it"] * 9,
    ],
)
def test_nothing_is_shown(texts: list[str]) -> None:
    """Formats that need no showing, and texts without both marks and an answer."""
    assert shown_format(texts) == "auto"


@pytest.mark.parametrize(
    "close", ["</think>", "</longcat_think>", "<channel|>", "<|END_THINKING|>", "◁/think▷", "</foo_think>"]
)
def test_prompts_that_opened_the_thought_in_any_format(close: str) -> None:
    """Half of the texts close what they never opened."""
    assert infer_prompt_opened_thought([f"A\n{close}\nB", f"A{close}B", "cut off in"])
    assert not infer_prompt_opened_thought([f"A\n{close}\nB", "B", "B", "B"])


PIECES = sorted(
    {mark for f in FORMATS for mark in (*f.opening, *f.closing, f.answer_open, f.answer_close) if mark}
    | {"assistant\n", "model\n", "Assistant\n", "]~b]ai\n", "<|im_start|>assistant\n", "<|eom|>", "&lt;/think&gt;"}
    | {"<|message|>", "to=user<|message|>", "\u200b", "\n", " ", "A", "B.", "The answer is", "</s>", "<details>"}
)


@settings(max_examples=400)
@given(text=st.lists(st.sampled_from(PIECES), max_size=5).map("".join))
def test_texts_that_are_not_read_close_nothing(text: str) -> None:
    """Whether a prompt opened the thought is what the whole reader says of each text, marks or none."""
    closes = ASSUMED_OPEN in read_response(text, finish=Finish.UNKNOWN).notes
    assert infer_prompt_opened_thought([text]) == (closes and bool(text.strip()))


@every_format
def test_counts_of_pages_add_up(name: str) -> None:
    """What a model shows is the same however its texts are counted."""
    texts = ([WHOLE[name]] * 2 + [""] + ["plain"] * 38) * 2
    whole, counts = format_counts(texts)
    first, second = format_counts(texts[:30]), format_counts(texts[30:])
    assert (first[0] + second[0], first[1] + second[1]) == (whole, counts)
    assert shown_by(whole, counts) == shown_format(texts) == name
