"""What holds for every format and any text."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trustdelta.records import Finish, Outcome
from trustdelta.thoughts import FORMAT_NAMES, read_response
from trustdelta.thoughts.formats import FORMATS
from trustdelta.thoughts.marks import is_subject, placeholder, stripped

HARMONY_MARKS = ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>", "<|return|>")
FIELDS = {f.name: (f.open, f.close + f.answer_open, f.answer_close) for f in FORMATS} | {"harmony": HARMONY_MARKS}
MARKS = tuple(m for f in FORMATS for m in (f.open, f.close, f.answer_open) if m)


def _free_of_tags(text: str) -> bool:
    """Neither a marker of any format, nor a token that is trimmed from the ends."""
    return not any(m.strip() in text for m in MARKS) and not any(c in text for c in "<[◁｜") and "assistant" not in text


texts = st.text(max_size=60).filter(_free_of_tags)
prose = st.text(alphabet="abc d.\n", max_size=60)
"""Free of quotes and backticks, which make a tag beside them look quoted."""
noisy = st.lists(
    st.sampled_from([*MARKS, "</s>", "`", '"', "\n", "a b", "```\n", "<unk>", *HARMONY_MARKS]), max_size=12
)
formats = pytest.mark.parametrize("name", sorted(FIELDS))
tagged = pytest.mark.parametrize("name", sorted(set(FIELDS) - {f.name for f in FORMATS if f.words}))
"""Formats whose markers are ordinary words are recognised only where a thought and an answer are both there."""


@formats
@given(thought=texts, answer=texts)
def test_reading_undoes_composing(name: str, thought: str, answer: str) -> None:
    """For every format, thought and answer come back as they were put in, but for blanks at their ends.

    A text about the marks ("<think> and </think> are tags") is no thought, and is tested elsewhere.
    """
    before, between, after = FIELDS[name]
    assume(not (placeholder(thought) and is_subject(answer, 0, len(answer))))
    assume(before.startswith(("<", "[", "◁")) or (stripped(thought) and stripped(answer)))
    found = read_response(before + thought + between + answer + after, finish=Finish.STOP)
    assert (found.thought, found.answer) == (stripped(thought), stripped(answer))
    assert found.state is (Outcome.ANSWERED if stripped(answer) else Outcome.EMPTY)


@given(thought=prose, answer=prose)
def test_a_thought_that_the_prompt_opened_comes_back(thought: str, answer: str) -> None:
    """With only a closing tag, the flag or its absence makes no difference to the split."""
    text = thought + "</think>" + answer
    with_flag = read_response(text, finish=Finish.STOP, prompt_opened_thought=True)
    without = read_response(text, finish=Finish.STOP)
    assert (with_flag.thought, with_flag.answer) == (thought.strip(), answer.strip())
    assert (without.thought, without.answer) == (with_flag.thought, with_flag.answer)


@tagged
@given(thought=prose, answer=prose, share=st.floats(0, 1))
def test_a_cut_inside_the_thought_is_truncated_in_thought(name: str, thought: str, answer: str, share: float) -> None:
    """Wherever it is cut between the opening and the closing tag, and never is a word of it an answer."""
    before, between, _ = FIELDS[name]
    cut = len(before) + round(share * len(thought))
    found = read_response((before + thought + between + answer)[:cut], finish=Finish.LENGTH, format=name)
    assert found.state is Outcome.TRUNCATED_IN_THOUGHT
    assert found.answer == ""
    opened = read_response(thought[: cut - len(before)], finish=Finish.LENGTH, prompt_opened_thought=True, format=name)
    assert (opened.state, opened.answer) == (Outcome.TRUNCATED_IN_THOUGHT, "")


@tagged
@given(thought=prose, answer=prose)
def test_a_cut_after_the_thought_is_truncated_in_answer(name: str, thought: str, answer: str) -> None:
    """Also before the answer's first word."""
    before, between, _ = FIELDS[name]
    found = read_response(before + thought + between + answer, finish=Finish.LENGTH, format=name)
    assert (found.state, found.answer) == (Outcome.TRUNCATED_IN_ANSWER, answer.strip())


@given(answer=texts)
def test_reading_an_answer_again_changes_nothing(answer: str) -> None:
    """An answer without tags is its own answer, and has no thought."""
    once = read_response(answer, finish=Finish.STOP)
    assert (once.answer, once.thought) == (stripped(answer), None)
    assert read_response(once.answer, finish=Finish.STOP).answer == once.answer


@given(
    parts=noisy,
    finish=st.sampled_from(Finish),
    opened=st.booleans(),
    reasoning=st.none() | st.text(max_size=5),
    name=st.sampled_from(FORMAT_NAMES),
)
def test_any_text_is_read_and_its_answer_is_a_slice_of_it(
    parts: list[str], finish: Finish, opened: bool, reasoning: str | None, name: str
) -> None:
    """Nothing raises, and the answer stands in the raw text where it is said to stand."""
    text = "".join(parts)
    found = read_response(text, finish=finish, prompt_opened_thought=opened, reasoning=reasoning, format=name)
    if found.answer_char_start is None:
        assert found.answer == ""
    else:
        assert text[found.answer_char_start :].startswith(found.answer)
        assert found.answer == stripped(found.answer)
    if found.state in (Outcome.TRUNCATED_IN_THOUGHT, Outcome.MALFORMED, Outcome.EMPTY):
        assert found.answer == ""
    if finish is Finish.STOP:
        assert found.state in (Outcome.ANSWERED, Outcome.EMPTY, Outcome.MALFORMED)


@given(st.text())
def test_arbitrary_text_never_raises(text: str) -> None:
    """Any Unicode at all."""
    for finish in Finish:
        read_response(text, finish=finish, prompt_opened_thought=True)
