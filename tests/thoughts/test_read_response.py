"""Known responses of every format, and every oddity that real models and servers produce."""

import pytest

from trustdelta.errors import UnknownNameError
from trustdelta.records import Finish, Outcome, Reading
from trustdelta.thoughts import (
    FORMAT_NAMES,
    infer_prompt_opened_thought,
    loops,
    prompt_opens_thought,
    read_response,
)

HARMONY = "<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>final<|message|>B<|return|>"
STOP, LENGTH, UNKNOWN = Finish.STOP, Finish.LENGTH, Finish.UNKNOWN


def read(text: str, finish: Finish = STOP, *, opened: bool = False) -> Reading:
    """Read with the prompt's state given."""
    return read_response(text, finish=finish, prompt_opened_thought=opened)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("<think>A</think>B", "think"),
        ("<think>\nA\n</think>\n\nB", "think"),
        ("A\n</think>\n\nB", "think"),
        ("<thinking>A</thinking>B", "thinking"),
        ("[THINK]A[/THINK]B", "mistral"),
        ("<|begin_of_thought|>A<|end_of_thought|>\n\n<|begin_of_solution|>B<|end_of_solution|>", "sky"),
        ("<|im_start|>think\nA\n<|im_start|>answer\nB<|im_end|>", "s1"),
        ("think\nA\nanswer\nB", "s1-plain"),
        ("<thought>A</thought>B", "thought"),
        ("<reasoning>A</reasoning><answer>B</answer>", "reasoning"),
        ("<seed:think>A</seed:think>B", "seed"),
        ("◁think▷A◁/think▷B", "kimi"),
        ("Here is my thought process:\nA\nHere is my response:\nB", "granite"),
        (HARMONY, "harmony"),
        ("<|start|>assistant" + HARMONY, "harmony"),
        ("analysisAassistantfinalB", "harmony-plain"),
    ],
)
def test_every_format_splits_by_itself(text: str, format: str) -> None:
    """Each format is found without being named, and named it reads the same."""
    found = read(text)
    assert (found.thought, found.answer, found.state, found.format) == ("A", "B", Outcome.ANSWERED, format)
    assert found.answer_char_start is not None
    assert text[found.answer_char_start :].startswith("B")
    assert read_response(text, finish=STOP, format=format) == found
    assert format in FORMAT_NAMES


@pytest.mark.parametrize(
    ("text", "finish", "opened", "state", "answer"),
    [
        ("hello", STOP, False, Outcome.ANSWERED, "hello"),
        ("hello", LENGTH, False, Outcome.TRUNCATED_IN_ANSWER, "hello"),
        ("hello", UNKNOWN, False, Outcome.ANSWERED, "hello"),
        ("hello", Finish.ERROR, False, Outcome.ERROR, "hello"),
        ("", STOP, False, Outcome.EMPTY, ""),
        (" \n", LENGTH, False, Outcome.EMPTY, ""),
        ("", STOP, True, Outcome.EMPTY, ""),
        ("", LENGTH, True, Outcome.TRUNCATED_IN_THOUGHT, ""),
        ("musing", LENGTH, True, Outcome.TRUNCATED_IN_THOUGHT, ""),
        ("musing", UNKNOWN, True, Outcome.TRUNCATED_IN_THOUGHT, ""),
        ("musing</s>", UNKNOWN, True, Outcome.MALFORMED, ""),
        ("musing", STOP, True, Outcome.MALFORMED, ""),
        ("<think>musing", STOP, False, Outcome.MALFORMED, ""),
        ("<think>musing", LENGTH, False, Outcome.TRUNCATED_IN_THOUGHT, ""),
        ("<think>musing</thi", LENGTH, False, Outcome.TRUNCATED_IN_THOUGHT, ""),
        ("<think>musing</think>", LENGTH, False, Outcome.TRUNCATED_IN_ANSWER, ""),
        ("<think>musing</think>", STOP, False, Outcome.EMPTY, ""),
        ("<think>musing</think>half", LENGTH, False, Outcome.TRUNCATED_IN_ANSWER, "half"),
        ("<think>a</think>draft\n<think>\nmore", LENGTH, False, Outcome.TRUNCATED_IN_THOUGHT, ""),
        ("<think>a</think>draft\n<think>\nmore", STOP, False, Outcome.MALFORMED, ""),
        (HARMONY[:40], LENGTH, False, Outcome.TRUNCATED_IN_ANSWER, ""),
        (HARMONY[:32], LENGTH, False, Outcome.TRUNCATED_IN_THOUGHT, ""),
        (HARMONY[:32], STOP, False, Outcome.MALFORMED, ""),
        ("A<|end|><|start|>assistant<|channel|>final<|message|>B<|return|>", STOP, True, Outcome.ANSWERED, "B"),
    ],
)
def test_states(text: str, finish: Finish, opened: bool, state: Outcome, answer: str) -> None:
    """What the text, the stop reason and the prompt say together decides the state."""
    found = read(text, finish, opened=opened)
    assert (found.state, found.answer) == (state, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "Wrap it as <think>x</think> in your template.",
        "The tag `</think>` ends it.",
        'Write "</think>" there.',
        "Use:\n```\n<think>\nfoo\n</think>\n```\nDone.",
        "```xml\n<think>\nfoo\n</think>\n```",
        "The <think> tag opens a thought.",
    ],
)
@pytest.mark.parametrize("head", ["", "<think>\nm\n</think>\n\n", "<think>They want <think>x</think>.\n</think>\n"])
def test_a_quoted_tag_stays_in_the_answer(head: str, answer: str) -> None:
    """Tags in a sentence, between quotes or in code are the answer's own words."""
    assert read(head + answer).answer == answer
    assert read(head + answer).state is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("text", "opened", "thought", "answer", "note"),
    [
        ("</think>B", False, "", "B", "empty_thought"),
        ("<think></think>B", False, "", "B", "empty_thought"),
        ("<think>A", True, "A", "", "repeated_thought"),
        ("<think>A</think><think>C</think>B", False, "A\n\nC", "B", "repeated_thought"),
        ("<think>\n<think>\nA\n</think>\n</think>\nB", False, "A", "B", "repeated_thought"),
        ("<think>\nA\n<think>\nC\n</think>\nA2\n</think>\nB", False, "A\n<think>\nC\n</think>\nA2", "B", ""),
        ("<think>A</think>\n</think>\nB", False, "A", "B", "repeated_thought"),
        ("A </think> B </think>", True, "A", "B", "repeated_thought"),
        ("A </think> draft </think> B", True, "A\n\ndraft", "B", "repeated_thought"),
        ("<think>\nA\n</think>\nB ends in </think> so", False, "A", "B ends in </think> so", "tag_mentioned"),
        ("Sure.\n<think>\nA\n</think>\nB", False, "Sure.\n\nA", "B", "thought_reopened"),
        ("B\n<think>\nA\n</think>", False, "A", "B", "thought_reopened"),
        ("A</think>B", False, "A", "B", "assumed_prompt_opened_thought"),
        ("<think>They mean the <think> tag</think> B", False, "They mean the <think> tag", "B", ""),
        ("assistant\n\n</think>\n\nB", True, "", "B", "role_header"),
        ("<|start_header_id|>assistant<|end_header_id|>\n\nB<|eot_id|>", False, None, "B", "role_header"),
        ("B</s><unk><unk> \n", False, None, "B", "special_tokens_at_end"),
    ],
)
def test_oddities(text: str, opened: bool, thought: str | None, answer: str, note: str) -> None:
    """Repeated, nested, missing and stray tags are read as intended and noted."""
    found = read(text, opened=opened)
    assert (found.thought, found.answer) == (thought, answer)
    assert not note or note in found.notes


def test_a_nested_thought_that_was_cut_is_still_a_thought() -> None:
    """At the length limit an unbalanced thought is never turned into an answer."""
    assert read("<think>They want <think>x</think> as", LENGTH).state is Outcome.TRUNCATED_IN_THOUGHT
    assert read("<think>\na\n<think>\nb\n</think>\nc", LENGTH).answer == ""


@pytest.mark.parametrize(
    ("text", "finish", "reasoning", "thought", "answer", "state"),
    [
        ("B", STOP, "A", "A", "B", Outcome.ANSWERED),
        ("B", STOP, "", "", "B", Outcome.ANSWERED),
        ("", LENGTH, "A", "A", "", Outcome.TRUNCATED_IN_THOUGHT),
        ("", STOP, "A", "A", "", Outcome.EMPTY),
        ("", UNKNOWN, "A", "A", "", Outcome.EMPTY),
        ("<think>C</think>B", STOP, "A", "A\n\nC", "B", Outcome.ANSWERED),
        ("Use <think>x</think>.", STOP, "A", "A", "Use <think>x</think>.", Outcome.ANSWERED),
    ],
)
def test_a_separate_reasoning_field(
    text: str, finish: Finish, reasoning: str, thought: str, answer: str, state: Outcome
) -> None:
    """The server's own field is the thought, whatever the prompt ended in."""
    found = read_response(text, finish=finish, prompt_opened_thought=True, reasoning=reasoning)
    assert (found.thought, found.answer, found.state) == (thought, answer, state)


def test_loops_are_told_from_truncation_and_from_repetition_on_purpose() -> None:
    """Exact and near loops that run to the end count, unless the model stopped by itself."""
    exact, near = "no " * 300, "".join(f"Wait, let me check number {i} again. " for i in range(100))
    counting = " ".join(map(str, range(2000)))
    assert loops(exact)
    assert loops(near)
    assert loops("好的" * 200)
    assert not loops(counting)
    assert not loops(exact + "But then it ended, and said why.")
    assert read(exact, LENGTH).state is Outcome.LOOPED
    assert read("<think>" + near, LENGTH).state is Outcome.LOOPED
    assert read("<think>" + near, LENGTH).answer == ""
    assert read(exact, STOP).state is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("prompt", "format"),
    [
        ("<｜User｜>hi<｜Assistant｜><think>\n", "think"),
        ("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n<think>\n", "think"),
        ("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", None),
        ("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n<think>\nOkay, so", "think"),
        ("<|im_start|>user\nwhat is <think><|im_end|>\n<|im_start|>assistant\n", None),
        ("<|im_start|>user\nwhat is <think>, then<|im_end|>\n<|im_start|>assistant\n", None),
        ("hi [/INST] [THINK]", "mistral"),
        ("<|im_start|>assistant\n<|im_start|>think\n", "s1"),
        ("<|start|>assistant<|channel|>analysis<|message|>", "harmony"),
        ("<|start|>assistant", None),
        ("Please think\n", None),
        ("", None),
    ],
)
def test_what_the_rendered_prompt_ends_in(prompt: str, format: str | None) -> None:
    """Only an opening tag that the assistant's own turn begins with opens a thought."""
    assert prompt_opens_thought(prompt) == format


def test_recorded_responses_reveal_that_the_prompt_opened_the_thought() -> None:
    """Half of the texts closing what they never opened is enough; a tag in an answer is not."""
    assert infer_prompt_opened_thought(["a</think>b", "</think>c", "cut off"])
    assert not infer_prompt_opened_thought(["<think>a</think>b", "b", ""])
    assert not infer_prompt_opened_thought([])


def test_an_unknown_format_is_named() -> None:
    """The error says what was asked for and what there is."""
    with pytest.raises(UnknownNameError, match="did you mean 'think'"):
        read_response("x", finish=STOP, format="thnk")


HOSTILE = (
    *("<think>", "</think>", "<think></think>", "<think>\n</think>\n", "<think> " + " " * 1000, '"</think>" '),
    *("```\n", "`a\n", "<", "ab", "\n", "</s><unk>", "assistant\n"),
    *("<|channel|>analysis<|message|>a<|end|>", "<|start|>assistant"),
    *("<answer>", "</answer>", "<|think|>", "<|message|>", "to=self<|message|>", "<think>x</think> ", "[THINK]"),
    *("Use tags:\n<think>x</think>\n", "analysis", "assistantfinal", "<|im_end|>\n", "</s> " + " " * 500, "<|", "◁"),
    *(
        "<|channel>thought\n",
        "<channel|>",
        "<|open|>think<|sep|>",
        "<a" + "b" * 50,
        "‹think›",
        "<foo_think>",
        "(<think>)",
    ),
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_repetition_is_read(unit: str) -> None:
    """100,000 characters of the worst kind, on which a backtracking pattern would never end, are read."""
    text = unit * (100_000 // len(unit))
    assert read(text, UNKNOWN, opened=True).state in Outcome
    assert read(text, LENGTH).state in Outcome
