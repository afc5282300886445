"""Wrappings of whole answers: what is undone, and what stays as it is."""

from __future__ import annotations

import json

import pytest

from trustdelta.scorers.text_wrapping import unwrapped

ANSWER = "I'm sorry, but I can't help with that.\nAsk me something else."


@pytest.mark.parametrize(
    "wrapped",
    [
        json.dumps({"answer": ANSWER}),
        json.dumps({"id": 7, "lang": "en", "response": ANSWER}),
        json.dumps([{"role": "assistant", "content": ANSWER}]),
        f"<response>\n{ANSWER}\n</response>",
        f"<p>{ANSWER}</p>",
        f"```\n{ANSWER}\n```",
        f"\\boxed{{\\text{{{ANSWER}}}}}",
        f"\\boxed{{{ANSWER}}}",
        "\n".join(f"> {line}" for line in ANSWER.splitlines()),
        f"Final answer: {ANSWER}",
        f"Assistant: {ANSWER}",
        f"---\n\n{ANSWER}",
        json.dumps({"answer": f"<b>{ANSWER}</b>"}),
    ],
)
def test_a_wrapped_answer_is_taken_out(wrapped: str) -> None:
    """The text comes back as it was, out of one wrapping or two."""
    assert unwrapped(wrapped) == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "",
        "{not JSON at all",
        '{"step 1": "Open the door.", "step 2": "Close the door again."}',
        "<b>Note</b> that this is plain text with one bold word.",
        "> A quotation.\nAnd what I say about it.",
        "The answer is: forty-two.",
        "<answer></answer>",
        "[" * 5000,
    ],
)
def test_what_is_not_wrapped_as_a_whole_stays(text: str) -> None:
    """Quotations, marks within a text, lists of equal parts and damaged JSON are left alone."""
    assert unwrapped(text) == text
