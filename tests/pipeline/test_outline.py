"""The outline of a page holds what the last steps need, and pages add up to the whole."""

from __future__ import annotations

import marshal

from hypothesis import given, settings
from hypothesis import strategies as st

from trustdelta.pipeline.scoring.outline import STATES, Outline, PageOutline, outlined
from trustdelta.pipeline.scoring.texts import read
from trustdelta.records import Finish, Message, Outcome, Prompt, Response
from trustdelta.thoughts.undeclared import MarkCounts, is_plain, undeclared

PIECES = (
    *("<musing>", "</musing>", "<|end_of_thought|>", "[THINK]", "**Thinking**\n", "Thought:", "<b>bold</b>", "`<x>`"),
    *("</think>", "<think>", "an answer", "\u200b", "\n", " ", "5 < 6", "2 > 1", "【note】", "{slot}"),
)
PROMPTS = {
    p.id: p
    for p in (
        Prompt("one", (Message("user", "Write <musing> tags."),)),
        Prompt("one", (Message("user", "What do you think?"),)),
        Prompt("two", (Message("user", "How many?"),)),
    )
}
ANSWERS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
RESPONSES = st.lists(
    st.builds(
        lambda prompt, text, finish, sent, tokens: Response(
            prompt, 0, text, finish, asked=sent, completion_tokens=tokens
        ),
        st.sampled_from(sorted(PROMPTS)),
        ANSWERS,
        st.sampled_from((Finish.STOP, Finish.LENGTH, Finish.UNKNOWN)),
        st.sampled_from(("", "Use [THINK] here.")),
        st.integers(0, 9),
    ),
    max_size=20,
)


@settings(max_examples=80)
@given(responses=RESPONSES, size=st.integers(1, 7))
def test_pages_count_marks_as_every_answer_does(responses: list[Response], size: int) -> None:
    """However responses are cut into pages, the marks are those that are counted one answer at a time."""
    reads = [(PROMPTS[r.prompt_id], r, read(r)) for r in responses]
    direct, outline = MarkCounts(), Outline(PROMPTS)
    for prompt, response, reading in reads:
        direct.add(prompt.benchmark, reading.answer, f"{prompt.messages[0].content}\n{response.asked}")
    for start in range(0, len(reads), size):
        page = reads[start : start + size]
        sent = marshal.loads(marshal.dumps(tuple(outlined(page))))  # as a worker sends it
        outline.add([(prompt.id, response.draw) for prompt, response, _ in page], PageOutline(*sent))
    assert vars(outline.marks) == vars(direct)
    assert undeclared(outline.marks, MarkCounts()) == undeclared(direct, MarkCounts())
    assert [STATES[code] for code in outline.states] == [reading.state for _, _, reading in reads]
    assert list(outline.tokens) == [r.completion_tokens for r in responses]
    assert outline.prompt_ids == [r.prompt_id for r in responses]
    assert outline.written == sum(bool(r.text.strip()) for r in responses)


@settings(max_examples=200)
@given(answer=ANSWERS.map(str.strip), question=st.sampled_from(("", "Do you think so?", "A <musing>?")))
def test_a_plain_answer_has_no_mark_to_any_prompt(answer: str, question: str) -> None:
    """A plain answer adds a blank count; only such answers may be counted without their text."""
    counts = MarkCounts()
    counts.add("b", answer, question)
    if is_plain(answer):
        assert not counts.families.get("b")
    assert is_plain("an answer")
    assert not is_plain("<musing> an answer")


def test_half_opened_needs_both_kinds() -> None:
    """Closed and unmarked responses count together, from three and five percent of what was written."""
    outline = Outline(PROMPTS, written=100, closed=5, unmarked=4)
    assert not outline.half_opened
    outline.unmarked = 5
    assert outline.half_opened
    assert Outcome.ANSWERED in STATES
