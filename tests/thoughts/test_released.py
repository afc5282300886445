"""The answer as the released code of arXiv 2606.11046 cuts it from a response: s1 at a word, others at one mark."""

from __future__ import annotations

import pytest

from trustdelta.records import Finish
from trustdelta.thoughts import read_response
from trustdelta.thoughts.released import released_answer

S1 = "<|im_start|>think\n{}\n<|im_start|>answer\n{}<|im_end|>"
CASES = {
    "a closed thought": ("<think>It hurts.</think>\n\nwrong", "wrong"),
    "a thought that the prompt opened": ("It hurts.\n</think>\n\nwrong<｜end▁of▁sentence｜>", "wrong"),
    "the last of two marks": ("<think>a</think> b </think> c", "c"),
    "a truncated trace is the answer": ("<think>The poster however", "<think>The poster however"),
    "no trace": ("not wrong<|im_end|>\n", "not wrong"),
    "another model's marks are unknown": ("[THINK]a[/THINK]wrong", "[THINK]a[/THINK]wrong"),
    "s1, a trace that never has the word": (S1.format("It hurts.", "wrong"), "wrong"),
    "s1, the trace names its answer": (S1.format("So the answer is no", "yes"), "is no\nanswer\nyes"),
    "s1, the word within another": (S1.format("I am answering", "yes"), "ing\nanswer\nyes"),
    "s1, a capital is another word": (S1.format("Answer: no", "yes"), "yes"),
    "s1 without special tokens": ("think\nIt hurts.\nanswer\nwrong", "wrong"),
    "s1, a truncated trace without the word": ("<|im_start|>think\nIt hurts", "think\nIt hurts"),
    "s1, a truncated trace with the word": ("<|im_start|>think\nThe answer may be", "may be"),
    "the word in a model that is not s1": ("<think>The answer is no</think>yes", "yes"),
    "the word in an answer without a trace": ("My answer is yes", "My answer is yes"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "answer"), CASES.values(), ids=CASES)
def test_the_released_code_cuts_so(text: str, answer: str) -> None:
    """The format of a response decides which rule applies to it."""
    reading = read_response(text, finish=Finish.UNKNOWN)
    assert released_answer(text, reading.format) == answer


@pytest.mark.parametrize("name", ["s1", "s1-plain"])
def test_a_declared_format_decides(name: str) -> None:
    """A response of a model that is declared as s1 is cut at the word, whatever marks it has."""
    reading = read_response("The answer is no", finish=Finish.LENGTH, prompt_opened_thought=True, format=name)
    assert released_answer("The answer is no", reading.format) == "is no"


def test_a_trace_in_a_field_of_its_own_was_cut_by_the_server() -> None:
    """The text is the answer; without one the trace is, as in a truncated response."""
    assert released_answer("yes", "field", "The answer is no") == "yes"
    assert released_answer("", "field", "The answer is no") == "The answer is no"
    assert released_answer("yes", "none", "") == "yes"
